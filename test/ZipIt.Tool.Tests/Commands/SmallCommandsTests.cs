using System.Text.Json;
using ZipIt.Merging;
using ZipIt.TestFramework;

namespace ZipIt.Tool.Tests.Commands;

/// <summary><c>zipit evaluate</c>, <c>predict</c>, <c>bench</c>, <c>methods</c>, and the program itself.</summary>
public sealed class SmallCommandsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zipit").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Evaluate_TwoModels_CountsWhatTheyDoNotKnowAsWrong()
    {
        JsonElement[] models = [.. ToolRun.Good("evaluate", SampleData.Models, "--images", SampleData.Images, "--max-images", "100", "--json").Json.EnumerateArray()];
        foreach (JsonElement model in models)
        {
            JsonElement task = Assert.Single(model.GetProperty("tasks").EnumerateArray());
            Assert.Equal(100, model.GetProperty("images").GetInt64());
            Assert.Equal(50, task.GetProperty("images").GetInt64());
            Assert.Equal(task.GetProperty("accuracy").GetDouble() / 2, model.GetProperty("joint").GetDouble(), 1e-12);
            Assert.InRange(task.GetProperty("accuracy").GetDouble(), 0.8, 1);
        }
    }

    [Fact]
    public void Evaluate_ListAndCifarFile_GiveWhatTheFolderGives()
    {
        string folder = SampleData.CopyImages(_folder, "test", 2), list = Path.Combine(_folder, "list.csv");
        File.WriteAllLines(list, ["path,label", .. Directory.GetFiles(folder, "*.png", SearchOption.AllDirectories).Select(path => $"{path},{Path.GetFileName(Path.GetDirectoryName(path))}")]);
        JsonElement expected = ToolRun.Good("evaluate", SampleData.Models, "--images", folder, "--json").Json;
        JsonElement found = ToolRun.Good("evaluate", SampleData.Models, "--images", list, "--json").Json;
        Assert.Equal(expected[0].GetProperty("confusion").ToString(), found[0].GetProperty("confusion").ToString());

        string cifar = Path.Combine(_folder, "cifar.bin");
        File.WriteAllBytes(cifar, [.. Enumerable.Range(0, 10).SelectMany(label => (byte[])[(byte)label, .. new byte[3072]])]);
        Assert.Equal(5, ToolRun.Good("evaluate", SampleData.Models, "--images", cifar, "--json").Json[0].GetProperty("tasks")[0].GetProperty("images").GetInt64());
    }

    [Fact]
    public void Evaluate_Text_ShowsClassesAndConfusions()
    {
        string output = ToolRun.Good("evaluate", SampleData.Models, "--images", SampleData.Images, "--max-images", "100", "--confusion").Output;
        Assert.Contains("joint %", output);
        Assert.Contains("most often takes", output);
        Assert.Contains("true classes in rows", output);
    }

    [Fact]
    public void Evaluate_LabelsThatNoModelKnows_AreNamed()
    {
        string apples = Directory.CreateDirectory(Path.Combine(_folder, "apple")).FullName;
        File.Copy(SampleData.Image("frog"), Path.Combine(apples, "a.png"));
        ToolRun.Of("evaluate", SampleData.Models, "--images", _folder).ExpectFailure(ExitCode.BadInput, "they show apple", "it knows airplane");
    }

    [Fact]
    public void Predict_Images_NamesTheirClasses()
    {
        JsonElement[] images = [.. ToolRun.Good("predict", TestFiles.ClassModel('a'), SampleData.Image("ship"), SampleData.Image("frog", 3), "--labels", SampleData.LabelsA,
            "--normalization", "cifar10", "--top", "2", "--json").Json.EnumerateArray()];
        Assert.Equal(["ship", "frog"], images.Select(image => image.GetProperty("classes")[0].GetProperty("label").GetString()!));
        Assert.All(images, image => Assert.Equal(2, image.GetProperty("classes").GetArrayLength()));
        Assert.Contains("ship", ToolRun.Good("predict", TestFiles.ClassModel('a'), SampleData.Image("ship"), "--labels", SampleData.LabelsA, "--normalization", "cifar10").Output);
    }

    [Fact]
    public void Predict_LabelThatATerminalWouldObey_IsMadeHarmless()
    {
        string output = ToolRun.Good("predict", TestFiles.ClassModel('a'), SampleData.Image("ship"), "--labels", "a,b,c,d,sh\u001b[31mip", "--normalization", "cifar10").Output;
        Assert.Contains("sh?[31mip", output);
        Assert.DoesNotContain('\u001b', output);
    }

    [Fact]
    public void Predict_LabelsThatDoNotFit_NamesTheFile() =>
        ToolRun.Of("predict", TestFiles.ClassModel('a'), SampleData.Image("ship"), "--labels", "a,b").ExpectFailure(ExitCode.BadInput, TestFiles.ClassModel('a'));

    [Fact]
    public void Predict_MissingImage_IsNamed() => ToolRun.Of("predict", TestFiles.ClassModel('a'), "no-such.png", "--labels", SampleData.LabelsA)
        .ExpectFailure(ExitCode.BadInput, "no image 'no-such.png'");

    [Fact]
    public void Bench_Batches_AreMeasured()
    {
        JsonElement model = ToolRun.Good("bench", TestFiles.ClassModel('a'), "--batches", "1,2", "--seconds", "0.01", "--json").Json[0];
        Assert.Equal([1, 2], model.GetProperty("batches").EnumerateArray().Select(batch => batch.GetProperty("batch").GetInt32()));
        Assert.All(model.GetProperty("batches").EnumerateArray(), batch => Assert.True(batch.GetProperty("imagesPerSecond").GetDouble() > 1));
        ToolRun.Of("bench", TestFiles.ClassModel('a'), "--batches", "0").ExpectFailure(ExitCode.BadUsage, "--batches");
    }

    [Fact]
    public void Methods_All_AreThoseOfTheRegistry()
    {
        JsonElement matchers = ToolRun.Good("methods", "--json").Json.GetProperty("matchers");
        Assert.Equal(MatcherRegistry.All.Select(matcher => matcher.Name), matchers.EnumerateArray().Select(matcher => matcher.GetProperty("name").GetString()!));
        string text = ToolRun.Good("methods").Output;
        Assert.All(MatcherRegistry.All, matcher => Assert.Contains(matcher.Reference, text));
    }

    [Theory]
    [InlineData("merge", "zipit merge recipe.yaml")]
    [InlineData("inspect", "zipit inspect animals.pt")]
    [InlineData("evaluate", "zipit evaluate zipped.onnx")]
    [InlineData("curve", "zipit curve models")]
    [InlineData("predict", "zipit predict zipped.onnx")]
    [InlineData("bench", "zipit bench zipped.onnx")]
    [InlineData("methods", "zipit methods")]
    public void Help_OfACommand_HasItsUsageAndExamples(string command, string example)
    {
        string help = ToolRun.Good(command, "--help").Output;
        Assert.Contains($"  zipit {command}", help);
        Assert.Contains(example, help[help.IndexOf("Examples:", StringComparison.Ordinal)..]);
    }

    [Fact]
    public void Run_NoWords_ShowsHelp() => Assert.Contains("Exit codes:", ToolRun.Good().Output);

    [Fact]
    public void Run_UnknownCommand_IsToldWithoutHelp()
    {
        ToolRun run = ToolRun.Of("mrege");
        run.ExpectFailure(ExitCode.BadUsage, "mrege", "zipit --help");
    }

    [Fact]
    public void Run_Suggest_CompletesMethods() => Assert.Contains("paper-with-refit", ToolRun.Good("[suggest:15]", "merge --method ").Output);

    [Fact]
    public void Run_OutputThatIsClosed_IsNoFault()
    {
        var error = new StringWriter();
        Assert.Equal(ExitCode.BadOutput, ZipItProgram.Run(["methods"], new FullWriter(), error));
        Assert.Contains(FullStream.Message, error.ToString());
    }

    private sealed class FullWriter : StringWriter
    {
        public override void WriteLine(string? value) => throw new IOException(FullStream.Message);
    }
}
