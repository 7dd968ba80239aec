using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.MLNet;
using ZipIt.Networks;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Commands;

/// <summary>Writes zipped models, with the recipe in them where the format has a place for it.</summary>
internal static class ModelOutput
{
    private static readonly DateTimeOffset EntryTime = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Makes sure that all files can be written, before long work.</summary>
    /// <exception cref="UsageException">One has another extension than a model has, or is one of the models.</exception>
    /// <exception cref="OutputException">One cannot be written.</exception>
    public static void Check(Recipe recipe)
    {
        foreach (string path in recipe.Output)
        {
            OutputFile.Check(path, ".onnx", ".zip", ".safetensors", ".dat");
            if (recipe.Models.Any(model => Path.GetFullPath(model.FullPath) == Path.GetFullPath(path)))
                throw new UsageException($"'{path}' is one of the models; expected another name for the result.");
        }
    }

    /// <summary>Writes a file whole or not at all; its extension says the format.</summary>
    /// <exception cref="OutputException">It cannot be written.</exception>
    public static void Write(ToolSession session, MLContext context, ZipTransformer model, Recipe recipe, string path)
    {
        string text = RecipeText.Write(recipe);
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".onnx":
                session.WriteFile(path, stream => model.ToOnnx(stream, new Dictionary<string, string> { [ModelFile.RecipeKey] = text }));
                break;
            case ".zip":
                byte[] archive = ToModelZip(context, model, recipe.Input, text);
                session.WriteFile(path, stream => stream.Write(archive));
                break;
            case ".safetensors":
                StateDictionary weights = model.ToWeights();
                var metadata = new Dictionary<string, string>(weights.Metadata) { [ModelFile.RecipeKey] = text };
                session.WriteFile(path, stream => SafeTensors.Save(stream, weights, metadata));
                break;
            default:
                session.WriteFile(path, stream => TorchSharpFile.Save(stream, model.ToWeights()));
                break;
        }
    }

    /// <summary>ML.NET's model file, of the steps from an image to the scores; the recipe is one more entry, which ML.NET passes over.</summary>
    private static byte[] ToModelZip(MLContext context, ZipTransformer model, ModelInput input, string recipe)
    {
        (ITransformer? steps, DataViewSchema? schema) = ImageLoading.Save(context, model.Network.ShapeOf(model.Network.Inputs[0]), input);
        var bytes = new MemoryStream();
        context.Model.Save(steps is null ? model : new TransformerChain<ITransformer>(steps, model), schema, bytes);
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Update, leaveOpen: true))
        {
            ZipArchiveEntry entry = archive.CreateEntry(ModelFile.RecipeKey);
            entry.LastWriteTime = EntryTime;
            using Stream stream = entry.Open();
            stream.Write(Encoding.UTF8.GetBytes(recipe));
        }

        return bytes.ToArray();
    }
}
