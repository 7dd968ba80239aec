using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// A design matrix of windows of neighbouring pixels, for convolutions of 3×3 pixels with stride 1: each input pixel is there once instead of at every tap that
/// sees it. Products of two input pixels are computed once for all pairs of taps that meet there, and everything else by Winograd's convolution
/// (<see cref="WinogradTiles"/>). Layers of single pixels may come to it, as shortcuts do.
/// </summary>
internal sealed class WindowMatrix : DesignMatrix
{
    private const int Width = PanelMatrix.Width;

    private readonly SampleWindow _window;
    private readonly int _images;
    private readonly PanelMatrix?[] _pixels; // by layer: [pixels that it sees, images; channels]
    private readonly WinogradTiles?[] _tiles; // by layer of 3×3 pixels

    /// <summary>Makes room for some images.</summary>
    /// <param name="layout">The columns.</param>
    /// <param name="window">The windows.</param>
    /// <param name="images">Number of images.</param>
    /// <param name="hasGram">Whether <see cref="AddGram"/> will be asked for.</param>
    /// <param name="pool">Memory.</param>
    public WindowMatrix(SampleLayout layout, SampleWindow window, int images, bool hasGram, BufferPool pool)
        : base(layout, checked(images * window.Height * window.Width))
    {
        (_window, _images) = (window, images);
        IReadOnlyList<PatchColumns> columns = layout.ColumnsOf(0);
        _pixels = new PanelMatrix?[columns.Count];
        _tiles = new WinogradTiles?[columns.Count];
        for (int layer = 0; layer < columns.Count; layer++)
        {
            int channels = columns[layer].Channels;
            bool isPoint = columns[layer].Taps == 1;
            if (hasGram || isPoint)
            {
                int rows = checked(window.PixelsOf(columns[layer]) * images);
                _pixels[layer] = new PanelMatrix(rows, channels, pool.Rent(PanelMatrix.SizeOf(rows, channels)));
            }

            if (!isPoint)
            {
                _tiles[layer] = new WinogradTiles(
                    images, window.Height, window.Width, channels, pool.Rent(WinogradTiles.SizeOf(images, window.Height, window.Width, channels)));
            }
        }
    }

    /// <summary>Memory in bytes that one image takes.</summary>
    public static long BytesOf(SampleLayout layout, SampleWindow window, bool hasGram) => layout.ColumnsOf(0).Sum(columns =>
        ((hasGram || columns.Taps == 1 ? (long)window.PixelsOf(columns) * columns.Channels : 0)
        + (columns.Taps == 1 ? 0 : WinogradTiles.SizeOf(1, window.Height, window.Width, columns.Channels))) * sizeof(float));

    /// <inheritdoc/>
    public override void Write(int place, int image, int layer, ReadOnlySpan<float> map)
    {
        PatchColumns columns = Layout.ColumnsOf(0)[layer];
        (int y, int x) = _window.OriginOf(image);
        _tiles[layer]?.SetInputs(place, map, columns.InputWidth, y, x);
        if (_pixels[layer] is not { } pixels)
            return;
        for (int pixel = 0; pixel < pixels.Rows / _images; pixel++)
        {
            int from = _window.PlaceOf(columns, pixel, y, x), row = pixel * _images + place;
            for (int panel = 0; panel < pixels.PanelCount; panel++)
            {
                Span<float> target = pixels.Slice(panel, row);
                if (from >= 0)
                    map.Slice(from * columns.Channels + panel * Width, Width).CopyTo(target);
                else
                    target.Clear();
            }
        }
    }

    /// <inheritdoc/>
    public override void AddGram(SymmetricTiles gram, int threads)
    {
        IReadOnlyList<PatchColumns> columns = Layout.ColumnsOf(0);
        for (int row = 0; row < columns.Count; row++)
        {
            for (int column = 0; column <= row; column++)
                PanelProducts.AddSums(_pixels[row]!, _pixels[column]!, _images, Layout.SumsOf(_window, row, column), gram, threads);
            AddSums(row, gram, threads);
        }

        // The intercept's own square: the last tile has one row and column that counts.
        gram.Values[SymmetricTiles.IndexOf(PanelMatrix.CountPanels(Columns) - 1, PanelMatrix.CountPanels(Columns) - 1)] += Rows;
    }

    /// <inheritdoc/>
    public override void AddProduct(ReadOnlySpan<float> residuals, int outputs, Span<double> product, GrowingBuffer memory, int threads)
    {
        IReadOnlyList<PatchColumns> columns = Layout.ColumnsOf(0);
        int panels = PanelMatrix.CountPanels(outputs), length = Rows / _images * outputs;
        var tiles = new WinogradTiles(_images, _window.Height, _window.Width, outputs, memory.Take(
            WinogradTiles.SizeOf(_images, _window.Height, _window.Width, outputs)));
        ForImages(residuals, length, threads, tiles.SetOutputs);
        for (int layer = 0; layer < columns.Count; layer++)
        {
            if (_tiles[layer] is { } inputs)
                WinogradFilters.AddGradients(inputs, tiles, ProductOf(layer, product), threads);
        }

        int first = PanelMatrix.CountPanels(Columns - 1) * panels * Width * Width; // the intercept's tiles
        var sums = new double[outputs];
        for (int row = 0; row < Rows; row++)
        {
            ReadOnlySpan<float> values = residuals.Slice(row * outputs, outputs);
            for (int o = 0; o < outputs; o++)
                sums[o] += values[o];
        }

        for (int o = 0; o < outputs; o++)
            product[first + o / Width * Width * Width + o % Width] += sums[o];
        if (!columns.Any(layer => layer.Taps == 1))
            return;

        // Pixel after pixel, as layers of single pixels have them.
        var values2 = new PanelMatrix(Rows, outputs, memory.Take(PanelMatrix.SizeOf(Rows, outputs)));
        int area = Rows / _images;
        ForImages(residuals, length, threads, (image, own) =>
        {
            for (int pixel = 0; pixel < area; pixel++)
            {
                for (int panel = 0; panel < panels; panel++)
                    own.Slice(pixel * outputs + panel * Width, Width).CopyTo(values2.Slice(panel, pixel * _images + image));
            }
        });
        for (int layer = 0; layer < columns.Count; layer++)
        {
            if (columns[layer].Taps == 1)
                PanelProducts.AddProduct(_pixels[layer]!, values2, ProductOf(layer, product), threads);
        }

        Span<double> ProductOf(int layer, Span<double> all) => all.Slice(
            Layout.FirstColumnOf(layer) / Width * panels * Width * Width, columns[layer].Count / Width * panels * Width * Width);
    }

    /// <inheritdoc/>
    public override void Multiply(DesignWeights weights, Span<float> result, int threads)
    {
        bool adds = false;
        for (int layer = 0; layer < _tiles.Length; layer++)
        {
            if (_tiles[layer] is not { } tiles)
                continue;
            weights.Filters(layer).Multiply(tiles, result, adds, threads);
            adds = true;
        }

        for (int layer = 0; layer < _tiles.Length; layer++)
        {
            if (_tiles[layer] is null)
                AddPoints(_pixels[layer]!, weights.Points(layer), result, threads);
        }
    }

    /// <inheritdoc/>
    public override void Return(BufferPool pool)
    {
        foreach (PanelMatrix? pixels in _pixels)
        {
            if (pixels is not null)
                pool.Return(pixels.Memory);
        }

        foreach (WinogradTiles? tiles in _tiles)
        {
            if (tiles is not null)
                pool.Return(tiles.Values.Memory);
        }
    }

    /// <summary>Does something for the values of each image, on several threads.</summary>
    internal static unsafe void ForImages(ReadOnlySpan<float> values, int length, int threads, ImageAction action)
    {
        int images = values.Length / length;
        fixed (float* pointer = values)
        {
            float* first = pointer;
            WorkerTeam.For(threads, images, (image, _) => action(image, new ReadOnlySpan<float>(first + (nint)image * length, length)));
        }
    }

    /// <summary>The intercept's row of XᵀX: sums of the columns of one layer.</summary>
    private void AddSums(int layer, SymmetricTiles gram, int threads)
    {
        PanelMatrix pixels = _pixels[layer]!;
        PatchColumns columns = Layout.ColumnsOf(0)[layer];
        int count = pixels.Rows / _images, last = PanelMatrix.CountPanels(Columns) - 1, firstPanel = Layout.FirstColumnOf(layer) / Width;
        var sums = new double[count * columns.Channels];
        WorkerTeam.For(threads, count, (pixel, _) =>
        {
            for (int panel = 0; panel < pixels.PanelCount; panel++)
            {
                Span<double> own = sums.AsSpan(pixel * columns.Channels + panel * Width, Width);
                for (int image = 0; image < _images; image++)
                {
                    ReadOnlySpan<float> values = pixels.Slice(panel, pixel * _images + image);
                    for (int c = 0; c < Width; c++)
                        own[c] += values[c];
                }
            }
        });
        for (int tap = 0; tap < columns.Taps; tap++)
        {
            for (int output = 0; output < _window.Height * _window.Width; output++)
            {
                int pixel = _window.PixelOf(columns, output, tap);
                for (int panel = 0; pixel >= 0 && panel < pixels.PanelCount; panel++)
                {
                    Span<double> target = gram.Values.Slice(SymmetricTiles.IndexOf(last, firstPanel + tap * pixels.PanelCount + panel), Width);
                    TensorPrimitives.Add<double>(target, sums.AsSpan(pixel * columns.Channels + panel * Width, Width), target);
                }
            }
        }
    }

    /// <summary>Adds what a layer of single pixels gives.</summary>
    private unsafe void AddPoints(PanelMatrix pixels, PanelWeights weights, Span<float> result, int threads)
    {
        int area = Rows / _images, outputs = weights.Outputs, blocks = (_images + PanelWeights.BlockRows - 1) / PanelWeights.BlockRows;
        fixed (float* pointer = result)
        {
            float* target = pointer;
            WorkerTeam.For(threads, area * blocks, (block, _) =>
            {
                (int pixel, int part) = Math.DivRem(block, blocks);
                int first = part * PanelWeights.BlockRows, count = Math.Min(PanelWeights.BlockRows, _images - first);
                var values = new float[count * outputs];
                fixed (float* own = values)
                    weights.MultiplyRows(pixels, pixel * _images + first, count, own);
                for (int i = 0; i < count; i++)
                {
                    var row = new Span<float>(target + ((nint)(first + i) * area + pixel) * outputs, outputs);
                    TensorPrimitives.Add(row, values.AsSpan(i * outputs, outputs), row);
                }
            });
        }

        GC.KeepAlive(pixels.Memory);
    }

    internal delegate void ImageAction(int image, ReadOnlySpan<float> values);
}
