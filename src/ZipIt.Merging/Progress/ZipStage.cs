using System.Text.Json.Serialization;

namespace ZipIt.Merging;

/// <summary>The steps of a zip, in the order in which they are taken; <see cref="ZipStageNames"/> has their names.</summary>
[JsonConverter(typeof(ZipStageJson))]
public enum ZipStage
{
    /// <summary>Members run on the calibration images, and their features are measured. Counts images.</summary>
    Statistics = 0,

    /// <summary>Merge and unmerge matrices are found. Counts feature spaces.</summary>
    Matching = 1,

    /// <summary>The zipped network is built.</summary>
    Merging = 2,

    /// <summary>Batch normalization is reset. Counts images.</summary>
    BatchNormReset = 3,

    /// <summary>Weights are refitted by least squares. Counts layers, those of one residual sum as one.</summary>
    Refit = 4,

    /// <summary>A search tries candidates (<see cref="ZipTuner"/>). Counts candidates.</summary>
    Tuning = 5,

    /// <summary>The zipped network is held against its members, and the scores of its tasks are made comparable. Counts images.</summary>
    Comparison = 6,
}
