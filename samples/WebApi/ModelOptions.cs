namespace WebApi;

/// <summary>Which model is served: the section <c>Model</c> of the settings. Relative paths begin at the program's folder.</summary>
public sealed class ModelOptions
{
    /// <summary>Path of a zip model that takes an image column <c>Image</c>; null for one that the service makes.</summary>
    public string? Path { get; set; }

    /// <summary>Where the model that the service makes is kept, so that only its first start takes seconds.</summary>
    public string MadeAt { get; set; } = "zipped.mlnet";

    /// <summary>Folder of the checkpoints that the service zips, with a <c>models.json</c> that describes them.</summary>
    public string Classifiers { get; set; } = "data/models";

    /// <summary>Folder of the images that it is fitted on.</summary>
    public string Calibration { get; set; } = "data/images/calibration";
}
