namespace ZipIt.Tool.Inputs;

/// <summary>A row of ML.NET's data: an image file.</summary>
internal sealed class ImageFile
{
    /// <summary>Path of the file.</summary>
    public string ImagePath { get; set; } = "";

    /// <summary>What it shows; empty if that is not known.</summary>
    public string Label { get; set; } = "";
}
