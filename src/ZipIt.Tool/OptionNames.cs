namespace ZipIt.Tool;

/// <summary>Says in the words of the command line what messages of the library say in those of its code.</summary>
internal static class OptionNames
{
    private static readonly (string Code, string Option)[] Names =
    [
        ("set CalibrationCheck to CalibrationCheck.Warn", "say --calibration-check warn"),
        ("SharedLabels", "--shared-labels"),
        ("With ShareNormalization", "With --share-normalization true"),
        ("(entry: \"", "(--entry \""),
        ("read it with OnnxNetwork.Load of ZipIt.Onnx", "give it a name that ends in .onnx"),
        ("A MaximumLoss", "A --max-loss"),
        ("FlopsBudget", "--widen"),
    ];

    /// <summary>The message with the names of options in the place of properties.</summary>
    public static string Translate(string message)
    {
        foreach ((string code, string option) in Names)
            message = message.Replace(code, option, StringComparison.Ordinal);
        return message;
    }
}
