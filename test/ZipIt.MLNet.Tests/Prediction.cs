using Microsoft.ML.Data;

namespace ZipIt.MLNet.Tests;

/// <summary>What a zipped model of the test classifiers gives.</summary>
public sealed class Prediction
{
    public uint PredictedLabel { get; set; }

    public float[]? Score { get; set; }

    [ColumnName("animals.PredictedLabel")]
    public uint AnimalsLabel { get; set; }

    [ColumnName("animals.Score")]
    public float[]? AnimalsScore { get; set; }

    [ColumnName("vehicles.Score")]
    public float[]? VehiclesScore { get; set; }
}
