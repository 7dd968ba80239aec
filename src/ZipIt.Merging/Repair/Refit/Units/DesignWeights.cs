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
    private PanelWeights?[]? _points;

    /// <summary>Number of outputs.</summary>
    public int Outputs => weights.Rows;

    /// <summary>All of them, for <see cref="PatchMatrix"/>.</summary>
    public PanelWeights Panels => _panels ??= weights.Pack();

    /// <summary>Those of one layer of 3×3 pixels, for <see cref="WindowMatrix"/>; the first such layer has the intercept.</summary>
    public WinogradFilters Filters(int layer)
    {
        IReadOnlyList<PatchColumns> columns = layout.ColumnsOf(0);
        bool isFirst = !columns.Take(layer).Any(other => other.Taps == WinogradFilters.Taps);
        _filters ??= new WinogradFilters?[columns.Count];
        return _filters[layer] ??= new WinogradFilters(
            weights, layout.FirstColumnOf(layer), columns[layer].Channels, isFirst ? layout.Columns - 1 : -1, threads);
    }

    /// <summary>Those of one layer of single pixels, for <see cref="WindowMatrix"/>.</summary>
    public PanelWeights Points(int layer)
    {
        IReadOnlyList<PatchColumns> columns = layout.ColumnsOf(0);
        _points ??= new PanelWeights?[columns.Count];
        if (_points[layer] is { } known)
            return known;
        int count = columns[layer].Count;
        var own = new double[Outputs * count];
        for (int o = 0; o < Outputs; o++)
            weights.Row(o).Slice(layout.FirstColumnOf(layer), count).CopyTo(own.AsSpan(o * count));
        return _points[layer] = new PanelWeights(own, Outputs, count);
    }
}
