using System.Text;
using ZipIt.Tool.Inputs;

namespace ZipIt.Fuzzing.Targets;

/// <summary>Recipes of the command line, in YAML and JSON. What is accepted is written anew, which must be a recipe too.</summary>
public sealed class RecipeTarget : FuzzTarget
{
    private const string Folder = "no-such-folder";

    /// <inheritdoc/>
    public override string Name => "recipe";

    /// <inheritdoc/>
    public override IEnumerable<byte[]> MakeSeeds()
    {
        yield return """
            # Two of one architecture.
            models:
              - file: animals.pt
                task: animals
                labels: [bird, "cat, black", 'yes']
                normalization: imagenet
                architecture: { activation: leaky-relu(0.1), stem-pooling: true, stage-strides: [1, 2], epsilon: 1e-3 }
              - file: vehicles.pt
                labels:
                - car
                - |
                  two
                  lines
                normalization: { mean: [0.5, 0.4, 0.3], deviation: [0.2, 0.2, 0.2] }
                prototypes: { file: p.safetensors, rows: [2, 1], scale: 30 }
            calibration: images
            method: paper+zip:alpha=0.1,beta=0.8
            cut: 13/20
            max-loss: 0.01
            output: [zipped.zip, zipped.onnx]
            """u8.ToArray();
        yield return """
            {"models": ["a.onnx", {"file": "b.pt", "imageSize": 64, "labels": ["\u00e4", "1"]}], "calibration": "c.csv", "budget": 1.33, "sharedLabels": true, // why not
            "joint": "softmax", "input": "image", "seed": -7, "output": "z.onnx",}
            """u8.ToArray();
        yield return "models: [a.pt, b.pt, c.pt]\ncalibration: images\nstart: stage:1\nwiden: 1.2\ncalibration-check: warn\nmax-calibration: 10\n"u8.ToArray();
    }

    /// <inheritdoc/>
    protected override bool Read(byte[] input)
    {
        Recipe recipe;
        try
        {
            recipe = RecipeFile.Read(YamlSettings.Read(input, "fuzz"), Folder);
        }
        catch (Exception refusal) when (refusal is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return false;
        }

        string written = RecipeText.Write(recipe);
        try
        {
            RecipeFile.Read(YamlSettings.Read(Encoding.UTF8.GetBytes(written), "written"), "");
            return true;
        }
        catch (InvalidDataException refusal)
        {
            throw new InvalidOperationException($"What was written is refused: {refusal.Message}\n{written}", refusal);
        }
    }
}
