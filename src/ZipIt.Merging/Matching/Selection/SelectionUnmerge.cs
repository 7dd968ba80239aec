namespace ZipIt.Merging;

/// <summary>How <see cref="SelectionMatcher"/> gives back the features that were not selected.</summary>
public enum SelectionUnmerge
{
    /// <summary>
    /// As the linear combination of selected features with the smallest squared error, up to a constant that the next layer's bias or normalization takes up:
    /// U = cov[:, S]·cov[S, S]⁻¹.
    /// </summary>
    LeastSquares,

    /// <summary>As a copy of the selected feature that it correlates with most: U holds zeros and ones, as with matched groups.</summary>
    StrongestCorrelation,
}
