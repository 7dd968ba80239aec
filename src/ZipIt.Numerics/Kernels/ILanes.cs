namespace ZipIt.Numerics;

/// <summary>
/// The vector operations that kernels are written in. A kernel is generic over the implementation, so that the compiler makes one version of it
/// for each vector width, and so that tests can run every version that the processor has.
/// </summary>
/// <typeparam name="TVector">A vector of <see cref="Count"/> floats.</typeparam>
internal unsafe interface ILanes<TVector>
    where TVector : struct
{
    /// <summary>Whether the processor has vectors of this width.</summary>
    static abstract bool IsSupported { get; }

    /// <summary>Number of floats in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Whether there are registers for a tile of 12 rows and two vectors (24 sums, two columns, one factor); otherwise such tiles have 6 rows.</summary>
    static abstract bool HasManyRegisters { get; }

    /// <summary>Reads a vector; the address need not be aligned.</summary>
    static abstract TVector Load(float* source);

    /// <summary>Writes a vector; the address need not be aligned.</summary>
    static abstract void Store(float* target, TVector value);

    /// <summary>The same value in all lanes.</summary>
    static abstract TVector Broadcast(float value);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    static abstract TVector Multiply(TVector left, TVector right);

    static abstract TVector Divide(TVector left, TVector right);

    /// <summary>left·right + addend, rounded once where the processor can.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>The larger value; <paramref name="value"/> where it is no number.</summary>
    static abstract TVector Max(TVector bound, TVector value);

    /// <summary>The smaller value; <paramref name="value"/> where it is no number.</summary>
    static abstract TVector Min(TVector bound, TVector value);

    /// <summary>In each lane <paramref name="yes"/> where left &lt; right, otherwise <paramref name="no"/>.</summary>
    static abstract TVector SelectLess(TVector left, TVector right, TVector yes, TVector no);

    /// <summary>eˣ, the same function in every lane.</summary>
    static abstract TVector Exp(TVector value);
}
