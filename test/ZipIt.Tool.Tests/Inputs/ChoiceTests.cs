using ZipIt.Merging;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Tests.Inputs;

/// <summary>Words of the command line that stand for methods, cuts, labels and normalizations.</summary>
public sealed class ChoiceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("labels").FullName;

    public static TheoryData<string, object?> Cuts => new()
    {
        { "auto", null },
        { "13", ZipCut.AfterLayers(13) },
        { "13/20", ZipCut.AfterLayers(13) },
        { "stage:2", ZipCut.AfterStage(2) },
        { "spaces: 4", ZipCut.AfterSpaces(4) },
        { "node:layer2.2.conv2", ZipCut.AfterNode("layer2.2.conv2") },
        { "heads", ZipCut.BeforeHeads },
        { "all", ZipCut.Everything },
        { "nothing", ZipCut.Nothing },
        { "far", ZipCut.AsFarAsPossible },
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Cuts))]
    public void ParseCut_AnyForm_IsTaken(string text, object? cut) => Assert.Equal(cut, CutChoice.Parse(text).Cut);

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("stage")]
    [InlineData("stage:x")]
    [InlineData("node:")]
    [InlineData("1.5")]
    public void ParseCut_Nonsense_IsRefused(string text) => Assert.Throws<FormatException>(() => CutChoice.Parse(text));

    [Fact]
    public void ParseMethods_ListWithParameters_IsSplitBetweenMethods()
    {
        IReadOnlyList<MethodChoice> methods = MethodChoice.ParseList("best, paper+zip:alpha=0.1,beta=0.8,averaging");
        Assert.Equal([ZipMethod.Best, ZipMethod.Paper, ZipMethod.Paper], methods.Select(method => method.Method));
        Assert.Equal(0.8, Assert.IsType<ZipMatcher>(methods[1].Matcher).Beta);
        Assert.IsType<IdentityMatcher>(methods[2].Matcher);
        Assert.All(MethodChoice.Names, name => Assert.NotNull(MethodChoice.Parse(name)));
        Assert.Contains("has its matcher already", Assert.Throws<FormatException>(() => MethodChoice.Parse("permute+zip")).Message);
    }

    [Fact]
    public void ParseNormalization_NameOrNumbers_AreTaken()
    {
        Assert.Equal([0.49, 0.48, 0.45], Normalization.Parse("0.49,0.48,0.45/0.20,0.20,0.20")!.Mean);
        Assert.Null(Normalization.Parse("none"));
        Assert.All(Normalization.Named.Values.OfType<Normalization>(), normalization => Assert.Equal(3, normalization.ToLayer().Channels));
        Assert.Throws<FormatException>(() => Normalization.Parse("0.5,x/1,1"));
    }

    [Theory]
    [InlineData("cat\ndog\n")]
    [InlineData("cat\r\ndog\r\n\r\n")]
    [InlineData("[\"cat\", \"dog\"]")]
    public void ParseLabels_File_IsRead(string text)
    {
        string path = Path.Combine(_folder, "labels.txt");
        File.WriteAllText(path, text);
        Assert.Equal(["cat", "dog"], LabelList.Parse(path).Labels);
        Assert.Equal(["cat", "dog"], LabelList.Parse("cat, dog").Labels);
    }

    [Theory]
    [InlineData("cat\n\ndog\n", "line 2")]
    [InlineData("", "no labels")]
    [InlineData("[]", "no labels")]
    [InlineData("a\0b", "no text")]
    public void ParseLabels_FileWithAMistake_IsNamed(string text, string words)
    {
        string path = Path.Combine(_folder, "labels.txt");
        File.WriteAllText(path, text);
        string message = Assert.Throws<InvalidDataException>(() => LabelList.Parse(path)).Message;
        Assert.Contains(path, message);
        Assert.Contains(words, message);
    }
}
