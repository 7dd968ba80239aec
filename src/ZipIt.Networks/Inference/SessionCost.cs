namespace ZipIt.Networks;

/// <summary>What a session of <see cref="CpuEngine"/> takes.</summary>
/// <param name="WeightBytes">Packed weights, in bytes.</param>
/// <param name="ImageBytes">Values of one image that are in memory at the same time, in bytes; taps do not count.</param>
/// <param name="ImageOperations">Operations for one image, in units of a multiply-add of a large convolution.</param>
/// <param name="ImagesWithinLimit">Number of images whose values together stay within the limit of bytes; at least 1.</param>
public readonly record struct SessionCost(long WeightBytes, long ImageBytes, double ImageOperations, int ImagesWithinLimit);
