using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace ZipIt.Tool.Commands;

/// <summary>The usual help, and examples behind it.</summary>
/// <param name="help">The usual help.</param>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string[]> Examples = new()
    {
        [""] =
        [
            "zipit merge animals.pt vehicles.pt --labels bird,cat,dog --labels car,ship,truck --normalization imagenet --calibration images -o zipped.onnx",
            "zipit evaluate zipped.onnx animals.pt vehicles.pt --labels bird,cat,dog --labels car,ship,truck --normalization imagenet --images test",
        ],
        ["inspect"] =
        [
            "zipit inspect animals.pt",
            "zipit inspect animals.pt --normalization imagenet --images calibration    # are these the images that it was trained on?",
            "zipit inspect zipped.onnx --recipe > recipe.yaml                          # how was it made?",
        ],
        ["merge"] =
        [
            "zipit merge animals.pt vehicles.pt --labels bird,cat,dog --labels car,ship,truck --normalization imagenet --calibration images -o zipped.zip",
            "zipit merge models --calibration images --budget 1.33 -o zipped.onnx      # a folder with a models.json; at most 1.33 times one network's cost",
            "zipit merge models --calibration images --max-loss 0.01 -o zipped.zip     # share as much as costs no more than a hundredth, by estimate",
            "zipit merge recipe.yaml                                                   # everything from one file",
        ],
        ["evaluate"] =
        [
            "zipit evaluate zipped.onnx --images test                                  # one folder per class",
            "zipit evaluate models zipped.zip --images test.csv --confusion            # lines of path,label",
        ],
        ["curve"] =
        [
            "zipit curve models --calibration images/calibration --images images/test",
            "zipit curve models --calibration images --images test --methods best --cuts all,13,7",
        ],
        ["predict"] = ["zipit predict zipped.onnx photo.jpg another.png --top 3", "zipit predict zipped.zip photos --json"],
        ["bench"] = ["zipit bench zipped.onnx", "zipit bench resnet50.pt --batches 1,16 --threads 4"],
        ["methods"] = ["zipit methods"],
    };

    private const int Width = 120;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        // The library calls the program after its file, which is another name when it runs by dotnet.
        TextWriter output = parseResult.InvocationConfiguration.Output;
        var text = new StringWriter();
        parseResult.InvocationConfiguration.Output = text;
        help.MaxWidth = Width;
        int code = help.Invoke(parseResult);
        parseResult.InvocationConfiguration.Output = output;
        output.Write(text.ToString().Replace($"  {RootCommand.ExecutableName} ", "  zipit ", StringComparison.Ordinal).TrimEnd());
        output.WriteLine();
        output.WriteLine();
        Command command = parseResult.CommandResult.Command;
        if (!Examples.TryGetValue(command is RootCommand ? "" : command.Name, out string[]? lines))
            return code;
        output.WriteLine("Examples:");
        foreach (string line in lines)
            output.WriteLine($"  {line}");
        output.WriteLine();
        if (command is RootCommand)
            output.WriteLine("Exit codes: 0 done, 1 bad input, 2 wrong command line, 3 output not written, 4 fault of zipit, 130 cancelled.");
        return code;
    }

    /// <summary>Puts it in the place of the usual help.</summary>
    public static void AddTo(RootCommand root)
    {
        foreach (HelpOption option in root.Options.OfType<HelpOption>())
            option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }
}
