namespace ZipIt.Merging;

/// <summary>What is done about calibration images that do not look like those that a member was trained on (<see cref="StatisticsShift"/>).</summary>
public enum CalibrationCheck
{
    /// <summary>Images on which a member is about as good as guessing are refused; the report warns of others.</summary>
    Refuse = 0,

    /// <summary>The report warns; all images are taken.</summary>
    Warn = 1,

    /// <summary>Nothing is measured.</summary>
    Skip = 2,
}
