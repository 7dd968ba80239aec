namespace ZipIt.Numerics;

/// <summary>The kernels over vectors of one width.</summary>
/// <typeparam name="TLanes">The vector operations.</typeparam>
/// <typeparam name="TVector">The vector.</typeparam>
internal sealed partial class KernelSet<TLanes, TVector> : KernelSet
    where TLanes : struct, ILanes<TVector>
    where TVector : struct
{
    /// <inheritdoc/>
    public override int Lanes => TLanes.Count;

    /// <inheritdoc/>
    public override int TileRows => TLanes.HasManyRegisters ? MostTileRows : MostTileRows / 2;

    /// <inheritdoc/>
    public override string ToString() => $"{32 * TLanes.Count}-bit vectors";
}
