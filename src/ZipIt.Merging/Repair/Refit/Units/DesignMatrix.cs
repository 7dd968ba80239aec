using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// The design matrix X of one group of a unit at some pixels of some images: what its layers see there, layer after layer [taps, channels] as in im2col, and a
/// last column of ones. As many rows for each image, image after image.
/// </summary>
/// <param name="layout">The columns.</param>
/// <param name="rows">Number of rows.</param>
internal abstract class DesignMatrix(SampleLayout layout, int rows)
{
    /// <summary>Number of rows.</summary>
    public int Rows { get; } = rows;

    /// <summary>Number of columns.</summary>
    public int Columns => Layout.Columns;

    /// <summary>What the columns are.</summary>
    protected SampleLayout Layout { get; } = layout;

    /// <summary>Takes what one layer sees in one image.</summary>
    /// <param name="place">The image's place in the matrix.</param>
    /// <param name="image">Its number among all, which tells the pixels; only for matrices of sampled pixels.</param>
    /// <param name="layer">Number of the layer in its unit.</param>
    /// <param name="map">The layer's input [height, width, channels].</param>
    public abstract void Write(int place, int image, int layer, ReadOnlySpan<float> map);

    /// <summary>gram += XᵀX.</summary>
    public abstract void AddGram(SymmetricTiles gram, int threads);

    /// <summary>product += XᵀR.</summary>
    /// <param name="residuals">R [rows, outputs].</param>
    /// <param name="outputs">Number of outputs.</param>
    /// <param name="product">Result [panels of columns, panels of outputs, panel width, panel width].</param>
    /// <param name="memory">Memory to work with.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public abstract void AddProduct(ReadOnlySpan<float> residuals, int outputs, Span<double> product, GrowingBuffer memory, int threads);

    /// <summary>X·Wᵀ.</summary>
    /// <param name="weights">W.</param>
    /// <param name="result">Receives [rows, outputs].</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public abstract void Multiply(DesignWeights weights, Span<float> result, int threads);

    /// <summary>Gives the memory back.</summary>
    public abstract void Return(BufferPool pool);
}
