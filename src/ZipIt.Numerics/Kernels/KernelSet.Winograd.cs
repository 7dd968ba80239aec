using System.Runtime.CompilerServices;

namespace ZipIt.Numerics;

/// <summary>
/// The transforms of Winograd's convolution F(2×2, 3×3) and F(4×4, 3×3) (Lavin and Gray 2016, section 4). Lane i of every vector is channel c + i, so that all
/// channels of a tile are transformed alike and there is nothing to shuffle.
/// </summary>
internal sealed unsafe partial class KernelSet<TLanes, TVector>
{
    /// <inheritdoc/>
    public override void TransformInput(
        int outputs, float* tile, nint rowStride, nint pixelStride, int channels, in TileWindow inside, float* target, nint positionStride)
    {
        bool whole = inside.IsWhole(outputs + 2);
        if (outputs == 4 && whole)
            TransformInputTile6<WholeTile>(tile, rowStride, pixelStride, channels, inside, target, positionStride);
        else if (outputs == 4)
            TransformInputTile6<CutTile>(tile, rowStride, pixelStride, channels, inside, target, positionStride);
        else if (whole)
            TransformInputTile4<WholeTile>(tile, rowStride, pixelStride, channels, inside, target, positionStride);
        else
            TransformInputTile4<CutTile>(tile, rowStride, pixelStride, channels, inside, target, positionStride);
    }

    /// <inheritdoc/>
    public override void TransformOutput(
        int outputs,
        float* products,
        nint positionStride,
        int channels,
        float* bias,
        float* residual,
        bool relu,
        float* tile,
        nint rowStride,
        nint pixelStride,
        in TileWindow inside)
    {
        bool whole = inside.IsWhole(outputs);
        if (outputs == 4 && whole)
            TransformOutputTile6<WholeTile>(products, positionStride, channels, bias, residual, relu, tile, rowStride, pixelStride, inside);
        else if (outputs == 4)
            TransformOutputTile6<CutTile>(products, positionStride, channels, bias, residual, relu, tile, rowStride, pixelStride, inside);
        else if (whole)
            TransformOutputTile4<WholeTile>(products, positionStride, channels, bias, residual, relu, tile, rowStride, pixelStride, inside);
        else
            TransformOutputTile4<CutTile>(products, positionStride, channels, bias, residual, relu, tile, rowStride, pixelStride, inside);
    }

    /// <summary>Bᵀ of F(4, 3) applied to 6 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformInput6(TVector d0, TVector d1, TVector d2, TVector d3, TVector d4, TVector d5, float* target, nint stride)
    {
        TVector two = TLanes.Broadcast(2);
        TVector four = TLanes.Broadcast(4);
        TVector minusFour = TLanes.Broadcast(-4);
        TVector minusFive = TLanes.Broadcast(-5);
        TVector a = TLanes.MultiplyAdd(minusFour, d2, d4);
        TVector b = TLanes.MultiplyAdd(minusFour, d1, d3);
        TVector c = TLanes.Subtract(d4, d2);
        TVector d = TLanes.Multiply(two, TLanes.Subtract(d3, d1));
        TLanes.Store(target, TLanes.MultiplyAdd(four, d0, TLanes.MultiplyAdd(minusFive, d2, d4)));
        TLanes.Store(target + stride, TLanes.Add(a, b));
        TLanes.Store(target + 2 * stride, TLanes.Subtract(a, b));
        TLanes.Store(target + 3 * stride, TLanes.Add(c, d));
        TLanes.Store(target + 4 * stride, TLanes.Subtract(c, d));
        TLanes.Store(target + 5 * stride, TLanes.MultiplyAdd(four, d1, TLanes.MultiplyAdd(minusFive, d3, d5)));
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransformInputTile6<TInside>(
        float* tile, nint rowStride, nint pixelStride, int channels, in TileWindow inside, float* target, nint positionStride)
        where TInside : struct, ITileInside
    {
        int lanes = TLanes.Count;
        float* space = stackalloc float[37 * lanes];
        float* columns = AlignToVector(space); // Bᵀd [6, 6]
        TileWindow window = inside;
        for (int c = 0; c < channels; c += lanes, tile += lanes, target += lanes)
        {
            float* pixel = tile;
            for (int x = 0; x < 6; x++, pixel += pixelStride)
            {
                bool hidden = !TInside.IsWhole && !window.HasColumn(x);
                TVector d0 = hidden || (!TInside.IsWhole && !window.HasRow(0)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 0 * rowStride);
                TVector d1 = hidden || (!TInside.IsWhole && !window.HasRow(1)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 1 * rowStride);
                TVector d2 = hidden || (!TInside.IsWhole && !window.HasRow(2)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 2 * rowStride);
                TVector d3 = hidden || (!TInside.IsWhole && !window.HasRow(3)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 3 * rowStride);
                TVector d4 = hidden || (!TInside.IsWhole && !window.HasRow(4)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 4 * rowStride);
                TVector d5 = hidden || (!TInside.IsWhole && !window.HasRow(5)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 5 * rowStride);
                TransformInput6(d0, d1, d2, d3, d4, d5, columns + x * lanes, 6 * lanes);
            }

            for (int y = 0; y < 6; y++)
            {
                float* row = columns + y * 6 * lanes;
                TransformInput6(
                    TLanes.Load(row + 0 * lanes),
                    TLanes.Load(row + 1 * lanes),
                    TLanes.Load(row + 2 * lanes),
                    TLanes.Load(row + 3 * lanes),
                    TLanes.Load(row + 4 * lanes),
                    TLanes.Load(row + 5 * lanes),
                    target + y * 6 * positionStride,
                    positionStride);
            }
        }
    }

    /// <summary>Bᵀ of F(2, 3) applied to 4 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformInput4(TVector d0, TVector d1, TVector d2, TVector d3, float* target, nint stride)
    {
        TLanes.Store(target, TLanes.Subtract(d0, d2));
        TLanes.Store(target + stride, TLanes.Add(d1, d2));
        TLanes.Store(target + 2 * stride, TLanes.Subtract(d2, d1));
        TLanes.Store(target + 3 * stride, TLanes.Subtract(d1, d3));
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransformInputTile4<TInside>(
        float* tile, nint rowStride, nint pixelStride, int channels, in TileWindow inside, float* target, nint positionStride)
        where TInside : struct, ITileInside
    {
        int lanes = TLanes.Count;
        float* space = stackalloc float[17 * lanes];
        float* columns = AlignToVector(space); // Bᵀd [4, 4]
        TileWindow window = inside;
        for (int c = 0; c < channels; c += lanes, tile += lanes, target += lanes)
        {
            float* pixel = tile;
            for (int x = 0; x < 4; x++, pixel += pixelStride)
            {
                bool hidden = !TInside.IsWhole && !window.HasColumn(x);
                TVector d0 = hidden || (!TInside.IsWhole && !window.HasRow(0)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 0 * rowStride);
                TVector d1 = hidden || (!TInside.IsWhole && !window.HasRow(1)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 1 * rowStride);
                TVector d2 = hidden || (!TInside.IsWhole && !window.HasRow(2)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 2 * rowStride);
                TVector d3 = hidden || (!TInside.IsWhole && !window.HasRow(3)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 3 * rowStride);
                TransformInput4(d0, d1, d2, d3, columns + x * lanes, 4 * lanes);
            }

            for (int y = 0; y < 4; y++)
            {
                float* row = columns + y * 4 * lanes;
                TransformInput4(
                    TLanes.Load(row + 0 * lanes),
                    TLanes.Load(row + 1 * lanes),
                    TLanes.Load(row + 2 * lanes),
                    TLanes.Load(row + 3 * lanes),
                    target + y * 4 * positionStride,
                    positionStride);
            }
        }
    }

    /// <summary>Aᵀ of F(4, 3) applied to 6 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformOutput6(float* source, nint stride, out TVector y0, out TVector y1, out TVector y2, out TVector y3)
    {
        TVector m0 = TLanes.Load(source);
        TVector m1 = TLanes.Load(source + stride);
        TVector m2 = TLanes.Load(source + 2 * stride);
        TVector m3 = TLanes.Load(source + 3 * stride);
        TVector m4 = TLanes.Load(source + 4 * stride);
        TVector m5 = TLanes.Load(source + 5 * stride);
        TVector sum12 = TLanes.Add(m1, m2);
        TVector sum34 = TLanes.Add(m3, m4);
        TVector difference12 = TLanes.Subtract(m1, m2);
        TVector difference34 = TLanes.Subtract(m3, m4);
        y0 = TLanes.Add(TLanes.Add(m0, sum12), sum34);
        y1 = TLanes.MultiplyAdd(TLanes.Broadcast(2), difference34, difference12);
        y2 = TLanes.MultiplyAdd(TLanes.Broadcast(4), sum34, sum12);
        y3 = TLanes.Add(TLanes.MultiplyAdd(TLanes.Broadcast(8), difference34, difference12), m5);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransformOutputTile6<TInside>(
        float* products,
        nint positionStride,
        int channels,
        float* bias,
        float* residual,
        bool relu,
        float* tile,
        nint rowStride,
        nint pixelStride,
        in TileWindow inside)
        where TInside : struct, ITileInside
    {
        int lanes = TLanes.Count;
        float* space = stackalloc float[25 * lanes];
        float* rows = AlignToVector(space); // Aᵀm [4, 6]
        TileWindow window = inside;
        for (int c = 0; c < channels; c += lanes)
        {
            for (int x = 0; x < 6; x++)
            {
                TransformOutput6(products + c + x * positionStride, 6 * positionStride, out TVector v0, out TVector v1, out TVector v2, out TVector v3);
                TLanes.Store(rows + (0 * 6 + x) * lanes, v0);
                TLanes.Store(rows + (1 * 6 + x) * lanes, v1);
                TLanes.Store(rows + (2 * 6 + x) * lanes, v2);
                TLanes.Store(rows + (3 * 6 + x) * lanes, v3);
            }

            TVector shift = TLanes.Load(bias + c);
            for (int y = 0; y < 4; y++)
            {
                if (!TInside.IsWhole && !window.HasRow(y))
                    continue;
                TransformOutput6(rows + y * 6 * lanes, lanes, out TVector y0, out TVector y1, out TVector y2, out TVector y3);
                nint offset = y * rowStride + c;
                if (TInside.IsWhole || window.HasColumn(0))
                    FinishPixel(TLanes.Add(y0, shift), residual, relu, tile, offset);
                if (TInside.IsWhole || window.HasColumn(1))
                    FinishPixel(TLanes.Add(y1, shift), residual, relu, tile, offset + pixelStride);
                if (TInside.IsWhole || window.HasColumn(2))
                    FinishPixel(TLanes.Add(y2, shift), residual, relu, tile, offset + 2 * pixelStride);
                if (TInside.IsWhole || window.HasColumn(3))
                    FinishPixel(TLanes.Add(y3, shift), residual, relu, tile, offset + 3 * pixelStride);
            }
        }
    }

    /// <inheritdoc/>
    public override void SpreadOutput(float* tile, nint rowStride, nint pixelStride, int channels, in TileWindow inside, float* target, nint positionStride)
    {
        if (inside.IsWhole(4))
            SpreadOutputTile6<WholeTile>(tile, rowStride, pixelStride, channels, inside, target, positionStride);
        else
            SpreadOutputTile6<CutTile>(tile, rowStride, pixelStride, channels, inside, target, positionStride);
    }

    /// <summary>A of F(4, 3) applied to 4 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SpreadOutput6(TVector y0, TVector y1, TVector y2, TVector y3, float* target, nint stride)
    {
        TVector even = TLanes.Add(y0, y2);
        TVector odd = TLanes.Add(y1, y3);
        TVector farEven = TLanes.MultiplyAdd(TLanes.Broadcast(4), y2, y0);
        TVector farOdd = TLanes.Multiply(TLanes.Broadcast(2), TLanes.MultiplyAdd(TLanes.Broadcast(4), y3, y1));
        TLanes.Store(target, y0);
        TLanes.Store(target + stride, TLanes.Add(even, odd));
        TLanes.Store(target + 2 * stride, TLanes.Subtract(even, odd));
        TLanes.Store(target + 3 * stride, TLanes.Add(farEven, farOdd));
        TLanes.Store(target + 4 * stride, TLanes.Subtract(farEven, farOdd));
        TLanes.Store(target + 5 * stride, y3);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SpreadOutputTile6<TInside>(
        float* tile, nint rowStride, nint pixelStride, int channels, in TileWindow inside, float* target, nint positionStride)
        where TInside : struct, ITileInside
    {
        int lanes = TLanes.Count;
        float* space = stackalloc float[25 * lanes];
        float* columns = AlignToVector(space); // Ay [6, 4]
        TileWindow window = inside;
        for (int c = 0; c < channels; c += lanes, tile += lanes, target += lanes)
        {
            float* pixel = tile;
            for (int x = 0; x < 4; x++, pixel += pixelStride)
            {
                bool hidden = !TInside.IsWhole && !window.HasColumn(x);
                TVector y0 = hidden || (!TInside.IsWhole && !window.HasRow(0)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 0 * rowStride);
                TVector y1 = hidden || (!TInside.IsWhole && !window.HasRow(1)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 1 * rowStride);
                TVector y2 = hidden || (!TInside.IsWhole && !window.HasRow(2)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 2 * rowStride);
                TVector y3 = hidden || (!TInside.IsWhole && !window.HasRow(3)) ? TLanes.Broadcast(0) : TLanes.Load(pixel + 3 * rowStride);
                SpreadOutput6(y0, y1, y2, y3, columns + x * lanes, 4 * lanes);
            }

            for (int y = 0; y < 6; y++)
            {
                float* row = columns + y * 4 * lanes;
                SpreadOutput6(
                    TLanes.Load(row + 0 * lanes),
                    TLanes.Load(row + 1 * lanes),
                    TLanes.Load(row + 2 * lanes),
                    TLanes.Load(row + 3 * lanes),
                    target + y * 6 * positionStride,
                    positionStride);
            }
        }
    }

    /// <summary>Aᵀ of F(2, 3) applied to 4 vectors.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransformOutput4(float* source, nint stride, out TVector y0, out TVector y1)
    {
        TVector m0 = TLanes.Load(source);
        TVector m1 = TLanes.Load(source + stride);
        TVector m2 = TLanes.Load(source + 2 * stride);
        TVector m3 = TLanes.Load(source + 3 * stride);
        y0 = TLanes.Add(m0, TLanes.Add(m1, m2));
        y1 = TLanes.Subtract(TLanes.Subtract(m1, m2), m3);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TransformOutputTile4<TInside>(
        float* products,
        nint positionStride,
        int channels,
        float* bias,
        float* residual,
        bool relu,
        float* tile,
        nint rowStride,
        nint pixelStride,
        in TileWindow inside)
        where TInside : struct, ITileInside
    {
        int lanes = TLanes.Count;
        float* space = stackalloc float[9 * lanes];
        float* rows = AlignToVector(space); // Aᵀm [2, 4]
        TileWindow window = inside;
        for (int c = 0; c < channels; c += lanes)
        {
            for (int x = 0; x < 4; x++)
            {
                TransformOutput4(products + c + x * positionStride, 4 * positionStride, out TVector v0, out TVector v1);
                TLanes.Store(rows + (0 * 4 + x) * lanes, v0);
                TLanes.Store(rows + (1 * 4 + x) * lanes, v1);
            }

            TVector shift = TLanes.Load(bias + c);
            for (int y = 0; y < 2; y++)
            {
                if (!TInside.IsWhole && !window.HasRow(y))
                    continue;
                TransformOutput4(rows + y * 4 * lanes, lanes, out TVector y0, out TVector y1);
                nint offset = y * rowStride + c;
                if (TInside.IsWhole || window.HasColumn(0))
                    FinishPixel(TLanes.Add(y0, shift), residual, relu, tile, offset);
                if (TInside.IsWhole || window.HasColumn(1))
                    FinishPixel(TLanes.Add(y1, shift), residual, relu, tile, offset + pixelStride);
            }
        }
    }

    /// <summary>The first multiple of a vector's size in a piece of memory that is one vector longer than needed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float* AlignToVector(float* space)
    {
        nint size = TLanes.Count * sizeof(float);
        return (float*)(((nint)space + size - 1) & -size);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FinishPixel(TVector value, float* residual, bool relu, float* tile, nint offset)
    {
        if (residual is not null)
            value = TLanes.Add(value, TLanes.Load(residual + offset));
        if (relu)
            value = TLanes.Max(TLanes.Broadcast(0), value);
        TLanes.Store(tile + offset, value);
    }

    /// <summary>Whether a tile lies inside the image as a whole; known to the compiler, which then leaves out the tests.</summary>
    private interface ITileInside
    {
        static abstract bool IsWhole { get; }
    }

    private readonly struct WholeTile : ITileInside
    {
        public static bool IsWhole => true;
    }

    private readonly struct CutTile : ITileInside
    {
        public static bool IsWhole => false;
    }
}
