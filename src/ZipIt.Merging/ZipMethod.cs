namespace ZipIt.Merging;

/// <summary>Ready-made combinations of options; see <see cref="ZipOptions.For"/>.</summary>
public enum ZipMethod
{
    /// <summary>
    /// Selection of the most informative features and a least-squares refit: the combination that is best wherever we measured. Our extension.
    /// </summary>
    Best = 0,

    /// <summary>The method of the ZipIt! paper exactly: greedy matching, averages, reset of batch normalization.</summary>
    Paper = 1,

    /// <summary>The paper's matching with a least-squares refit in the place of the reset.</summary>
    PaperWithRefit = 2,
}
