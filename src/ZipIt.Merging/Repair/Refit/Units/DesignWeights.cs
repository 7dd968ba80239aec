using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>Weights of a unit [outputs, columns], packed for the design matrices that are multiplied with them.</summary>
/// <param name="weights">The weights; they must not change any more.</param>
/// <param name="layout">The columns.</param>
/// <param name="threads">Number of threads; 0 for one per processor.</param>
internal sealed class DesignWeights(Matrix weights, SampleLayout layout, int threads)
{
    private PanelWeights? _panels;
    private WinogradFilters?[]? _filters;
    private PanelWeights[]?[]? _taps;

    /// <summary>Number of outputs.</summary>
    public int Outputs => weights.Rows;

    /// <summary>All of them, for <see cref="PatchMatrix"/>.</summary>
    public PanelWeights Panels => _panels ??= weights.Pack();

    /// <summary>Those of one layer of 3×3 pixels with stride 1, for <see cref="WindowMatrix"/>; the first such layer has the intercept.</summary>
    public WinogradFilters Filters(int layer)
    {
        IReadOnlyList<PatchColumns> columns = layout.ColumnsOf(0);
        bool isFirst = !columns.Take(layer).Any(other => other.IsSame3x3);
        _filters ??= new WinogradFilters?[columns.Count];
        return _filters[layer] ??= new WinogradFilters(
            weights, layout.FirstColumnOf(layer), columns[layer].Channels, isFirst ? layout.Columns - 1 : -1, threads);
    }

    /// <summary>Those of one layer of another kind, tap by tap, for <see cref="WindowMatrix"/>.</summary>
    public PanelWeights[] Taps(int layer)
    {
        IReadOnlyList<PatchColumns> columns = layout.ColumnsOf(0);
        _taps ??= new PanelWeights[]?[columns.Count];
        return _taps[layer] ??= [.. Enumerable.Range(0, columns[layer].Taps).Select(Tap)];

        PanelWeights Tap(int tap)
        {
            int count = columns[layer].Channels, first = layout.FirstColumnOf(layer) + tap * count;
            var own = new double[Outputs * count];
            for (int o = 0; o < Outputs; o++)
                weights.Row(o).Slice(first, count).CopyTo(own.AsSpan(o * count));
            return new PanelWeights(own, Outputs, count);
        }
    }
}
