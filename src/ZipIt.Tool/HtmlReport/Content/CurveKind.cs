namespace ZipIt.Tool.HtmlReport;

/// <summary>What the points of a series are.</summary>
internal enum CurveKind
{
    /// <summary>Zips by one method, to several costs.</summary>
    Method,

    /// <summary>What a zip is compared with, e.g. averaged weights.</summary>
    Baseline,

    /// <summary>One of the networks alone, which knows its own task only.</summary>
    Member,

    /// <summary>All networks side by side.</summary>
    Ensemble,
}
