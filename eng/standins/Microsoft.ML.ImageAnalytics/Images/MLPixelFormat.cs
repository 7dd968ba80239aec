namespace Microsoft.ML.Data;

/// <summary>How the bytes of a pixel are arranged.</summary>
public enum MLPixelFormat
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>Four bytes: blue, green, red, alpha.</summary>
    Bgra32 = 1,

    /// <summary>Four bytes: red, green, blue, alpha.</summary>
    Rgba32 = 2,
}
