using ZipIt.Numerics;

namespace ZipIt.Merging.Tests;

/// <summary>A design matrix of given values.</summary>
internal sealed class DenseDesign(PanelMatrix values) : DesignMatrix(null!, values.Rows)
{
    public override void Write(int place, int image, int layer, ReadOnlySpan<float> map) => throw new NotSupportedException();

    public override void AddGram(SymmetricTiles gram, int threads) => PanelProducts.AddSymmetric(values, gram, threads);

    public override void AddProduct(ReadOnlySpan<float> residuals, int outputs, Span<double> product, GrowingBuffer memory, int threads)
    {
        var panels = new PanelMatrix(Rows, outputs);
        panels.CopyFrom(residuals, threads);
        PanelProducts.AddProduct(values, panels, product, threads);
    }

    public override void Multiply(DesignWeights weights, Span<float> result, int threads) => throw new NotSupportedException();

    public override void Return(BufferPool pool) => throw new NotSupportedException();
}
