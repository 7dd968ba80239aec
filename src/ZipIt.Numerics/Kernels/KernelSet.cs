using System.Runtime.Intrinsics;

namespace ZipIt.Numerics;

/// <summary>
/// The engine's inner loops for one vector width. Kernels know addresses and sizes, nothing of graphs; feature maps are channels last.
/// </summary>
/// <remarks>
/// Every kernel computes an output from its inputs in one order of operations, whatever the position of the output in its buffer and whatever is computed
/// beside it. Results therefore do not depend on how images are grouped or how work is split.
/// </remarks>
internal abstract unsafe class KernelSet
{
    /// <summary>The widest vectors that this processor has.</summary>
    public static KernelSet Best { get; } = Supported[0];

    /// <summary>All versions that this processor can run, widest first.</summary>
    public static IReadOnlyList<KernelSet> Supported
    {
        get
        {
            var supported = new List<KernelSet>();
            if (Lanes512.IsSupported)
                supported.Add(new KernelSet<Lanes512, Vector512<float>>());
            if (Lanes256.IsSupported)
                supported.Add(new KernelSet<Lanes256, Vector256<float>>());
            if (Lanes128.IsSupported)
                supported.Add(new KernelSet<Lanes128, Vector128<float>>());
            supported.Add(new KernelSet<Lanes1, float>());
            return supported;
        }
    }

    /// <summary>Floats in a vector.</summary>
    public abstract int Lanes { get; }

    /// <summary>Rows of a register tile; blocks of rows should be a multiple of it.</summary>
    public abstract int TileRows { get; }

    /// <summary>Columns of a register tile, and of a panel of a <see cref="PackedMatrix"/>: two vectors.</summary>
    public int PanelWidth => 2 * Lanes;

    /// <summary>
    /// Matrix product C = operation(initial + A·B + residual) for some panels of B.
    /// </summary>
    /// <param name="a">A [rows, depth], rows <paramref name="strideA"/> apart.</param>
    /// <param name="b">B [depth, columns], packed.</param>
    /// <param name="firstPanel">First panel of B (and with it of C's columns) to compute.</param>
    /// <param name="lastPanel">Panel behind the last one.</param>
    /// <param name="c">C [rows, columns], rows <paramref name="strideC"/> apart: address of column 0 of B's columns.</param>
    /// <param name="initial">Values to start from, of the width of B's padded columns if they lie in rows of their own, rows <paramref name="strideInitial"/>
    /// apart (0 for one row of biases). May be C.</param>
    /// <param name="residual">What is added, laid out as C; or null.</param>
    /// <param name="operation">What happens to the sums.</param>
    public abstract void Multiply(
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
        PostOperation operation);

    /// <summary>Matrix product C = initial + A·B for some panels of B.</summary>
    /// <inheritdoc cref="Multiply(float*, nint, int, in PackedMatrix, int, int, float*, nint, float*, nint, float*, PostOperation)"/>
    public void Multiply(
        float* a, nint strideA, int rows, in PackedMatrix b, int firstPanel, int lastPanel, float* c, nint strideC, float* initial, nint strideInitial) =>
        Multiply(a, strideA, rows, b, firstPanel, lastPanel, c, strideC, initial, strideInitial, null, PostOperation.None);

    /// <summary>
    /// Copies pieces of memory of one size. May read and write up to a vector beyond the end of each piece: what it writes there is no part of the result.
    /// </summary>
    /// <param name="source">First piece; the others follow <paramref name="sourceStep"/> apart.</param>
    /// <param name="target">Receives the pieces, <paramref name="targetStep"/> apart.</param>
    /// <param name="pieces">Number of pieces.</param>
    /// <param name="size">Number of floats in a piece.</param>
    public abstract void CopyWindows(float* source, nint sourceStep, float* target, nint targetStep, int pieces, int size);

    /// <summary>values = operation(values + residual), in place; <paramref name="residual"/> may be null.</summary>
    public abstract void Finish(float* values, float* residual, nint count, PostOperation operation);

    /// <summary>target = scale·source + shift for rows of <paramref name="channels"/> values.</summary>
    public abstract void Scale(float* source, float* target, nint rows, int channels, float* scale, float* shift);

    /// <summary>target = source where that is at least 0, slopes·source below, for rows of <paramref name="channels"/> values.</summary>
    public abstract void ScaleNegative(float* source, float* target, nint rows, int channels, float* slopes);

    /// <summary>target += source.</summary>
    public abstract void Accumulate(float* source, float* target, nint count);

    /// <summary>target = max(target, source).</summary>
    public abstract void AccumulateMaximum(float* source, float* target, nint count);

    /// <summary>target = operation(bias + Σ over the taps of weight·pixel + residual) for each window and channel.</summary>
    /// <param name="windows">The windows.</param>
    /// <param name="target">Receives [windows, channels].</param>
    /// <param name="residual">What is added, laid out as the target; or null.</param>
    /// <param name="operation">What happens to the sums.</param>
    public abstract void Convolve(in ChannelWindows windows, float* target, float* residual, PostOperation operation);

    /// <summary>values *= factor.</summary>
    public abstract void Scale(float* values, nint count, float factor);

    /// <summary>Softmax of one row.</summary>
    public abstract void Softmax(float* source, float* target, int count);

    /// <summary>
    /// product = XᵀY for a panel of columns of each, <see cref="RankUpdate.PanelWidth"/> wide.
    /// </summary>
    /// <param name="x">X [rows, panel width].</param>
    /// <param name="columns">Number of X's columns that count.</param>
    /// <param name="y">Y [rows, panel width].</param>
    /// <param name="rows">Number of rows; the sums are kept in single precision.</param>
    /// <param name="product">Receives [panel width, panel width]; what belongs to columns of X that do not count has no meaning.</param>
    public abstract void MultiplyColumns(float* x, int columns, float* y, int rows, float* product);

    /// <summary>
    /// Winograd's transform of an input tile, BᵀdB for each channel: [n, n, channels] → [n·n positions][channels], n = <paramref name="outputs"/> + 2.
    /// </summary>
    /// <param name="outputs">Outputs of a tile in each direction: 2 or 4.</param>
    /// <param name="tile">Upper left pixel of the tile; it may lie outside the image.</param>
    /// <param name="rowStride">Distance of the image's rows.</param>
    /// <param name="pixelStride">Distance of the image's pixels.</param>
    /// <param name="channels">Number of channels to transform; a multiple of <see cref="Lanes"/>.</param>
    /// <param name="inside">The tile's pixels that lie inside the image; the others count as zero.</param>
    /// <param name="target">Receives position 0; position p follows p·<paramref name="positionStride"/> behind.</param>
    public abstract void TransformInput(
        int outputs, float* tile, nint rowStride, nint pixelStride, int channels, in TileWindow inside, float* target, nint positionStride);

    /// <summary>
    /// The adjoint of the transform of outputs of F(4×4, 3×3), A·y·Aᵀ for each channel: [4, 4, channels] → [36 positions][channels]. Products of what it gives
    /// with transformed inputs are gradients of transformed filters.
    /// </summary>
    /// <param name="tile">Upper left pixel of the tile.</param>
    /// <param name="rowStride">Distance of the output's rows.</param>
    /// <param name="pixelStride">Distance of the output's pixels.</param>
    /// <param name="channels">Number of channels to transform; a multiple of <see cref="Lanes"/>.</param>
    /// <param name="inside">The tile's pixels that lie inside the output; the others count as zero.</param>
    /// <param name="target">Receives position 0; position p follows p·<paramref name="positionStride"/> behind.</param>
    public abstract void SpreadOutput(
        float* tile, nint rowStride, nint pixelStride, int channels, in TileWindow inside, float* target, nint positionStride);

    /// <summary>
    /// Winograd's transform of products to an output tile, AᵀmA for each channel, plus bias and residual, and a ReLU:
    /// [n·n positions][channels] → [outputs, outputs, channels].
    /// </summary>
    /// <param name="outputs">Outputs of a tile in each direction: 2 or 4.</param>
    /// <param name="products">Position 0; position p follows p·<paramref name="positionStride"/> behind.</param>
    /// <param name="channels">Number of channels to transform; a multiple of <see cref="Lanes"/>.</param>
    /// <param name="bias">Biases of these channels.</param>
    /// <param name="residual">What is added to the tile's upper left pixel, laid out as the output; or null.</param>
    /// <param name="relu">Whether negative results become zero.</param>
    /// <param name="tile">Upper left pixel of the tile.</param>
    /// <param name="rowStride">Distance of the output's rows.</param>
    /// <param name="pixelStride">Distance of the output's pixels.</param>
    /// <param name="inside">The tile's pixels that lie inside the image; the others are not written.</param>
    public abstract void TransformOutput(
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
        in TileWindow inside);
}
