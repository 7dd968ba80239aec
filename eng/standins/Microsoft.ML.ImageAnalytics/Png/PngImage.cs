namespace Microsoft.ML.Data.Png;

/// <summary>A decoded PNG: straight RGBA pixels, row by row from the top.</summary>
internal sealed record PngImage(int Width, int Height, byte[] Pixels);
