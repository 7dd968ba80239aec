namespace ZipIt.Merging;

/// <summary>What <see cref="SelectionMatcher"/> selected in one feature space, and what remains unexplained by it.</summary>
/// <param name="Map">M with one 1 in each row, and U.</param>
/// <param name="Selected">The selected source features, ascending: merged feature p is a copy of Selected[p].</param>
/// <param name="Order">The same in the order of their selection: the first k of them are the selection of k features.</param>
/// <param name="Unexplained">
/// Weighted variance that no linear combination of the selected features explains, as a fraction of all, trace(R)/trace(A); 0 is a lossless merge.
/// </param>
/// <param name="UnexplainedOfModel">The same for each model's own features.</param>
/// <param name="UnexplainedAfter">trace(R)/trace(A) after each selection, in the order of <paramref name="Order"/>.</param>
public sealed record SelectionResult(
    FeatureMap Map,
    IReadOnlyList<int> Selected,
    IReadOnlyList<int> Order,
    double Unexplained,
    IReadOnlyList<double> UnexplainedOfModel,
    IReadOnlyList<double> UnexplainedAfter);
