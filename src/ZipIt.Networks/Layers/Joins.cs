namespace ZipIt.Networks;

/// <summary>Sum of two or more inputs of one shape.</summary>
public sealed record Add : Layer
{
    internal override int? InputCount => null;
}

/// <summary>Inputs one after the other along the channels: [c₁, h, w], [c₂, h, w] … → [c₁ + c₂ + …, h, w].</summary>
public sealed record Concat : Layer
{
    internal override int? InputCount => null;
}
