namespace ZipIt.TorchSharp.Tests;

/// <summary>What a model says of an image.</summary>
internal sealed class ScoredRow
{
    public float[] Score { get; set; } = [];
}
