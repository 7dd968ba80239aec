using ZipIt.Merging;

namespace ZipIt.Tool.Tests;

/// <summary>Progress on a terminal and in a file.</summary>
public sealed class ProgressDisplayTests
{
    private readonly StringWriter _text = new();
    private readonly Clock _clock = new();

    private string[] Lines => _text.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void Report_ShortStage_ShowsNothing()
    {
        ProgressDisplay display = Create(isTerminal: false);
        Run(display, seconds: 1.5, steps: 10);
        display.Finish("Refit");
        Assert.Equal("", _text.ToString());
    }

    [Fact]
    public void Report_LongStageInAFile_WritesLinesWithTheTimeLeft()
    {
        ProgressDisplay display = Create(isTerminal: false);
        Run(display, seconds: 10, steps: 20);
        display.Finish("Refit");
        Assert.Equal("Refit: 1 of 20 layers, 10 s left", Lines[0]);
        Assert.Equal("Refit: 5 of 20 layers, 8 s left", Lines[1]);
        Assert.Equal("Refit: done after 10 s", Lines[^1]);
        Assert.InRange(Lines.Length, 5, 7);
    }

    [Fact]
    public void Report_LongStageOnATerminal_DrawsOneLineAnewAndTakesItAway()
    {
        ProgressDisplay display = Create(isTerminal: true);
        Run(display, seconds: 10, steps: 20);
        Assert.Contains("Refit [############............] 10 of 20 layers, 5 s left", _text.ToString());
        display.Finish("Refit");
        Assert.EndsWith("\r\u001b[K", _text.ToString());
        Assert.DoesNotContain("\n", _text.ToString());
    }

    [Fact]
    public void Report_UnknownTotal_CountsOnly()
    {
        ProgressDisplay display = Create(isTerminal: false);
        display.Report(new ZipProgress(ZipStage.Statistics, 0, null, TimeSpan.Zero, false));
        _clock.Advance(3);
        display.Report(new ZipProgress(ZipStage.Statistics, 100, null, TimeSpan.Zero, false));
        Assert.Equal(["Statistics: 100 images"], Lines);
    }

    [Fact]
    public void Report_Quiet_ShowsNothing()
    {
        var display = new ProgressDisplay(_text, isTerminal: true, isQuiet: true, _clock);
        Run(display, seconds: 100, steps: 20);
        Assert.Equal("", _text.ToString());
    }

    private ProgressDisplay Create(bool isTerminal) => new(_text, isTerminal, isQuiet: false, _clock);

    private void Run(ProgressDisplay display, double seconds, int steps)
    {
        display.Report("Refit", "layers", 0, steps);
        for (int step = 1; step <= steps; step++)
        {
            _clock.Advance(seconds / steps);
            display.Report("Refit", "layers", step, steps);
        }
    }

    private sealed class Clock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        public void Advance(double seconds) => _ticks += (long)(seconds * TimeSpan.TicksPerSecond);
    }
}
