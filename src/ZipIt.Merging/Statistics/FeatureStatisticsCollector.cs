using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Accumulates mean and covariance of several models' features over any number of batches, in memory that depends on the number of features alone.
/// </summary>
/// <remarks>
/// Features are shifted by their means over the first tile before products are summed (in double precision), so that large means do not cancel. Values that are
/// not finite count as 0, as in the reference implementation.
/// </remarks>
internal sealed class FeatureStatisticsCollector
{
    private const int TileRows = RankUpdate.PassRows;
    private const int Square = 32; // rows and columns of the covariance that are mirrored together, so that they stay in the cache

    private readonly int[] _widths;
    private readonly int _threads;
    private readonly double[] _sum;
    private readonly double[] _products; // [features, features], on and above the diagonal
    private readonly float[] _tile;
    private int _waiting; // rows of the tile that are not in the sums yet
    private float[]? _shift;

    /// <summary>Starts with no samples.</summary>
    /// <param name="threads">Number of threads; 0 for one per processor. Results do not depend on it.</param>
    /// <param name="widths">Number of features of each model.</param>
    public FeatureStatisticsCollector(int threads, ReadOnlySpan<int> widths)
    {
        _threads = threads;
        _widths = widths.ToArray();
        FeatureCount = _widths.Sum();
        _sum = new double[FeatureCount];
        _products = new double[checked(FeatureCount * FeatureCount)];
        _tile = new float[TileRows * FeatureCount];
    }

    /// <summary>Number of features of all models together.</summary>
    public int FeatureCount { get; }

    /// <summary>Number of samples so far.</summary>
    public long Samples { get; private set; }

    /// <summary>Adds the values that sessions of all models hold of a tapped node after a run.</summary>
    /// <param name="sessions">One session per model.</param>
    /// <param name="tap">Index of the tap.</param>
    /// <param name="pixels">The pixels that are taken.</param>
    /// <param name="firstImage">Number of the run's first image.</param>
    /// <param name="images">Number of its images.</param>
    public void Add(IReadOnlyList<INetworkSession> sessions, int tap, PixelSample pixels, long firstImage, int images)
    {
        int rows = images * pixels.PerImage;
        for (int start = 0, count; start < rows; start += count)
        {
            count = Math.Min(TileRows - _waiting, rows - start);
            int offset = 0;
            for (int m = 0; m < _widths.Length; m++)
            {
                Copy(sessions[m].GetTap(tap)[..(images * pixels.Area * _widths[m])], _widths[m], offset, pixels, firstImage, start, count);
                offset += _widths[m];
            }

            AddRows(count);
        }
    }

    /// <summary>Mean and covariance of all samples so far.</summary>
    /// <exception cref="InvalidOperationException">There are no samples.</exception>
    public FeatureStatistics ToStatistics()
    {
        AddTile();
        if (_shift is null)
            throw new InvalidOperationException("There are no samples to take statistics of.");
        int n = FeatureCount;
        var mean = new double[n];
        var covariance = new Matrix(n, n);
        for (int i = 0; i < n; i++)
            mean[i] = _shift[i] + _sum[i] / Samples;
        for (int row = 0; row < n; row += Square)
        {
            for (int column = row; column < n; column += Square)
            {
                for (int i = row; i < Math.Min(row + Square, n); i++)
                {
                    for (int j = Math.Max(column, i); j < Math.Min(column + Square, n); j++)
                        covariance[i, j] = covariance[j, i] = _products[i * n + j] / Samples - _sum[i] / Samples * (_sum[j] / Samples);
                }
            }
        }

        return new FeatureStatistics(_widths, Samples, mean, covariance);
    }

    /// <summary>Writes one model's features behind the rows that wait.</summary>
    private unsafe void Copy(ReadOnlySpan<float> values, int width, int offset, PixelSample pixels, long firstImage, int start, int rows)
    {
        const int PartRows = 64;
        fixed (float* pinned = values)
        {
            float* source = pinned;
            WorkerTeam.For(_threads, (rows + PartRows - 1) / PartRows, (part, _) =>
            {
                for (int row = part * PartRows; row < Math.Min((part + 1) * PartRows, rows); row++)
                {
                    (int image, int sample) = Math.DivRem(start + row, pixels.PerImage);
                    nint pixel = (nint)image * pixels.Area + pixels.PixelOf(firstImage + image, sample);
                    new ReadOnlySpan<float>(source + pixel * width, width).CopyTo(_tile.AsSpan((_waiting + row) * FeatureCount + offset, width));
                }
            });
        }
    }

    /// <summary>
    /// Takes rows that were written behind those that wait: only whole tiles are summed, so that it does not matter how images are grouped into batches.
    /// </summary>
    private void AddRows(int rows)
    {
        _waiting += rows;
        Samples += rows;
        if (_waiting == TileRows)
            AddTile();
    }

    private void AddTile()
    {
        if (_waiting == 0)
            return;
        ReadOnlySpan<float> tile = _tile.AsSpan(0, _waiting * FeatureCount);
        _shift ??= MeansOf(tile, _waiting);
        RankUpdate.AddSymmetric(tile, _waiting, FeatureCount, _shift, _products, _sum, _threads);
        _waiting = 0;
    }

    private float[] MeansOf(ReadOnlySpan<float> tile, int rows)
    {
        var means = new double[FeatureCount];
        for (int row = 0; row < rows; row++)
        {
            for (int j = 0; j < FeatureCount; j++)
            {
                float value = tile[row * FeatureCount + j];
                means[j] += float.IsFinite(value) ? value : 0;
            }
        }

        return [.. means.Select(mean => (float)(mean / rows))];
    }
}
