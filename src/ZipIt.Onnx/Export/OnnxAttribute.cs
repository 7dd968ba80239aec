namespace ZipIt.Onnx;

/// <summary>A named setting of an ONNX operator.</summary>
public sealed class OnnxAttribute
{
    private OnnxAttribute(string name, object value) => (Name, Value) = (name, value);

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its value: a <see cref="long"/>, a <see cref="float"/>, a <see cref="string"/> or an array of <see cref="long"/>.</summary>
    public object Value { get; }

    /// <summary>A whole number.</summary>
    public static OnnxAttribute Of(string name, long value) => new(name, value);

    /// <summary>A number.</summary>
    public static OnnxAttribute Of(string name, float value) => new(name, value);

    /// <summary>A text.</summary>
    public static OnnxAttribute Of(string name, string value) => new(name, value);

    /// <summary>A list of whole numbers.</summary>
    public static OnnxAttribute Of(string name, params long[] values) => new(name, values);
}
