namespace ZipIt.Tool.Inputs;

/// <summary>What a saved model takes.</summary>
internal enum ModelInput
{
    /// <summary>Paths of image files, in the column ImagePath.</summary>
    Path = 0,

    /// <summary>Images, in the column Image.</summary>
    Image = 1,

    /// <summary>Pixels of the network's size, in the column Pixels.</summary>
    Pixels = 2,
}
