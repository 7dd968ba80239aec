using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.Tool.Inputs;

namespace ZipIt.Tool.Commands;

/// <summary><c>zipit inspect</c>: what a model is.</summary>
internal static class InspectCommand
{
    /// <summary>Makes the command.</summary>
    public static Command Create(ToolSession session, CommonOptions common)
    {
        var models = new ModelOptions(ArgumentArity.OneOrMore, "A checkpoint (.pt, .pth, .safetensors …), an ONNX file, a model zip, or a folder with a models.json.");
        var images = new Option<string?>("--images")
        {
            Description = "Images of the kind that the model was trained on, without labels: tells whether the model sees what it saw in training.",
            HelpName = "folder or file",
        };
        var layers = new Option<bool>("--layers") { Description = "List all layers." };
        var recipe = new Option<bool>("--recipe") { Description = "Write only the recipe that the model was made by." };
        var command = new Command("inspect", "Says what a model is: architecture, cost, what can be merged, heads and labels.") { images, layers, recipe };
        models.AddTo(command);
        return common.Bind(command, arguments =>
        {
            var context = session.CreateContext();
            ModelFile[] files = ModelOptions.Load(models.Read(arguments), context, needsLabels: false);
            if (arguments.GetValue(recipe))
            {
                foreach (ModelFile file in files)
                    session.Write(file.Recipe?.TrimEnd() ?? throw new InvalidDataException($"'{file.Entry.FullPath}' holds no recipe."));
                return;
            }

            ImageSet? calibration = arguments.GetValue(images) is { } path ? ImageSet.Open(path, "calibration", isLabelled: false) : null;
            StatisticsShift?[] shifts = [.. files.Select(file => calibration is null ? null : Measure(file))];
            if (session.IsJson)
                session.WriteJson(writer => WriteJson(writer, files, shifts, calibration is not null));
            else
                WriteText(session, files, shifts, calibration, arguments.GetValue(layers));

            StatisticsShift? Measure(ModelFile file) => StatisticsShift.Measure(
                file.Network, new PixelSource(calibration!, context, file.ImageShape, session.Cancellation)
                {
                    OnRead = count => session.Progress.Report("Calibration check", "images", count, calibration!.Count),
                },
                session.Engine, session.Threads, session.Cancellation);
        });
    }

    private static void WriteText(ToolSession session, ModelFile[] files, StatisticsShift?[] shifts, ImageSet? calibration, bool showLayers)
    {
        for (int f = 0; f < files.Length; f++)
        {
            if (f > 0)
                session.Write("");
            ModelFile file = files[f];
            NetworkCost cost = file.Cost;
            session.Write($"{file.Entry.FullPath}: {file.Kind}");
            session.Write($"  architecture   {file.Architecture}");
            string pixels = FindNormalization(file.Network) is { } own ? $", pixels of 0–255, normalized by {Describe(own)}" : "";
            session.Write($"  input          {string.Join('×', file.ImageShape.ToArray())}{pixels}");
            session.Write(string.Create(CultureInfo.InvariantCulture, $"  multiply-adds  {cost.MultiplyAdds:N0}"));
            session.Write(string.Create(CultureInfo.InvariantCulture, $"  parameters     {cost.Parameters:N0}"));
            session.Write($"  layers         {LayerCount.Of(file.Network)} in depth, {file.Network.Nodes.Count(node => node.Layer.HasWeights)} with weights, "
                + $"{ZipCut.ListStages(file.Network).Count} stages");
            foreach (Head head in file.Network.Heads)
                session.Write($"  output         {head.Name}: {DescribeHead(file, head)}");
            if (calibration is not null)
                session.Write($"  calibration    {DescribeShift(shifts[f], calibration.Count)}");
            if (shifts[f]?.Describe(file.Name) is { } sentence)
                session.Warn(sentence);
            WriteSpaces(session, file.Network);
            if (showLayers)
                WriteLayers(session, file.Network);
            if (file.Report is { } report)
                session.Write(report.ToText().TrimEnd());
            if (file.Recipe is not null)
                session.Write("It holds the recipe that it was made by (--recipe).");
        }
    }

    private static void WriteSpaces(ToolSession session, Network network)
    {
        FeatureSpaces spaces = FeatureSpaces.Find(network);
        session.Write("Feature spaces, whose channels are merged together:");
        session.WriteTable(1, ["space", "channels", "written by", "read by", "last reader"], spaces.Where(space => !space.IsInput).Select(space => (string[])
        [
            space.IsOutput ? $"{space.Name} (output)" : space.Name,
            $"{space.Width}",
            $"{space.Writers.Count()}",
            $"{space.Readers.Count}",
            space.Readers.Count == 0 ? "–" : space.Readers[^1].Name,
        ]));
        foreach (FeatureSpace space in spaces.Where(space => space.Obstacle is not null && !space.IsInput))
            session.Write($"Not merged: {space.Name}. {space.Obstacle}");
    }

    private static void WriteLayers(ToolSession session, Network network) => session.WriteTable(2, ["layer", "kind", "output", "parameters", "multiply-adds"],
        network.Nodes.Select(node => (string[])
        [
            node.Name,
            node.Layer.Kind,
            string.Join('×', network.ShapeOf(node).ToArray()),
            Count(ParametersOf(node)),
            Count(NetworkCost.CountMultiplyAdds(network, node)),
        ]));

    private static void WriteJson(Utf8JsonWriter writer, ModelFile[] files, StatisticsShift?[] shifts, bool isMeasured)
    {
        writer.WriteStartArray();
        for (int f = 0; f < files.Length; f++)
        {
            ModelFile file = files[f];
            Network network = file.Network;
            writer.WriteStartObject();
            writer.WriteString("file", file.Entry.FullPath);
            writer.WriteString("kind", file.Kind);
            writer.WriteString("architecture", file.Architecture);
            JsonValues.Write(writer, "input", file.ImageShape.ToArray());
            writer.WriteNumber("multiplyAdds", file.Cost.MultiplyAdds);
            writer.WriteNumber("parameters", file.Cost.Parameters);
            writer.WriteNumber("depth", LayerCount.Of(network));
            writer.WriteNumber("stages", ZipCut.ListStages(network).Count);
            if (isMeasured)
            {
                writer.WriteStartObject("calibration");
                JsonValues.Write(writer, "shift", shifts[f]?.Median);
                JsonValues.Write(writer, "first", shifts[f]?.First);
                writer.WriteString("problem", shifts[f]?.Describe(file.Name));
                writer.WriteEndObject();
            }

            writer.WriteStartArray("outputs");
            foreach (Head head in network.Heads)
            {
                ClassificationTask? task = file.Tasks.FirstOrDefault(task => task.Name == head.Name);
                writer.WriteStartObject();
                writer.WriteString("name", head.Name);
                writer.WriteNumber("length", network.ShapeOf(head.Node)[0]);
                writer.WriteString("kind", task is null ? null : task.Prototypes is null ? "scores" : "prototypes");
                if (task is not null)
                    JsonValues.Write(writer, "labels", task.Labels);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("spaces");
            foreach (FeatureSpace space in FeatureSpaces.Find(network).Where(space => !space.IsInput))
            {
                writer.WriteStartObject();
                writer.WriteString("name", space.Name);
                writer.WriteNumber("channels", space.Width);
                writer.WriteBoolean("isOutput", space.IsOutput);
                JsonValues.Write(writer, "writers", space.Writers.Select(node => node.Name));
                JsonValues.Write(writer, "carriers", space.Carriers.Select(node => node.Name));
                JsonValues.Write(writer, "readers", space.Readers.Select(node => node.Name));
                writer.WriteString("obstacle", space.Obstacle);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteStartArray("layers");
            foreach (Node node in network.Nodes)
            {
                writer.WriteStartObject();
                writer.WriteString("name", node.Name);
                writer.WriteString("kind", node.Layer.Kind);
                JsonValues.Write(writer, "output", network.ShapeOf(node).ToArray());
                writer.WriteNumber("parameters", ParametersOf(node));
                writer.WriteNumber("multiplyAdds", NetworkCost.CountMultiplyAdds(network, node));
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            if (file.Report is { } report)
            {
                writer.WritePropertyName("report");
                writer.WriteRawValue(report.ToJson());
            }

            writer.WriteString("recipe", file.Recipe);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static string DescribeHead(ModelFile file, Head head)
    {
        int length = file.Network.ShapeOf(head.Node)[0];
        ClassificationTask? task = file.Tasks.FirstOrDefault(task => task.Name == head.Name);
        if (task is null)
            return $"{length} values, whose classes are not known";
        string labels = string.Join(", ", task.Labels.Take(12)) + (task.Labels.Count > 12 ? $" and {task.Labels.Count - 12} more" : "");
        return task.Prototypes is null ? $"scores of {labels}" : $"embedding of {length} values, compared with prototypes of {labels}";
    }

    private static string DescribeShift(StatisticsShift? shift, int images) => shift is null
        ? "not measured: the network has no batch normalization"
        : string.Create(CultureInfo.InvariantCulture,
            $"shift {shift.Median:0.00} on {images} images (usual: up to {StatisticsShift.LargestUsual:0.00}; useless from {StatisticsShift.LargestUseful:0.0})");

    /// <summary>The first layer, if it normalizes pixels.</summary>
    private static ChannelAffine? FindNormalization(Network network) =>
        network.Nodes.FirstOrDefault(node => node.Layer is ChannelAffine && node.Inputs is [{ Layer: Input }])?.Layer as ChannelAffine;

    private static string Describe(ChannelAffine normalization)
    {
        const double Range = 255;
        IEnumerable<int> channels = Enumerable.Range(0, normalization.Channels);
        float ScaleOf(int channel) => normalization.Scale.Span[channel];
        return $"mean {Format(channels.Select(c => -normalization.Shift.Span[c] / ScaleOf(c) / Range))}, deviation {Format(channels.Select(c => 1 / ScaleOf(c) / Range))}";

        static string Format(IEnumerable<double> values) => string.Join(' ', values.Select(value => value.ToString("0.###", CultureInfo.InvariantCulture)));
    }

    private static long ParametersOf(Node node) =>
        node.Layer.Parameters.Where(parameter => parameter.Role.IsLearnt()).Sum(parameter => (long)(parameter.Value?.Length ?? 0));

    private static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
