using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ZipIt.Merging;

namespace ZipIt.Tool.Inputs;

/// <summary>Writes recipes as YAML that <see cref="RecipeFile"/> reads; what is as usual is left out.</summary>
internal static class RecipeText
{
    private static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The recipe as a text. Paths are relative to the folder in which the program ran, as they were given.</summary>
    public static string Write(Recipe recipe)
    {
        var text = new StringBuilder("models:\n");
        foreach (ClassifierEntry model in recipe.Models)
            WriteModel(text, model);
        Add("calibration", Quote(Slashes(recipe.Calibration)));
        Add("images", recipe.Images is { } images ? Quote(Slashes(images)) : null);
        Add("method", Quote(recipe.Method.Text));
        Add("cut", recipe.Cut is { } cut ? Quote(cut.Text) : null);
        Add("budget", Number(recipe.Budget));
        Add("max-loss", Number(recipe.MaximumLoss));
        Add("start", recipe.Start is { } start ? Quote(start.Text) : null);
        Add("widen", Number(recipe.Widen));
        Add("joint", recipe.Joint is { } joint ? Choice.NameOf(joint) : null);
        Add("shared-labels", recipe.SharedLabels ? "true" : null);
        Add("share-normalization", recipe.ShareNormalization is { } share ? (share ? "true" : "false") : null);
        Add("calibration-check", recipe.CalibrationCheck == CalibrationCheck.Refuse ? null : Choice.NameOf(recipe.CalibrationCheck));
        Add("max-calibration", Number(recipe.MaximumCalibration));
        Add("seed", Number(recipe.Seed));
        Add("input", recipe.Input == ModelInput.Path ? null : Choice.NameOf(recipe.Input));
        Add("output", recipe.Output.Count == 0 ? null : List(recipe.Output.Select(path => Quote(Slashes(path)))));
        return text.ToString();

        void Add(string key, string? value)
        {
            if (value is not null)
                text.Append(key).Append(": ").Append(value).Append('\n');
        }
    }

    private static void WriteModel(StringBuilder text, ClassifierEntry model)
    {
        text.Append("  - file: ").Append(Quote(Slashes(model.FullPath))).Append('\n');
        Add("task", model.Task is null ? null : Quote(model.Task));
        Add("labels", model.Labels is null ? null : List(model.Labels.Select(Quote)));
        if (model.Prototypes is { } prototypes)
        {
            string tensor = prototypes.Tensor is null ? "" : $", tensor: {Quote(prototypes.Tensor)}";
            string rows = prototypes.Rows is null ? "" : $", rows: {List(prototypes.Rows.Select(row => Number(row)!))}";
            Add("prototypes", $"{{ file: {Quote(Slashes(Path.Combine(model.Folder, prototypes.File)))}{tensor}{rows}, scale: {Number(prototypes.Scale)} }}");
        }

        if (model.Normalization is { } normalization)
            Add("normalization", $"{{ mean: {Numbers(normalization.Mean)}, deviation: {Numbers(normalization.Deviation)} }}");
        Add("image-size", Number(model.ImageSize));
        Add("entry", model.Entry is null ? null : Quote(model.Entry));
        Add("architecture", model.Architecture is null ? null : Flow(model.Architecture));

        void Add(string key, string? value)
        {
            if (value is not null)
                text.Append("    ").Append(key).Append(": ").Append(value).Append('\n');
        }
    }

    private static string Flow(SettingsNode node) => node switch
    {
        SettingsMap map => $"{{ {string.Join(", ", map.Entries.Select(entry => $"{Quote(entry.Key)}: {Flow(entry.Value)}"))} }}",
        SettingsList list => List(list.Items.Select(Flow)),
        SettingsText { Value: { } value } when value is "true" or "false" || double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out _) => value,
        SettingsText { Value: { } value } => Quote(value),
        _ => "null",
    };

    private static string Numbers(IEnumerable<double> values) => List(values.Select(value => Number(value)!));

    private static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    /// <summary>A text as YAML has it: plain where nothing in it means something else, otherwise in quotation marks as in JSON.</summary>
    private static string Quote(string text)
    {
        bool isPlain = text.Length > 0 && char.IsAsciiLetter(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' or '/' or '+')
            && text.ToLowerInvariant() is not ("true" or "false" or "yes" or "no" or "on" or "off" or "y" or "n" or "null");
        return isPlain ? text : JsonSerializer.Serialize(text, Quoting);
    }

    private static string Slashes(string path) => path.Replace('\\', '/');

    private static string? Number(double? value) => value?.ToString(CultureInfo.InvariantCulture);
}
