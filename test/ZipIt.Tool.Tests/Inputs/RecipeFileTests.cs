using System.Text;
using ZipIt.Merging;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Tests.Inputs;

/// <summary>Recipes: what they may say, and what is said of mistakes in them.</summary>
public sealed class RecipeFileTests
{
    private const string Whole = """
        # Two networks of other people.
        models:
          - file: animals.pt
            task: animals
            labels: [bird, "cat, black", dog]
            normalization: imagenet
            image_size: 64
            entry: ema
            architecture: { activation: leaky-relu(0.1), stemPooling: true, stage-strides: [1, 2, 2], epsilon: 1e-3, shortcut-padding: behind }
          - file: vehicles.pt
            labels:
              - car
              - "1"
              - 'yes'
            normalization: { mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.2, 0.2] }
            prototypes: { file: p.safetensors, tensor: prototypes, rows: [2, 1, 0], scale: 30 }
          - third.onnx
        calibration: images/calibration
        images: images/test
        method: paper+zip:alpha=0.1,beta=0.8
        cut: stage:2
        max-loss: 0.01
        start: 3
        widen: 1.2
        joint: softmax
        shared-labels: true
        share-normalization: false
        calibration-check: warn
        max-calibration: 500
        seed: 7
        input: image
        output: [zipped.zip, zipped.onnx]
        """;

    [Fact]
    public void Read_Everything_IsTaken()
    {
        Recipe recipe = Read(Whole);
        Assert.Equal(["animals", "vehicles", "third"], recipe.Models.Select(model => model.Name));
        Assert.Equal(Path.Combine("folder", "vehicles.pt"), recipe.Models[1].FullPath);
        Assert.Equal(["bird", "cat, black", "dog"], recipe.Models[0].Labels!);
        Assert.Equal(["car", "1", "yes"], recipe.Models[1].Labels!);
        Assert.Equal([0.485, 0.456, 0.406], recipe.Models[0].Normalization!.Mean);
        Assert.Equal([0.2, 0.2, 0.2], recipe.Models[1].Normalization!.Deviation);
        Assert.Equal((64, "ema"), (recipe.Models[0].ImageSize, recipe.Models[0].Entry));
        Assert.Equal([2, 1, 0], recipe.Models[1].Prototypes!.Rows!);
        Networks.ArchitectureOptions architecture = ArchitectureEntry.Read(recipe.Models[0].Architecture!);
        Assert.Equal(new Networks.LeakyReLU(0.1f), architecture.Activation);
        Assert.Equal((true, 1e-3f, Networks.ChannelPadding.Behind), (architecture.StemPooling, architecture.Epsilon, architecture.ShortcutPadding));
        Assert.Equal([1, 2, 2], architecture.StageStrides!);
        Assert.Equal(0.8, Assert.IsType<ZipMatcher>(recipe.Method.Matcher).Beta);
        Assert.Equal(ZipCut.AfterStage(2), recipe.Cut!.Cut);
        Assert.Equal(ZipCut.AfterLayers(3), recipe.Start!.Cut);
        Assert.Equal((0.01, 1.2, JointScoring.Softmax), (recipe.MaximumLoss, recipe.Widen, recipe.Joint));
        Assert.Equal((true, false, CalibrationCheck.Warn), (recipe.SharedLabels, recipe.ShareNormalization, recipe.CalibrationCheck));
        Assert.Equal((500, 7, ModelInput.Image), (recipe.MaximumCalibration, recipe.Seed, recipe.Input));
        Assert.Equal([Path.Combine("folder", "zipped.zip"), Path.Combine("folder", "zipped.onnx")], recipe.Output);
    }

    [Fact]
    public void Write_Everything_IsReadBack()
    {
        string written = RecipeText.Write(Read(Whole));
        Assert.Equal(written, RecipeText.Write(RecipeFile.Read(YamlSettings.Read(Encoding.UTF8.GetBytes(written), "again"), "")));
        Assert.Contains("activation: \"leaky-relu(0.1)\"", written);
        Assert.Contains("labels: [car, \"1\", \"yes\"]", written);
    }

    [Fact]
    public void Read_Json_IsTaken()
    {
        Recipe recipe = Read("""{ "models": ["a.pt", { "file": "b.pt", "imageSize": 32, }], "calibration": "images", "maxLoss": 0.5, /* why not */ "output": "z.onnx" }""");
        Assert.Equal(0.5, recipe.MaximumLoss);
        Assert.Equal(32, recipe.Models[1].ImageSize);
    }

    [Theory]
    [InlineData(3, "a recipe has no key 'calibraton'; did you mean 'calibration'?", "models: [a.pt, b.pt]\n\ncalibraton: images\n")]
    [InlineData(2, "a classifier has no key 'label'; did you mean 'labels'?", "models:\n- {file: a.pt, label: [x]}\n- b.pt\ncalibration: images\n")]
    [InlineData(3, "no activation 'relo'; did you mean 'relu'?", "models:\n- file: a.pt\n  architecture: {activation: relo}\n- b.pt\ncalibration: images\n")]
    [InlineData(3, "an architecture has no key 'stem'", "models:\n- file: a.pt\n  architecture: {stem: 7}\n- b.pt\ncalibration: images\n")]
    [InlineData(2, "the key 'Cut' is given twice", "cut: 13\nCut: 7\nmodels: [a.pt, b.pt]\ncalibration: images\n")]
    [InlineData(1, "a recipe needs 'models'", "calibration: images\n")]
    [InlineData(1, "a recipe needs 'calibration'", "models: [a.pt, b.pt]\n")]
    [InlineData(1, "expected two or more models, found 1", "models: [a.pt]\ncalibration: images\n")]
    [InlineData(3, "no method 'bets'; did you mean 'best'?", "models: [a.pt, b.pt]\ncalibration: images\nmethod: bets\n")]
    [InlineData(3, "no cut 'half'", "models: [a.pt, b.pt]\ncalibration: images\ncut: half\n")]
    [InlineData(3, "a 'cut' or a 'budget'", "models: [a.pt, b.pt]\ncalibration: images\nbudget: 1.2\ncut: 7\n")]
    [InlineData(3, "expected a number as 'budget', found 'much'", "models: [a.pt, b.pt]\ncalibration: images\nbudget: much\n")]
    [InlineData(3, "a positive number as 'widen', found -1", "models: [a.pt, b.pt]\ncalibration: images\nwiden: -1\n")]
    [InlineData(3, "a share from 0 to 1 as 'max-loss', found 2", "models: [a.pt, b.pt]\ncalibration: images\nmax-loss: 2\n")]
    [InlineData(3, "expected true or false as 'shared-labels', found 'yes'", "models: [a.pt, b.pt]\ncalibration: images\nshared-labels: yes\n")]
    [InlineData(5, "label 2 of 3 is null", "models:\n- file: a.pt\n  labels:\n  - x\n  -\n  - z\n- b.pt\ncalibration: images\n")]
    [InlineData(2, "this is no YAML", "models: [a.pt, b.pt\ncalibration: images\n")]
    [InlineData(2, "references to other places", "models: [a.pt, b.pt]\ncalibration: *m\n")]
    [InlineData(1, "names of places", "models: &m [a.pt, b.pt]\ncalibration: images\n")]
    [InlineData(1, "types (!name)", "models: !!python/object [a.pt, b.pt]\ncalibration: images\n")]
    [InlineData(1, "this is no YAML", "models: !<http://[> [a.pt, b.pt]\ncalibration: images\n")]
    [InlineData(3, "a second document", "models: [a.pt, b.pt]\ncalibration: images\n---\ncut: 7\n")]
    [InlineData(1, "expected lines of 'key: value'", "- a.pt\n- b.pt\n")]
    [InlineData(2, "this is no JSON", "{ \"models\": [\"a.pt\", \"b.pt\"],\n \"calibration\": images }")]
    [InlineData(1, "levels deep", "models: [[[[[[[[[[a.pt]]]]]]]]]]\n")]
    [InlineData(1, "levels deep", "{\"models\": [[[[[[[[[[1]]]]]]]]]]}")]
    public void Read_Mistake_IsToldWithItsLine(int line, string words, string text)
    {
        string message = Assert.Throws<InvalidDataException>(() => Read(text)).Message;
        Assert.Contains(words, message);
        Assert.StartsWith($"'recipe.yaml', line {line}: ", message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("\0\0\0")]
    [InlineData("a: b: c: d")]
    [InlineData("? [x]\n: y")]
    public void Read_NoRecipe_IsRefused(string text) => Assert.Throws<InvalidDataException>(() => Read(text));

    [Fact]
    public void Read_TooLarge_IsRefused()
    {
        Assert.Contains("larger than 4 MiB", Assert.Throws<InvalidDataException>(() => Read(new string('#', SettingsBudget.MaximumLength + 1))).Message);
        string many = $"models: [{string.Join(",", Enumerable.Repeat("1", SettingsBudget.MaximumValues))}]";
        Assert.Contains("more than", Assert.Throws<InvalidDataException>(() => Read(many)).Message);
        Assert.Contains("no text in UTF-8", Assert.Throws<InvalidDataException>(() => YamlSettings.Read([0xFF, 0xFE, 0x80], "recipe.yaml")).Message);
    }

    private static Recipe Read(string text) => RecipeFile.Read(YamlSettings.Read(Encoding.UTF8.GetBytes(text), "recipe.yaml"), "folder");
}
