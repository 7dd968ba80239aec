using System.Runtime.CompilerServices;

namespace ZipIt.Numerics;

/// <summary>The matrix product: register tiles of 12 or 4 rows and two vectors of columns.</summary>
internal sealed unsafe partial class KernelSet<TLanes, TVector>
{
    /// <inheritdoc/>
    public override void Multiply(
        float* a, nint strideA, int rows, in PackedMatrix b, int firstPanel, int lastPanel, float* c, nint strideC, float* initial, nint strideInitial)
    {
        int lanes = TLanes.Count;
        for (int panel = firstPanel; panel < lastPanel; panel++)
        {
            int first = panel * 2 * lanes;
            int used = Math.Min(2 * lanes, b.Columns - first);
            if (used == 2 * lanes)
                MultiplyPanel<TwoVectors>(a, strideA, rows, b.Depth, b.Panel(panel), c + first, strideC, initial + first, strideInitial);
            else if (used == lanes)
                MultiplyPanel<OneVector>(a, strideA, rows, b.Depth, b.Panel(panel), c + first, strideC, initial + first, strideInitial);
            else if (used < lanes)
                MultiplyEdge<OneVector>(a, strideA, rows, b.Depth, b.Panel(panel), used, c + first, strideC, initial + first, strideInitial);
            else
                MultiplyEdge<TwoVectors>(a, strideA, rows, b.Depth, b.Panel(panel), used, c + first, strideC, initial + first, strideInitial);
        }
    }

    private static void MultiplyPanel<TWidth>(
        float* a, nint strideA, int rows, int depth, float* b, float* c, nint strideC, float* initial, nint strideInitial)
        where TWidth : struct, ITileWidth
    {
        int row = 0;
        if (TLanes.HasManyRegisters)
        {
            for (; row + 12 <= rows; row += 12)
                MultiplyTile12<TWidth>(a + row * strideA, strideA, depth, b, c + row * strideC, strideC, initial + row * strideInitial, strideInitial);
        }

        for (; row + 4 <= rows; row += 4)
            MultiplyTile4<TWidth>(a + row * strideA, strideA, depth, b, c + row * strideC, strideC, initial + row * strideInitial, strideInitial);
        for (; row < rows; row++)
            MultiplyTile1<TWidth>(a + row * strideA, strideA, depth, b, c + row * strideC, strideC, initial + row * strideInitial, strideInitial);
    }

    /// <summary>
    /// A panel whose last vector is only partly used: C may end there, so that the tile is computed beside it, and its used columns are copied.
    /// The unused columns of B are zeros, and no column sees another, so that the used ones come out as they would in a full panel.
    /// </summary>
    [SkipLocalsInit]
    private static void MultiplyEdge<TWidth>(
        float* a, nint strideA, int rows, int depth, float* b, int used, float* c, nint strideC, float* initial, nint strideInitial)
        where TWidth : struct, ITileWidth
    {
        const int EdgeRows = 12;
        int width = TWidth.IsTwo ? 2 * TLanes.Count : TLanes.Count;
        float* tile = stackalloc float[EdgeRows * width];
        for (int row = 0; row < rows; row += EdgeRows)
        {
            int count = Math.Min(EdgeRows, rows - row);
            for (int r = 0; r < count; r++)
            {
                new ReadOnlySpan<float>(initial + (row + r) * strideInitial, used).CopyTo(new Span<float>(tile + r * width, used));
                new Span<float>(tile + r * width + used, width - used).Clear();
            }

            MultiplyPanel<TWidth>(a + row * strideA, strideA, count, depth, b, tile, width, tile, width);
            for (int r = 0; r < count; r++)
                new ReadOnlySpan<float>(tile + r * width, used).CopyTo(new Span<float>(c + (row + r) * strideC, used));
        }
    }

    /// <summary>Sums of 12 rows and one or two vectors of columns: lane i of sum r, v is C[r, v·lanes + i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile12<TWidth>(float* a, nint strideA, int depth, float* b, float* c, nint strideC, float* initial, nint strideInitial)
        where TWidth : struct, ITileWidth
    {
        int lanes = TLanes.Count;
        TVector s0 = TLanes.Load(initial);
        TVector s1 = TLanes.Load(initial + 1 * strideInitial);
        TVector s2 = TLanes.Load(initial + 2 * strideInitial);
        TVector s3 = TLanes.Load(initial + 3 * strideInitial);
        TVector s4 = TLanes.Load(initial + 4 * strideInitial);
        TVector s5 = TLanes.Load(initial + 5 * strideInitial);
        TVector s6 = TLanes.Load(initial + 6 * strideInitial);
        TVector s7 = TLanes.Load(initial + 7 * strideInitial);
        TVector s8 = TLanes.Load(initial + 8 * strideInitial);
        TVector s9 = TLanes.Load(initial + 9 * strideInitial);
        TVector s10 = TLanes.Load(initial + 10 * strideInitial);
        TVector s11 = TLanes.Load(initial + 11 * strideInitial);
        TVector t0 = TWidth.IsTwo ? TLanes.Load(initial + lanes) : default;
        TVector t1 = TWidth.IsTwo ? TLanes.Load(initial + 1 * strideInitial + lanes) : default;
        TVector t2 = TWidth.IsTwo ? TLanes.Load(initial + 2 * strideInitial + lanes) : default;
        TVector t3 = TWidth.IsTwo ? TLanes.Load(initial + 3 * strideInitial + lanes) : default;
        TVector t4 = TWidth.IsTwo ? TLanes.Load(initial + 4 * strideInitial + lanes) : default;
        TVector t5 = TWidth.IsTwo ? TLanes.Load(initial + 5 * strideInitial + lanes) : default;
        TVector t6 = TWidth.IsTwo ? TLanes.Load(initial + 6 * strideInitial + lanes) : default;
        TVector t7 = TWidth.IsTwo ? TLanes.Load(initial + 7 * strideInitial + lanes) : default;
        TVector t8 = TWidth.IsTwo ? TLanes.Load(initial + 8 * strideInitial + lanes) : default;
        TVector t9 = TWidth.IsTwo ? TLanes.Load(initial + 9 * strideInitial + lanes) : default;
        TVector t10 = TWidth.IsTwo ? TLanes.Load(initial + 10 * strideInitial + lanes) : default;
        TVector t11 = TWidth.IsTwo ? TLanes.Load(initial + 11 * strideInitial + lanes) : default;
        float* a3 = a + 3 * strideA;
        float* a6 = a + 6 * strideA;
        float* a9 = a + 9 * strideA;
        nint stride2 = 2 * strideA;
        for (int k = 0; k < depth; k++)
        {
            TVector b0 = TLanes.Load(b);
            TVector b1 = TWidth.IsTwo ? TLanes.Load(b + lanes) : default;
            TVector x = TLanes.Broadcast(a[0]);
            s0 = TLanes.MultiplyAdd(x, b0, s0);
            if (TWidth.IsTwo)
                t0 = TLanes.MultiplyAdd(x, b1, t0);
            x = TLanes.Broadcast(a[strideA]);
            s1 = TLanes.MultiplyAdd(x, b0, s1);
            if (TWidth.IsTwo)
                t1 = TLanes.MultiplyAdd(x, b1, t1);
            x = TLanes.Broadcast(a[stride2]);
            s2 = TLanes.MultiplyAdd(x, b0, s2);
            if (TWidth.IsTwo)
                t2 = TLanes.MultiplyAdd(x, b1, t2);
            x = TLanes.Broadcast(a3[0]);
            s3 = TLanes.MultiplyAdd(x, b0, s3);
            if (TWidth.IsTwo)
                t3 = TLanes.MultiplyAdd(x, b1, t3);
            x = TLanes.Broadcast(a3[strideA]);
            s4 = TLanes.MultiplyAdd(x, b0, s4);
            if (TWidth.IsTwo)
                t4 = TLanes.MultiplyAdd(x, b1, t4);
            x = TLanes.Broadcast(a3[stride2]);
            s5 = TLanes.MultiplyAdd(x, b0, s5);
            if (TWidth.IsTwo)
                t5 = TLanes.MultiplyAdd(x, b1, t5);
            x = TLanes.Broadcast(a6[0]);
            s6 = TLanes.MultiplyAdd(x, b0, s6);
            if (TWidth.IsTwo)
                t6 = TLanes.MultiplyAdd(x, b1, t6);
            x = TLanes.Broadcast(a6[strideA]);
            s7 = TLanes.MultiplyAdd(x, b0, s7);
            if (TWidth.IsTwo)
                t7 = TLanes.MultiplyAdd(x, b1, t7);
            x = TLanes.Broadcast(a6[stride2]);
            s8 = TLanes.MultiplyAdd(x, b0, s8);
            if (TWidth.IsTwo)
                t8 = TLanes.MultiplyAdd(x, b1, t8);
            x = TLanes.Broadcast(a9[0]);
            s9 = TLanes.MultiplyAdd(x, b0, s9);
            if (TWidth.IsTwo)
                t9 = TLanes.MultiplyAdd(x, b1, t9);
            x = TLanes.Broadcast(a9[strideA]);
            s10 = TLanes.MultiplyAdd(x, b0, s10);
            if (TWidth.IsTwo)
                t10 = TLanes.MultiplyAdd(x, b1, t10);
            x = TLanes.Broadcast(a9[stride2]);
            s11 = TLanes.MultiplyAdd(x, b0, s11);
            if (TWidth.IsTwo)
                t11 = TLanes.MultiplyAdd(x, b1, t11);
            a++;
            a3++;
            a6++;
            a9++;
            b += TWidth.IsTwo ? 2 * lanes : lanes;
        }

        TLanes.Store(c, s0);
        TLanes.Store(c + 1 * strideC, s1);
        TLanes.Store(c + 2 * strideC, s2);
        TLanes.Store(c + 3 * strideC, s3);
        TLanes.Store(c + 4 * strideC, s4);
        TLanes.Store(c + 5 * strideC, s5);
        TLanes.Store(c + 6 * strideC, s6);
        TLanes.Store(c + 7 * strideC, s7);
        TLanes.Store(c + 8 * strideC, s8);
        TLanes.Store(c + 9 * strideC, s9);
        TLanes.Store(c + 10 * strideC, s10);
        TLanes.Store(c + 11 * strideC, s11);
        if (!TWidth.IsTwo)
            return;
        TLanes.Store(c + lanes, t0);
        TLanes.Store(c + 1 * strideC + lanes, t1);
        TLanes.Store(c + 2 * strideC + lanes, t2);
        TLanes.Store(c + 3 * strideC + lanes, t3);
        TLanes.Store(c + 4 * strideC + lanes, t4);
        TLanes.Store(c + 5 * strideC + lanes, t5);
        TLanes.Store(c + 6 * strideC + lanes, t6);
        TLanes.Store(c + 7 * strideC + lanes, t7);
        TLanes.Store(c + 8 * strideC + lanes, t8);
        TLanes.Store(c + 9 * strideC + lanes, t9);
        TLanes.Store(c + 10 * strideC + lanes, t10);
        TLanes.Store(c + 11 * strideC + lanes, t11);
    }

    /// <summary>Sums of 4 rows and one or two vectors of columns: lane i of sum r, v is C[r, v·lanes + i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile4<TWidth>(float* a, nint strideA, int depth, float* b, float* c, nint strideC, float* initial, nint strideInitial)
        where TWidth : struct, ITileWidth
    {
        int lanes = TLanes.Count;
        TVector s0 = TLanes.Load(initial);
        TVector s1 = TLanes.Load(initial + 1 * strideInitial);
        TVector s2 = TLanes.Load(initial + 2 * strideInitial);
        TVector s3 = TLanes.Load(initial + 3 * strideInitial);
        TVector t0 = TWidth.IsTwo ? TLanes.Load(initial + lanes) : default;
        TVector t1 = TWidth.IsTwo ? TLanes.Load(initial + 1 * strideInitial + lanes) : default;
        TVector t2 = TWidth.IsTwo ? TLanes.Load(initial + 2 * strideInitial + lanes) : default;
        TVector t3 = TWidth.IsTwo ? TLanes.Load(initial + 3 * strideInitial + lanes) : default;
        float* a3 = a + 3 * strideA;
        nint stride2 = 2 * strideA;
        for (int k = 0; k < depth; k++)
        {
            TVector b0 = TLanes.Load(b);
            TVector b1 = TWidth.IsTwo ? TLanes.Load(b + lanes) : default;
            TVector x = TLanes.Broadcast(a[0]);
            s0 = TLanes.MultiplyAdd(x, b0, s0);
            if (TWidth.IsTwo)
                t0 = TLanes.MultiplyAdd(x, b1, t0);
            x = TLanes.Broadcast(a[strideA]);
            s1 = TLanes.MultiplyAdd(x, b0, s1);
            if (TWidth.IsTwo)
                t1 = TLanes.MultiplyAdd(x, b1, t1);
            x = TLanes.Broadcast(a[stride2]);
            s2 = TLanes.MultiplyAdd(x, b0, s2);
            if (TWidth.IsTwo)
                t2 = TLanes.MultiplyAdd(x, b1, t2);
            x = TLanes.Broadcast(a3[0]);
            s3 = TLanes.MultiplyAdd(x, b0, s3);
            if (TWidth.IsTwo)
                t3 = TLanes.MultiplyAdd(x, b1, t3);
            a++;
            a3++;
            b += TWidth.IsTwo ? 2 * lanes : lanes;
        }

        TLanes.Store(c, s0);
        TLanes.Store(c + 1 * strideC, s1);
        TLanes.Store(c + 2 * strideC, s2);
        TLanes.Store(c + 3 * strideC, s3);
        if (!TWidth.IsTwo)
            return;
        TLanes.Store(c + lanes, t0);
        TLanes.Store(c + 1 * strideC + lanes, t1);
        TLanes.Store(c + 2 * strideC + lanes, t2);
        TLanes.Store(c + 3 * strideC + lanes, t3);
    }

    /// <summary>Sums of 1 rows and one or two vectors of columns: lane i of sum r, v is C[r, v·lanes + i].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTile1<TWidth>(float* a, nint strideA, int depth, float* b, float* c, nint strideC, float* initial, nint strideInitial)
        where TWidth : struct, ITileWidth
    {
        int lanes = TLanes.Count;
        TVector s0 = TLanes.Load(initial);
        TVector t0 = TWidth.IsTwo ? TLanes.Load(initial + lanes) : default;
        for (int k = 0; k < depth; k++)
        {
            TVector b0 = TLanes.Load(b);
            TVector b1 = TWidth.IsTwo ? TLanes.Load(b + lanes) : default;
            TVector x = TLanes.Broadcast(a[0]);
            s0 = TLanes.MultiplyAdd(x, b0, s0);
            if (TWidth.IsTwo)
                t0 = TLanes.MultiplyAdd(x, b1, t0);
            a++;
            b += TWidth.IsTwo ? 2 * lanes : lanes;
        }

        TLanes.Store(c, s0);
        if (!TWidth.IsTwo)
            return;
        TLanes.Store(c + lanes, t0);
    }

    /// <summary>How many vectors of columns a tile has; known to the compiler, which leaves out what belongs to the second.</summary>
    private interface ITileWidth
    {
        static abstract bool IsTwo { get; }
    }

    private readonly struct OneVector : ITileWidth
    {
        public static bool IsTwo => false;
    }

    private readonly struct TwoVectors : ITileWidth
    {
        public static bool IsTwo => true;
    }
}
