namespace ZipIt.Networks;

/// <summary>[channels, h, w] → [channels·h·w], row-major.</summary>
public sealed record Flatten : Layer;
