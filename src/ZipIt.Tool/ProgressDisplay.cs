using System.Globalization;
using ZipIt.Merging;

namespace ZipIt.Tool;

/// <summary>
/// Shows how far long work has come, with the time left: as a bar that is drawn anew on a terminal, as plain lines elsewhere. Nothing is shown of a stage that
/// takes less than two seconds.
/// </summary>
/// <param name="error">Where it is shown.</param>
/// <param name="isTerminal">Whether that is a terminal.</param>
/// <param name="isQuiet">Whether nothing is shown.</param>
/// <param name="clock">Tells the time.</param>
internal sealed class ProgressDisplay(TextWriter error, bool isTerminal, bool isQuiet, TimeProvider? clock = null) : IProgress<ZipProgress>
{
    private const int BarWidth = 24;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2), FirstGuess = TimeSpan.FromSeconds(0.5), Redraw = TimeSpan.FromSeconds(0.1);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly Lock _lock = new();
    private string? _stage;
    private long _begun;
    private long _shown;
    private bool _isShown;
    private bool _isDrawn;

    /// <inheritdoc/>
    public void Report(ZipProgress value)
    {
        if (value.IsFinished)
            Finish(value.Stage.ToText());
        else
            Report(value.Stage.ToText(), value.Stage.CountedUnits(), value.Done, value.Total);
    }

    /// <summary>Shows how far a stage has come.</summary>
    /// <param name="stage">Its name.</param>
    /// <param name="units">What is counted, in the plural; null if nothing is.</param>
    /// <param name="done">Number that is done.</param>
    /// <param name="total">Number that there is to do; null if it is not known.</param>
    public void Report(string stage, string? units, long done, long? total)
    {
        if (isQuiet)
            return;
        lock (_lock)
        {
            if (stage != _stage)
            {
                Erase();
                (_stage, _begun, _isShown) = (stage, _clock.GetTimestamp(), false);
            }

            TimeSpan elapsed = _clock.GetElapsedTime(_begun);
            TimeSpan? left = done > 0 && total is { } all ? elapsed * ((double)Math.Max(all - done, 0) / done) : null;
            bool isLong = elapsed >= Patience || (elapsed >= FirstGuess && elapsed + left >= Patience);
            if (!isLong || (_isShown && _clock.GetElapsedTime(_shown) < Interval(elapsed)))
                return;
            Show(stage, units, done, total, left);
            (_isShown, _shown) = (true, _clock.GetTimestamp());
        }
    }

    /// <summary>Ends a stage.</summary>
    public void Finish(string stage)
    {
        lock (_lock)
        {
            Erase();
            if (_isShown && !isTerminal && stage == _stage)
                error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{stage}: done after {Format(_clock.GetElapsedTime(_begun))}"));
            (_stage, _isShown) = (null, false);
        }
    }

    /// <summary>Takes the bar away before something else is written.</summary>
    public void Erase()
    {
        lock (_lock)
        {
            if (_isDrawn)
                error.Write("\r\u001b[K");
            _isDrawn = false;
        }
    }

    private TimeSpan Interval(TimeSpan elapsed) => isTerminal ? Redraw : elapsed < TimeSpan.FromSeconds(20) ? Patience : TimeSpan.FromSeconds(10);

    private void Show(string stage, string? units, long done, long? total, TimeSpan? left)
    {
        string count = units is null ? "" : total is { } all ? $"{done} of {all} {units}" : $"{done} {units}";
        string end = left is { } time ? $"{count}, {Format(time)} left" : count;
        if (!isTerminal)
        {
            error.WriteLine($"{stage}: {end}");
            return;
        }

        double share = total is > 0 ? Math.Clamp((double)done / total.Value, 0, 1) : 0;
        int full = (int)(share * BarWidth);
        error.Write($"\r{stage} [{new string('#', full)}{new string('.', BarWidth - full)}] {end}\u001b[K");
        error.Flush();
        _isDrawn = true;
    }

    private static string Format(TimeSpan time) => time.TotalSeconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds):0} s")
        : time.TotalHours < 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}:{time.Seconds:00} min")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00} h");
}
