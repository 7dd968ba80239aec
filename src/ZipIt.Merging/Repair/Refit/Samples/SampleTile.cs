using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>Some samples (output pixels of calibration images) of a unit.</summary>
/// <param name="IsHeldOut">Whether they belong to the images that errors are measured on.</param>
/// <param name="Rows">Number of samples.</param>
/// <param name="Images">The images, as numbers among all, that the samples are of; as many samples of each.</param>
/// <param name="Columns">For each group of channels what the layers see.</param>
/// <param name="Targets">What the unit's value should be [rows, channels].</param>
/// <param name="Others">What the other inputs of its residual sum give [rows, channels]; null if there are none.</param>
internal sealed record SampleTile(bool IsHeldOut, int Rows, int[] Images, DesignMatrix[] Columns, AlignedBuffer Targets, AlignedBuffer? Others);
