using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace ZipIt.StandIns.Tests.Pipelines;

public class LoggingTests
{
    [Fact]
    public void Log_Channel_TellsEverythingWithSourceAndKind()
    {
        var context = new MLContext();
        var messages = new List<LoggingEventArgs>();
        context.Log += (_, message) => messages.Add(message);
        IHost host = ((IHostEnvironment)context).Register("Host");
        using (IChannel channel = host.Start("Channel"))
        {
            channel.Info(MessageSensitivity.None, "text");
            channel.Warning(MessageSensitivity.None, "{0} of {1}", 1, 2);
            channel.Error(MessageSensitivity.None, "{not a format}");
        }
        Assert.Equal("[Source=Host; Channel, Kind=Trace] Channel started", messages[0].Message);
        Assert.Equal("[Source=Host; Channel, Kind=Info] text", messages[1].Message);
        Assert.Equal(("text", "Host; Channel", ChannelMessageKind.Info), (messages[1].RawMessage, messages[1].Source, messages[1].Kind));
        Assert.Equal("1 of 2", messages[2].RawMessage);
        Assert.Equal("{not a format}", messages[3].RawMessage);
        Assert.StartsWith("Channel finished. Elapsed 00:00:00", messages[4].RawMessage);
        Assert.Equal("Channel disposed", messages[5].RawMessage);
        Assert.Equal(6, messages.Count);
    }

    [Fact]
    public void Log_NestedHosts_JoinTheirNames()
    {
        var context = new MLContext();
        string? source = null;
        context.Log += (_, message) => source = message.Source;
        ((IHostEnvironment)context).Register("Outer").Register("Inner").Start("Channel").Dispose();
        Assert.Equal("Outer; Inner; Channel", source);
    }

    [Fact]
    public void Log_HandlerThatThrows_ReachesTheSender()
    {
        var context = new MLContext();
        using IChannel channel = ((IHostEnvironment)context).Register("Host").Start("Channel");
        context.Log += (_, message) => _ = message.Kind == ChannelMessageKind.Info ? throw new TimeoutException() : 0;
        Assert.Throws<TimeoutException>(() => channel.Info(MessageSensitivity.None, "text"));
        Assert.Throws<ArgumentOutOfRangeException>(() => channel.Info(MessageSensitivity.None, ""));
    }

    [Fact]
    public void StartProgressChannel_Reports_NeverReachTheLog()
    {
        var context = new MLContext();
        int messages = 0;
        context.Log += (_, _) => messages++;
        using (IProgressChannel progress = ((IHostEnvironment)context).StartProgressChannel("Progress"))
        {
            progress.SetHeader(new ProgressHeader("rows"), entry => entry.SetProgress(0, 1));
            progress.Checkpoint(1, 2);
        }
        Assert.Equal(0, messages);
    }

    [Fact]
    public void Register_Seed_MakesRandomNumbersRepeatable()
    {
        static int[] Draw(int? seed)
        {
            IHost host = ((IHostEnvironment)new MLContext(seed)).Register("Host");
            return [host.Rand.Next(), host.Register("Inner").Rand.Next()];
        }
        Assert.Equal(Draw(5), Draw(5));
        Assert.NotEqual(Draw(5), Draw(6));
        Assert.NotEqual(Draw(null), Draw(null));
    }

    [Fact]
    public void Options_SetAndRemoved_AreFound()
    {
        var context = new MLContext();
        Assert.True(context.TryAddOption("a", 1));
        Assert.False(context.TryAddOption("a", 2));
        context.SetOption("b", "x");
        Assert.Equal(1, context.GetOptionOrDefault<int>("a"));
        Assert.True(context.TryGetOption("b", out string text) && text == "x");
        Assert.True(context.RemoveOption("b"));
        Assert.Null(context.GetOptionOrDefault<string>("b"));
    }
}
