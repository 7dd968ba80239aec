namespace ZipIt.Networks;

/// <summary>One of the numbered modules in front of a VGG's classifier.</summary>
internal readonly record struct VggFeature(string Name, VggFeatureKind Kind, int Channels);

/// <summary>What such a module does.</summary>
internal enum VggFeatureKind
{
    Conv,
    Norm,
    Activation,
    MaxPool,
}
