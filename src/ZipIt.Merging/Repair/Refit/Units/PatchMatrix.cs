using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>A design matrix whose values are all there (im2col), for any layers and pixels.</summary>
internal sealed class PatchMatrix : DesignMatrix
{
    private readonly int _group;
    private readonly bool _isWhole;

    /// <summary>Makes room for some images.</summary>
    /// <param name="layout">The columns, and the pixels that are sampled.</param>
    /// <param name="group">Number of the group.</param>
    /// <param name="images">Number of images.</param>
    /// <param name="isWhole">Whether all pixels are taken instead of the sampled ones.</param>
    /// <param name="pool">Memory.</param>
    public PatchMatrix(SampleLayout layout, int group, int images, bool isWhole, BufferPool pool)
        : base(layout, checked(images * (isWhole ? layout.Area : layout.PerImage)))
    {
        (_group, _isWhole) = (group, isWhole);
        Values = new PanelMatrix(Rows, layout.Columns, pool.Rent(PanelMatrix.SizeOf(Rows, layout.Columns)));
    }

    /// <summary>The matrix.</summary>
    public PanelMatrix Values { get; }

    /// <inheritdoc/>
    public override void Write(int place, int image, int layer, ReadOnlySpan<float> map)
    {
        IReadOnlyList<PatchColumns> columns = Layout.ColumnsOf(_group);
        int[] pixels = _isWhole ? Layout.AllPixels : Layout.PixelsOf(image);
        int first = 0;
        for (int l = 0; l < layer; l++)
            first += columns[l].Count;
        columns[layer].Write(map, pixels, Layout.Width, Values, place * pixels.Length, first);
        if (layer == columns.Count - 1)
            Values.SetLastColumn(1, place * pixels.Length, pixels.Length);
    }

    /// <inheritdoc/>
    public override void AddGram(SymmetricTiles gram, int threads) => PanelProducts.AddSymmetric(Values, gram, threads);

    /// <inheritdoc/>
    public override void AddProduct(ReadOnlySpan<float> residuals, int outputs, Span<double> product, GrowingBuffer memory, int threads)
    {
        var panels = new PanelMatrix(Rows, outputs, memory.Take(PanelMatrix.SizeOf(Rows, outputs)));
        panels.CopyFrom(residuals, threads);
        PanelProducts.AddProduct(Values, panels, product, threads);
    }

    /// <inheritdoc/>
    public override void Multiply(DesignWeights weights, Span<float> result, int threads) => weights.Panels.Multiply(Values, result, threads);

    /// <inheritdoc/>
    public override void Return(BufferPool pool) => pool.Return(Values.Memory);
}
