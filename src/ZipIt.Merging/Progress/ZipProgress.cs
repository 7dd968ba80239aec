using System.Globalization;

namespace ZipIt.Merging;

/// <summary>How far a long piece of work has come.</summary>
/// <param name="Stage">What is being done; <see cref="ZipStageNames.ToText"/> names it.</param>
/// <param name="Done">What is done so far, in <see cref="ZipStageNames.CountedUnits"/>.</param>
/// <param name="Total">
/// What there is to do in all, in the same units; null if that is not known. Fewer may be done in the end, e.g. where images are left out.
/// </param>
/// <param name="Elapsed">Time since the stage began.</param>
/// <param name="IsFinished">Whether this stage is over.</param>
public readonly record struct ZipProgress(ZipStage Stage, long Done, long? Total, TimeSpan Elapsed, bool IsFinished)
{
    /// <summary>A line for a log, e.g. "Refit: 8 of 23 layers" or "Refit finished after 3.12 s".</summary>
    public override string ToString()
    {
        if (IsFinished)
            return string.Create(CultureInfo.InvariantCulture, $"{Stage.ToText()} finished after {Elapsed.TotalSeconds:0.00} s");
        if (Stage.CountedUnits() is not { } units)
            return Stage.ToText();
        string done = Total is { } total ? string.Create(CultureInfo.InvariantCulture, $"{Done} of {total}") : Done.ToString(CultureInfo.InvariantCulture);
        return $"{Stage.ToText()}: {done} {units}";
    }
}
