using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace ZipIt.Numerics;

/// <summary>The matrix product: register tiles of up to 12 rows and one or two vectors of columns.</summary>
internal sealed unsafe partial class KernelSet<TLanes, TVector>
{
    /// <summary>
    /// Most rows of a tile. Where there are 16 registers then 6 rows of two vectors, or 12 of one, are 12 sums, with two vectors of B and a factor beside them.
    /// </summary>
    private const int MostTileRows = 12;

    /// <inheritdoc/>
    [SkipLocalsInit]
    public override void Multiply(
        float* a,
        nint strideA,
        int rows,
        in PackedMatrix b,
        int firstPanel,
        int lastPanel,
        float* c,
        nint strideC,
        float* initial,
        nint strideInitial,
        float* residual,
        PostOperation operation)
    {
        Bounds bounds = Bounds.Of(operation);
        bool finishes = bounds.AreAll && (residual is not null || operation.Kind != PostOperationKind.None);
        int lanes = TLanes.Count;
        Tile tile;
        (tile.StrideA, tile.StrideC, tile.StrideInitial) = (strideA, strideC, strideInitial);
        (tile.Depth, tile.Lower, tile.Upper, tile.Count, tile.AheadStep) = (b.Depth, bounds.Lower, bounds.Upper, 0, 0);
        for (int panel = firstPanel; panel < lastPanel; panel++)
        {
            int first = panel * 2 * lanes;
            int used = Math.Min(2 * lanes, b.Columns - first);
            tile.A = a;
            tile.B = b.Panel(panel);
            tile.C = c + first;
            tile.Initial = initial + first;
            tile.Residual = residual is null || !bounds.AreAll ? null : residual + first;
            tile.Ahead = panel + 1 < lastPanel ? (byte*)b.Panel(panel + 1) : null;
            if (used == 2 * lanes)
                MultiplyPanel<TwoVectors>(ref tile, rows, finishes);
            else if (used == lanes)
                MultiplyPanel<OneVector>(ref tile, rows, finishes);
            else if (used < lanes)
                MultiplyEdge<OneVector>(tile, rows, used, bounds.AreAll ? operation : PostOperation.None);
            else
                MultiplyEdge<TwoVectors>(tile, rows, used, bounds.AreAll ? operation : PostOperation.None);
        }

        if (bounds.AreAll)
            return;
        int firstColumn = firstPanel * 2 * lanes;
        int columns = Math.Min(lastPanel * 2 * lanes, b.Columns) - firstColumn;
        for (nint row = 0; row < rows; row++)
        {
            nint offset = row * strideC + firstColumn;
            Finish(c + offset, residual is null ? null : residual + offset, columns, operation);
        }
    }

    /// <summary>
    /// Rows of a panel, in tiles of heights as equal as can be: a low tile would not hide the time that a sum takes. The tile ends below the last one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyPanel<TWidth>(ref Tile tile, int rows, bool finishes)
        where TWidth : struct, ITileWidth
    {
        int most = TLanes.HasManyRegisters || !TWidth.IsTwo ? MostTileRows : MostTileRows / 2;
        int tiles = (rows + most - 1) / most;
        nint panelSize = (nint)tile.Depth * (TWidth.IsTwo ? 2 : 1) * TLanes.Count * sizeof(float);
        tile.AheadStep = tile.Ahead is null ? 0 : (panelSize / tiles + tile.Depth - 1) / tile.Depth;
        tile.Ahead = tile.Ahead is null ? (byte*)tile.B : tile.Ahead;
        (int height, int taller) = Math.DivRem(rows, tiles);
        MultiplyTiles<TWidth>(ref tile, height + 1, taller, finishes);
        MultiplyTiles<TWidth>(ref tile, height, tiles - taller, finishes);
    }

    /// <summary>Some tiles of one height, and on to the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyTiles<TWidth>(ref Tile tile, int height, int count, bool finishes)
        where TWidth : struct, ITileWidth
    {
        if (count == 0)
            return;
        tile.Count = count;
        if (!finishes)
            MultiplyTiles<TWidth, Plain>(height, tile);
        else if (tile.Residual is null)
            MultiplyTiles<TWidth, Bounded>(height, tile);
        else
            MultiplyTiles<TWidth, AddBounded>(height, tile);
        nint rows = (nint)count * height;
        tile.A += rows * tile.StrideA;
        tile.C += rows * tile.StrideC;
        tile.Initial += rows * tile.StrideInitial;
        tile.Residual += tile.Residual is null ? 0 : rows * tile.StrideC;
        tile.Ahead += tile.AheadStep * count * tile.Depth;
    }

    /// <summary>
    /// A panel whose last vector is only partly used: C may end there, so that the tile is computed beside it, and its used columns are copied.
    /// The unused columns of B are zeros, and no column sees another, so that the used ones come out as they would in a full panel.
    /// </summary>
    [SkipLocalsInit]
    private void MultiplyEdge<TWidth>(in Tile first, int rows, int used, PostOperation operation)
        where TWidth : struct, ITileWidth
    {
        int width = TWidth.IsTwo ? 2 * TLanes.Count : TLanes.Count;
        float* values = stackalloc float[MostTileRows * width];
        for (int row = 0; row < rows; row += MostTileRows)
        {
            int count = Math.Min(MostTileRows, rows - row);
            for (int r = 0; r < count; r++)
            {
                new ReadOnlySpan<float>(first.Initial + (row + r) * first.StrideInitial, used).CopyTo(new Span<float>(values + r * width, used));
                new Span<float>(values + r * width + used, width - used).Clear();
            }

            Tile tile = first;
            tile.A += row * first.StrideA;
            tile.C = tile.Initial = values;
            tile.StrideC = tile.StrideInitial = width;
            MultiplyPanel<TWidth>(ref tile, count, finishes: false);
            for (int r = 0; r < count; r++)
            {
                nint offset = (row + r) * first.StrideC;
                new ReadOnlySpan<float>(values + r * width, used).CopyTo(new Span<float>(first.C + offset, used));
                Finish(first.C + offset, first.Residual is null ? null : first.Residual + offset, used, operation);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void MultiplyTiles<TWidth, TFinish>(int height, in Tile tile)
        where TWidth : struct, ITileWidth
        where TFinish : struct, IFinish
    {
        switch (height)
        {
            case 1:
                MultiplyTiles<TWidth, TFinish, Rows1>(tile);
                break;
            case 2:
                MultiplyTiles<TWidth, TFinish, Rows2>(tile);
                break;
            case 3:
                MultiplyTiles<TWidth, TFinish, Rows3>(tile);
                break;
            case 4:
                MultiplyTiles<TWidth, TFinish, Rows4>(tile);
                break;
            case 5:
                MultiplyTiles<TWidth, TFinish, Rows5>(tile);
                break;
            case 6:
                MultiplyTiles<TWidth, TFinish, Rows6>(tile);
                break;
            case 7:
                MultiplyTiles<TWidth, TFinish, Rows7>(tile);
                break;
            case 8:
                MultiplyTiles<TWidth, TFinish, Rows8>(tile);
                break;
            case 9:
                MultiplyTiles<TWidth, TFinish, Rows9>(tile);
                break;
            case 10:
                MultiplyTiles<TWidth, TFinish, Rows10>(tile);
                break;
            case 11:
                MultiplyTiles<TWidth, TFinish, Rows11>(tile);
                break;
            case 12:
                MultiplyTiles<TWidth, TFinish, Rows12>(tile);
                break;
        }
    }

    /// <summary>
    /// Tiles of one height, one below the other. In each, sums of some rows and one or two vectors of columns: lane i of s<c>r</c> is C[r, i], lane i of t<c>r</c> is
    /// C[r, lanes + i].
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyTiles<TWidth, TFinish, THeight>(in Tile tile)
        where TWidth : struct, ITileWidth
        where TFinish : struct, IFinish
        where THeight : struct, ITileHeight
    {
        int lanes = TLanes.Count;
        nint strideA = tile.StrideA;
        nint stride2 = 2 * strideA;
        nint strideC = tile.StrideC;
        nint strideInitial = tile.StrideInitial;
        nint aheadStep = tile.AheadStep;
        int depth = tile.Depth;
        float* top = tile.A;
        float* c = tile.C;
        float* initial = tile.Initial;
        float* residual = tile.Residual;
        byte* ahead = tile.Ahead;
        for (int i = tile.Count; i > 0; i--)
        {
            TVector s0 = TLanes.Load(initial + 0 * strideInitial);
            TVector s1 = THeight.Rows > 1 ? TLanes.Load(initial + 1 * strideInitial) : default;
            TVector s2 = THeight.Rows > 2 ? TLanes.Load(initial + 2 * strideInitial) : default;
            TVector s3 = THeight.Rows > 3 ? TLanes.Load(initial + 3 * strideInitial) : default;
            TVector s4 = THeight.Rows > 4 ? TLanes.Load(initial + 4 * strideInitial) : default;
            TVector s5 = THeight.Rows > 5 ? TLanes.Load(initial + 5 * strideInitial) : default;
            TVector s6 = THeight.Rows > 6 ? TLanes.Load(initial + 6 * strideInitial) : default;
            TVector s7 = THeight.Rows > 7 ? TLanes.Load(initial + 7 * strideInitial) : default;
            TVector s8 = THeight.Rows > 8 ? TLanes.Load(initial + 8 * strideInitial) : default;
            TVector s9 = THeight.Rows > 9 ? TLanes.Load(initial + 9 * strideInitial) : default;
            TVector s10 = THeight.Rows > 10 ? TLanes.Load(initial + 10 * strideInitial) : default;
            TVector s11 = THeight.Rows > 11 ? TLanes.Load(initial + 11 * strideInitial) : default;
            TVector t0 = TWidth.IsTwo ? TLanes.Load(initial + 0 * strideInitial + lanes) : default;
            TVector t1 = TWidth.IsTwo && THeight.Rows > 1 ? TLanes.Load(initial + 1 * strideInitial + lanes) : default;
            TVector t2 = TWidth.IsTwo && THeight.Rows > 2 ? TLanes.Load(initial + 2 * strideInitial + lanes) : default;
            TVector t3 = TWidth.IsTwo && THeight.Rows > 3 ? TLanes.Load(initial + 3 * strideInitial + lanes) : default;
            TVector t4 = TWidth.IsTwo && THeight.Rows > 4 ? TLanes.Load(initial + 4 * strideInitial + lanes) : default;
            TVector t5 = TWidth.IsTwo && THeight.Rows > 5 ? TLanes.Load(initial + 5 * strideInitial + lanes) : default;
            TVector t6 = TWidth.IsTwo && THeight.Rows > 6 ? TLanes.Load(initial + 6 * strideInitial + lanes) : default;
            TVector t7 = TWidth.IsTwo && THeight.Rows > 7 ? TLanes.Load(initial + 7 * strideInitial + lanes) : default;
            TVector t8 = TWidth.IsTwo && THeight.Rows > 8 ? TLanes.Load(initial + 8 * strideInitial + lanes) : default;
            TVector t9 = TWidth.IsTwo && THeight.Rows > 9 ? TLanes.Load(initial + 9 * strideInitial + lanes) : default;
            TVector t10 = TWidth.IsTwo && THeight.Rows > 10 ? TLanes.Load(initial + 10 * strideInitial + lanes) : default;
            TVector t11 = TWidth.IsTwo && THeight.Rows > 11 ? TLanes.Load(initial + 11 * strideInitial + lanes) : default;
            for (int row = 0; TFinish.ReadsResidual && row < THeight.Rows; row++)
                Prefetch(residual + row * strideC);
            float* a = top;
            float* a3 = a + 3 * strideA;
            float* a6 = a + 6 * strideA;
            float* a9 = a + 9 * strideA;
            float* b = tile.B;
            for (int k = depth; k > 0; k--)
            {
                TVector b0 = TLanes.Load(b);
                TVector b1 = TWidth.IsTwo ? TLanes.Load(b + lanes) : default;
                if (Sse.IsSupported)
                    Sse.Prefetch1(ahead);
                TVector x = TLanes.Broadcast(a[0]);
                s0 = TLanes.MultiplyAdd(x, b0, s0);
                if (TWidth.IsTwo)
                    t0 = TLanes.MultiplyAdd(x, b1, t0);
                if (THeight.Rows > 1)
                {
                    x = TLanes.Broadcast(a[strideA]);
                    s1 = TLanes.MultiplyAdd(x, b0, s1);
                    if (TWidth.IsTwo)
                        t1 = TLanes.MultiplyAdd(x, b1, t1);
                }

                if (THeight.Rows > 2)
                {
                    x = TLanes.Broadcast(a[stride2]);
                    s2 = TLanes.MultiplyAdd(x, b0, s2);
                    if (TWidth.IsTwo)
                        t2 = TLanes.MultiplyAdd(x, b1, t2);
                }

                if (THeight.Rows > 3)
                {
                    x = TLanes.Broadcast(a3[0]);
                    s3 = TLanes.MultiplyAdd(x, b0, s3);
                    if (TWidth.IsTwo)
                        t3 = TLanes.MultiplyAdd(x, b1, t3);
                }

                if (THeight.Rows > 4)
                {
                    x = TLanes.Broadcast(a3[strideA]);
                    s4 = TLanes.MultiplyAdd(x, b0, s4);
                    if (TWidth.IsTwo)
                        t4 = TLanes.MultiplyAdd(x, b1, t4);
                }

                if (THeight.Rows > 5)
                {
                    x = TLanes.Broadcast(a3[stride2]);
                    s5 = TLanes.MultiplyAdd(x, b0, s5);
                    if (TWidth.IsTwo)
                        t5 = TLanes.MultiplyAdd(x, b1, t5);
                }

                if (THeight.Rows > 6)
                {
                    x = TLanes.Broadcast(a6[0]);
                    s6 = TLanes.MultiplyAdd(x, b0, s6);
                    if (TWidth.IsTwo)
                        t6 = TLanes.MultiplyAdd(x, b1, t6);
                }

                if (THeight.Rows > 7)
                {
                    x = TLanes.Broadcast(a6[strideA]);
                    s7 = TLanes.MultiplyAdd(x, b0, s7);
                    if (TWidth.IsTwo)
                        t7 = TLanes.MultiplyAdd(x, b1, t7);
                }

                if (THeight.Rows > 8)
                {
                    x = TLanes.Broadcast(a6[stride2]);
                    s8 = TLanes.MultiplyAdd(x, b0, s8);
                    if (TWidth.IsTwo)
                        t8 = TLanes.MultiplyAdd(x, b1, t8);
                }

                if (THeight.Rows > 9)
                {
                    x = TLanes.Broadcast(a9[0]);
                    s9 = TLanes.MultiplyAdd(x, b0, s9);
                    if (TWidth.IsTwo)
                        t9 = TLanes.MultiplyAdd(x, b1, t9);
                }

                if (THeight.Rows > 10)
                {
                    x = TLanes.Broadcast(a9[strideA]);
                    s10 = TLanes.MultiplyAdd(x, b0, s10);
                    if (TWidth.IsTwo)
                        t10 = TLanes.MultiplyAdd(x, b1, t10);
                }

                if (THeight.Rows > 11)
                {
                    x = TLanes.Broadcast(a9[stride2]);
                    s11 = TLanes.MultiplyAdd(x, b0, s11);
                    if (TWidth.IsTwo)
                        t11 = TLanes.MultiplyAdd(x, b1, t11);
                }

                a++;
                if (THeight.Rows > 3)
                    a3++;
                if (THeight.Rows > 6)
                    a6++;
                if (THeight.Rows > 9)
                    a9++;
                b += TWidth.IsTwo ? 2 * lanes : lanes;
                ahead += aheadStep;
            }

            TVector lower = TLanes.Broadcast(tile.Lower);
            TVector upper = TLanes.Broadcast(tile.Upper);
            TFinish.Store(s0, c, residual, 0 * strideC, lower, upper);
            if (THeight.Rows > 1)
                TFinish.Store(s1, c, residual, 1 * strideC, lower, upper);
            if (THeight.Rows > 2)
                TFinish.Store(s2, c, residual, 2 * strideC, lower, upper);
            if (THeight.Rows > 3)
                TFinish.Store(s3, c, residual, 3 * strideC, lower, upper);
            if (THeight.Rows > 4)
                TFinish.Store(s4, c, residual, 4 * strideC, lower, upper);
            if (THeight.Rows > 5)
                TFinish.Store(s5, c, residual, 5 * strideC, lower, upper);
            if (THeight.Rows > 6)
                TFinish.Store(s6, c, residual, 6 * strideC, lower, upper);
            if (THeight.Rows > 7)
                TFinish.Store(s7, c, residual, 7 * strideC, lower, upper);
            if (THeight.Rows > 8)
                TFinish.Store(s8, c, residual, 8 * strideC, lower, upper);
            if (THeight.Rows > 9)
                TFinish.Store(s9, c, residual, 9 * strideC, lower, upper);
            if (THeight.Rows > 10)
                TFinish.Store(s10, c, residual, 10 * strideC, lower, upper);
            if (THeight.Rows > 11)
                TFinish.Store(s11, c, residual, 11 * strideC, lower, upper);
            if (TWidth.IsTwo)
                TFinish.Store(t0, c, residual, lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 1)
                TFinish.Store(t1, c, residual, 1 * strideC + lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 2)
                TFinish.Store(t2, c, residual, 2 * strideC + lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 3)
                TFinish.Store(t3, c, residual, 3 * strideC + lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 4)
                TFinish.Store(t4, c, residual, 4 * strideC + lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 5)
                TFinish.Store(t5, c, residual, 5 * strideC + lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 6)
                TFinish.Store(t6, c, residual, 6 * strideC + lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 7)
                TFinish.Store(t7, c, residual, 7 * strideC + lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 8)
                TFinish.Store(t8, c, residual, 8 * strideC + lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 9)
                TFinish.Store(t9, c, residual, 9 * strideC + lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 10)
                TFinish.Store(t10, c, residual, 10 * strideC + lanes, lower, upper);
            if (TWidth.IsTwo && THeight.Rows > 11)
                TFinish.Store(t11, c, residual, 11 * strideC + lanes, lower, upper);
            top += THeight.Rows * strideA;
            c += THeight.Rows * strideC;
            initial += THeight.Rows * strideInitial;
            residual += THeight.Rows * strideC;
        }
    }

    /// <summary>Brings what is read soon into the cache; it may lie outside of any memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Prefetch(void* address)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(address);
    }

    /// <summary>Some tiles of the product, one below the other, or all of a panel.</summary>
    private struct Tile
    {
        public float* A;
        public nint StrideA;
        public int Count;
        public int Depth;
        public float* B;
        public float* C;
        public nint StrideC;
        public float* Initial;
        public nint StrideInitial;

        /// <summary>What is added to the sums, laid out as C; may be null.</summary>
        public float* Residual;

        /// <summary>Bounds of the results.</summary>
        public float Lower;

        /// <inheritdoc cref="Lower"/>
        public float Upper;

        /// <summary>What is brought into the cache meanwhile, the next panel of B: where to begin, and how far to go on with each row of B.</summary>
        public byte* Ahead;

        /// <inheritdoc cref="Ahead"/>
        public nint AheadStep;
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

    /// <summary>What happens to sums before they are stored.</summary>
    private interface IFinish
    {
        static abstract bool ReadsResidual { get; }

        static abstract void Store(TVector sum, float* c, float* residual, nint offset, TVector lower, TVector upper);
    }

    private readonly struct Plain : IFinish
    {
        public static bool ReadsResidual => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(TVector sum, float* c, float* residual, nint offset, TVector lower, TVector upper) => TLanes.Store(c + offset, sum);
    }

    private readonly struct Bounded : IFinish
    {
        public static bool ReadsResidual => false;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(TVector sum, float* c, float* residual, nint offset, TVector lower, TVector upper) =>
            TLanes.Store(c + offset, TLanes.Min(upper, TLanes.Max(lower, sum)));
    }

    private readonly struct AddBounded : IFinish
    {
        public static bool ReadsResidual => true;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static void Store(TVector sum, float* c, float* residual, nint offset, TVector lower, TVector upper) =>
            TLanes.Store(c + offset, TLanes.Min(upper, TLanes.Max(lower, TLanes.Add(sum, TLanes.Load(residual + offset)))));
    }

    /// <summary>How many rows a tile has; known to the compiler, which leaves out the others.</summary>
    private interface ITileHeight
    {
        static abstract int Rows { get; }
    }

    private readonly struct Rows1 : ITileHeight
    {
        public static int Rows => 1;
    }

    private readonly struct Rows2 : ITileHeight
    {
        public static int Rows => 2;
    }

    private readonly struct Rows3 : ITileHeight
    {
        public static int Rows => 3;
    }

    private readonly struct Rows4 : ITileHeight
    {
        public static int Rows => 4;
    }

    private readonly struct Rows5 : ITileHeight
    {
        public static int Rows => 5;
    }

    private readonly struct Rows6 : ITileHeight
    {
        public static int Rows => 6;
    }

    private readonly struct Rows7 : ITileHeight
    {
        public static int Rows => 7;
    }

    private readonly struct Rows8 : ITileHeight
    {
        public static int Rows => 8;
    }

    private readonly struct Rows9 : ITileHeight
    {
        public static int Rows => 9;
    }

    private readonly struct Rows10 : ITileHeight
    {
        public static int Rows => 10;
    }

    private readonly struct Rows11 : ITileHeight
    {
        public static int Rows => 11;
    }

    private readonly struct Rows12 : ITileHeight
    {
        public static int Rows => 12;
    }
}
