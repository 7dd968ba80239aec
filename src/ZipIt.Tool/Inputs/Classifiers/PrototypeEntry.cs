using ZipIt.MLNet;

namespace ZipIt.Tool.Inputs;

/// <summary>Vectors that a network's output is compared with.</summary>
/// <param name="File">Path of their file.</param>
/// <param name="Tensor">Name of the tensor in it; null for the only one.</param>
/// <param name="Rows">Rows of the tensor that belong to the classes; null for all.</param>
/// <param name="Scale">Factor of the cosines.</param>
internal sealed record PrototypeEntry(string File, string? Tensor, IReadOnlyList<int>? Rows, double Scale)
{
    /// <summary>Reads the settings.</summary>
    /// <exception cref="InvalidDataException">They are not as expected; the message names file and line.</exception>
    public static PrototypeEntry Read(SettingsMap settings)
    {
        settings.Check("prototypes", "file", "tensor", "rows", "scale");
        return new PrototypeEntry(
            settings.FindText("file") ?? throw settings.Place.Error("the prototypes need a 'file'."),
            settings.FindText("tensor"),
            settings.FindWholeNumbers("rows"),
            settings.FindNumber("scale") ?? throw settings.Place.Error("the prototypes need a 'scale', the factor of the cosines."));
    }

    /// <summary>Loads the vectors.</summary>
    /// <param name="folder">Folder that the path is relative to.</param>
    public ClassPrototypes Load(string folder) => ClassPrototypes.Load(Path.Combine(folder, File), (float)Scale, Rows, Tensor);
}
