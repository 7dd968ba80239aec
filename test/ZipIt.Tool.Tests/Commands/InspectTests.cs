using System.Text.Json;
using ZipIt.TestFramework;

namespace ZipIt.Tool.Tests.Commands;

/// <summary><c>zipit inspect</c>.</summary>
public sealed class InspectTests
{
    [Fact]
    public void Inspect_Checkpoint_SaysWhatItIs()
    {
        JsonElement model = Assert.Single(ToolRun.Good("inspect", TestFiles.ClassModel('a'), "--json").Json.EnumerateArray());
        Assert.Equal("checkpoint", model.GetProperty("kind").GetString());
        Assert.Equal("ResNet-20×1", model.GetProperty("architecture").GetString());
        Assert.Equal(20, model.GetProperty("depth").GetInt32());
        Assert.Equal(3, model.GetProperty("stages").GetInt32());
        JsonElement[] spaces = [.. model.GetProperty("spaces").EnumerateArray()];
        Assert.Equal(13, spaces.Length);
        Assert.Equal(["conv1", "layer1.0.conv2", "layer1.1.conv2", "layer1.2.conv2"],
            spaces[0].GetProperty("writers").EnumerateArray().Select(writer => writer.GetString()!));
        Assert.All(spaces, space => Assert.Equal(JsonValueKind.Null, space.GetProperty("obstacle").ValueKind));
        JsonElement output = Assert.Single(model.GetProperty("outputs").EnumerateArray());
        Assert.Equal(5, output.GetProperty("length").GetInt32());
    }

    [Fact]
    public void Inspect_FolderOfModels_ShowsAll()
    {
        string output = ToolRun.Good("inspect", Path.Combine(SampleData.Models, "models.json"), "--layers").Output;
        Assert.Contains("resnet20-w1-a.pt: checkpoint", output);
        Assert.Contains("compared with prototypes of automobile, cat, dog, horse, truck", output);
        Assert.Contains("normalized by mean 0.491 0.482 0.447, deviation 0.202 0.199 0.201", output);
        Assert.Contains("layer3.2.conv2", output);
    }

    [Fact]
    public void Inspect_ImagesAndNoNormalization_WarnsOfIt()
    {
        ToolRun right = ToolRun.Good("inspect", TestFiles.ClassModel('a'), "--normalization", "cifar10", "--images", SampleData.Images);
        ToolRun wrong = ToolRun.Good("inspect", TestFiles.ClassModel('a'), "--images", SampleData.Images);
        Assert.DoesNotContain("warning", right.Error);
        Assert.Contains("no normalization", wrong.Error);
        Assert.Contains("shift", right.Output);
    }

    [Fact]
    public void Inspect_WhatCannotBeMerged_NamesTheLayer()
    {
        string output = ToolRun.Good("inspect", TestFiles.InTestData("checkpoints/wild/resnext.pt")).Output;
        Assert.Contains("Not merged: ", output);
        Assert.Contains("groups", output);
    }

    [Theory]
    [InlineData("--recipe", "holds no recipe")]
    [InlineData("--normalization=125,120,110/51,50,51", "divided by 255")]
    public void Inspect_Mistake_IsTold(string option, string words) =>
        ToolRun.Of("inspect", TestFiles.ClassModel('a'), option).ExpectFailure(ExitCode.BadInput, words);

    [Fact]
    public void Inspect_OtherFiles_AreNamed()
    {
        ToolRun.Of("inspect", TestFiles.InTestData("reference-accuracies.json")).ExpectFailure(ExitCode.BadInput, "reference-accuracies.json", "JSON text");
        ToolRun.Of("inspect", SampleData.Image("frog")).ExpectFailure(ExitCode.BadInput, "0001.png");
        ToolRun.Of("inspect", SampleData.Images).ExpectFailure(ExitCode.BadInput, "models.json");
    }
}
