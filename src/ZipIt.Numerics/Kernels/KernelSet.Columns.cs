using System.Runtime.CompilerServices;

namespace ZipIt.Numerics;

/// <summary>Products of columns, for <see cref="RankUpdate"/>.</summary>
internal sealed unsafe partial class KernelSet<TLanes, TVector>
{
    /// <inheritdoc/>
    public override void MultiplyColumns(float* x, int columns, float* y, int rows, float* product)
    {
        const int Width = RankUpdate.PanelWidth;
        if (TLanes.HasManyRegisters)
        {
            for (int i = 0; i < columns; i += 8)
            {
                for (int j = 0; j < Width; j += 2 * TLanes.Count)
                    MultiplyColumns8(x + i, y + j, rows, product + i * Width + j);
            }

            return;
        }

        for (int i = 0; i < columns; i += 3)
        {
            for (int j = 0; j < Width; j += 4 * TLanes.Count)
            {
                if (columns - i >= 3)
                    MultiplyColumns3<Rows3>(x + i, y + j, rows, product + i * Width + j);
                else if (columns - i == 2)
                    MultiplyColumns3<Rows2>(x + i, y + j, rows, product + i * Width + j);
                else
                    MultiplyColumns3<Rows1>(x + i, y + j, rows, product + i * Width + j);
            }
        }
    }

    /// <summary>
    /// Sums over 8 columns of X and two vectors of columns of Y: lane i of s<c>r</c> and t<c>r</c> is X's column r times Y's column i and lanes + i.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyColumns8(float* x, float* y, int rows, float* product)
    {
        int lanes = TLanes.Count;
        TVector s0 = TLanes.Broadcast(0);
        TVector t0 = TLanes.Broadcast(0);
        TVector s1 = TLanes.Broadcast(0);
        TVector t1 = TLanes.Broadcast(0);
        TVector s2 = TLanes.Broadcast(0);
        TVector t2 = TLanes.Broadcast(0);
        TVector s3 = TLanes.Broadcast(0);
        TVector t3 = TLanes.Broadcast(0);
        TVector s4 = TLanes.Broadcast(0);
        TVector t4 = TLanes.Broadcast(0);
        TVector s5 = TLanes.Broadcast(0);
        TVector t5 = TLanes.Broadcast(0);
        TVector s6 = TLanes.Broadcast(0);
        TVector t6 = TLanes.Broadcast(0);
        TVector s7 = TLanes.Broadcast(0);
        TVector t7 = TLanes.Broadcast(0);
        for (int k = 0; k < rows; k++)
        {
            TVector y0 = TLanes.Load(y);
            TVector y1 = TLanes.Load(y + lanes);
            TVector factor = TLanes.Broadcast(x[0]);
            s0 = TLanes.MultiplyAdd(factor, y0, s0);
            t0 = TLanes.MultiplyAdd(factor, y1, t0);
            factor = TLanes.Broadcast(x[1]);
            s1 = TLanes.MultiplyAdd(factor, y0, s1);
            t1 = TLanes.MultiplyAdd(factor, y1, t1);
            factor = TLanes.Broadcast(x[2]);
            s2 = TLanes.MultiplyAdd(factor, y0, s2);
            t2 = TLanes.MultiplyAdd(factor, y1, t2);
            factor = TLanes.Broadcast(x[3]);
            s3 = TLanes.MultiplyAdd(factor, y0, s3);
            t3 = TLanes.MultiplyAdd(factor, y1, t3);
            factor = TLanes.Broadcast(x[4]);
            s4 = TLanes.MultiplyAdd(factor, y0, s4);
            t4 = TLanes.MultiplyAdd(factor, y1, t4);
            factor = TLanes.Broadcast(x[5]);
            s5 = TLanes.MultiplyAdd(factor, y0, s5);
            t5 = TLanes.MultiplyAdd(factor, y1, t5);
            factor = TLanes.Broadcast(x[6]);
            s6 = TLanes.MultiplyAdd(factor, y0, s6);
            t6 = TLanes.MultiplyAdd(factor, y1, t6);
            factor = TLanes.Broadcast(x[7]);
            s7 = TLanes.MultiplyAdd(factor, y0, s7);
            t7 = TLanes.MultiplyAdd(factor, y1, t7);
            x += RankUpdate.PanelWidth;
            y += RankUpdate.PanelWidth;
        }

        TLanes.Store(product, s0);
        TLanes.Store(product + lanes, t0);
        TLanes.Store(product + RankUpdate.PanelWidth, s1);
        TLanes.Store(product + RankUpdate.PanelWidth + lanes, t1);
        TLanes.Store(product + 2 * RankUpdate.PanelWidth, s2);
        TLanes.Store(product + 2 * RankUpdate.PanelWidth + lanes, t2);
        TLanes.Store(product + 3 * RankUpdate.PanelWidth, s3);
        TLanes.Store(product + 3 * RankUpdate.PanelWidth + lanes, t3);
        TLanes.Store(product + 4 * RankUpdate.PanelWidth, s4);
        TLanes.Store(product + 4 * RankUpdate.PanelWidth + lanes, t4);
        TLanes.Store(product + 5 * RankUpdate.PanelWidth, s5);
        TLanes.Store(product + 5 * RankUpdate.PanelWidth + lanes, t5);
        TLanes.Store(product + 6 * RankUpdate.PanelWidth, s6);
        TLanes.Store(product + 6 * RankUpdate.PanelWidth + lanes, t6);
        TLanes.Store(product + 7 * RankUpdate.PanelWidth, s7);
        TLanes.Store(product + 7 * RankUpdate.PanelWidth + lanes, t7);
    }

    /// <summary>
    /// Sums over up to 3 columns of X and four vectors of columns of Y, for 16 registers: lane i of s<c>r</c>, t<c>r</c>, u<c>r</c> and v<c>r</c> is X's column r
    /// times Y's column i, lanes + i, 2·lanes + i and 3·lanes + i.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MultiplyColumns3<TColumns>(float* x, float* y, int rows, float* product)
        where TColumns : struct, ITileHeight
    {
        const int Width = RankUpdate.PanelWidth;
        int lanes = TLanes.Count;
        TVector s0 = TLanes.Broadcast(0);
        TVector t0 = TLanes.Broadcast(0);
        TVector u0 = TLanes.Broadcast(0);
        TVector v0 = TLanes.Broadcast(0);
        TVector s1 = TLanes.Broadcast(0);
        TVector t1 = TLanes.Broadcast(0);
        TVector u1 = TLanes.Broadcast(0);
        TVector v1 = TLanes.Broadcast(0);
        TVector s2 = TLanes.Broadcast(0);
        TVector t2 = TLanes.Broadcast(0);
        TVector u2 = TLanes.Broadcast(0);
        TVector v2 = TLanes.Broadcast(0);
        for (int k = 0; k < rows; k++)
        {
            TVector x0 = TLanes.Broadcast(x[0]);
            TVector x1 = TColumns.Rows > 1 ? TLanes.Broadcast(x[1]) : default;
            TVector x2 = TColumns.Rows > 2 ? TLanes.Broadcast(x[2]) : default;
            TVector factor = TLanes.Load(y);
            s0 = TLanes.MultiplyAdd(x0, factor, s0);
            if (TColumns.Rows > 1)
                s1 = TLanes.MultiplyAdd(x1, factor, s1);
            if (TColumns.Rows > 2)
                s2 = TLanes.MultiplyAdd(x2, factor, s2);
            factor = TLanes.Load(y + lanes);
            t0 = TLanes.MultiplyAdd(x0, factor, t0);
            if (TColumns.Rows > 1)
                t1 = TLanes.MultiplyAdd(x1, factor, t1);
            if (TColumns.Rows > 2)
                t2 = TLanes.MultiplyAdd(x2, factor, t2);
            factor = TLanes.Load(y + 2 * lanes);
            u0 = TLanes.MultiplyAdd(x0, factor, u0);
            if (TColumns.Rows > 1)
                u1 = TLanes.MultiplyAdd(x1, factor, u1);
            if (TColumns.Rows > 2)
                u2 = TLanes.MultiplyAdd(x2, factor, u2);
            factor = TLanes.Load(y + 3 * lanes);
            v0 = TLanes.MultiplyAdd(x0, factor, v0);
            if (TColumns.Rows > 1)
                v1 = TLanes.MultiplyAdd(x1, factor, v1);
            if (TColumns.Rows > 2)
                v2 = TLanes.MultiplyAdd(x2, factor, v2);
            x += Width;
            y += Width;
        }

        TLanes.Store(product, s0);
        TLanes.Store(product + lanes, t0);
        TLanes.Store(product + 2 * lanes, u0);
        TLanes.Store(product + 3 * lanes, v0);
        if (TColumns.Rows > 1)
        {
            TLanes.Store(product + Width, s1);
            TLanes.Store(product + Width + lanes, t1);
            TLanes.Store(product + Width + 2 * lanes, u1);
            TLanes.Store(product + Width + 3 * lanes, v1);
        }

        if (TColumns.Rows > 2)
        {
            TLanes.Store(product + 2 * Width, s2);
            TLanes.Store(product + 2 * Width + lanes, t2);
            TLanes.Store(product + 2 * Width + 2 * lanes, u2);
            TLanes.Store(product + 2 * Width + 3 * lanes, v2);
        }
    }
}
