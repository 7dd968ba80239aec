namespace ZipIt.Merging;

/// <summary>One merge of <see cref="ZipMatcher"/>, as it was decided.</summary>
/// <param name="Row">Position of the feature that stays, among those that were left.</param>
/// <param name="Column">Position of the feature that is merged into it.</param>
/// <param name="RowOrigin">Model that the staying feature counts as.</param>
/// <param name="ColumnOrigin">Model that the other one counts as.</param>
/// <param name="Budgets">What each model may still spend on merges within itself, before this one.</param>
/// <param name="Similarity">Similarity of the two.</param>
internal sealed record ZipStep(int Row, int Column, int RowOrigin, int ColumnOrigin, int[] Budgets, double Similarity);
