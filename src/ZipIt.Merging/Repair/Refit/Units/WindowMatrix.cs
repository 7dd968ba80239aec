using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// A design matrix of windows of neighbouring pixels, for convolutions of 3×3 pixels with stride 1: each input pixel is there once instead of at every tap that
/// sees it. Products of two input pixels are computed once for all pairs of taps that meet there, and everything else by Winograd's convolution
/// (<see cref="WinogradTiles"/>). Layers of other kinds may come to it, as shortcuts do.
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
            bool isTiled = columns[layer].IsSame3x3;
            if (hasGram || !isTiled)
            {
                int rows = checked(window.PixelsOf(columns[layer]) * images);
                _pixels[layer] = new PanelMatrix(rows, channels, pool.Rent(PanelMatrix.SizeOf(rows, channels)));
            }

            if (isTiled)
            {
                _tiles[layer] = new WinogradTiles(
                    images, window.Height, window.Width, channels, pool.Rent(WinogradTiles.SizeOf(images, window.Height, window.Width, channels)));
            }
        }
    }

    /// <summary>Memory in bytes that one image takes.</summary>
    public static long BytesOf(SampleLayout layout, SampleWindow window, bool hasGram) => layout.ColumnsOf(0).Sum(columns =>
        ((hasGram || !columns.IsSame3x3 ? (long)window.PixelsOf(columns) * columns.Channels : 0)
        + (columns.IsSame3x3 ? WinogradTiles.SizeOf(1, window.Height, window.Width, columns.Channels) : 0)) * sizeof(float));

    /// <inheritdoc/>
    public override void Write(int place, int image, int layer, ReadOnlySpan<float> map)
    {
        PatchColumns columns = Layout.ColumnsOf(0)[layer];
        (int y, int x) = _window.OriginOf(image);
        _tiles[layer]?.SetInputs(place, map, columns.InputWidth, y, x);
        if (_pixels[layer] is not { } pixels)
            return;
        int[] places = _window.PlacesOf(columns, image);
        for (int pixel = 0; pixel < places.Length; pixel++)
        {
            int row = pixel * _images + place;
            for (int panel = 0; panel < pixels.PanelCount; panel++)
            {
                Span<float> target = pixels.Slice(panel, row);
                if (places[pixel] >= 0)
                    map.Slice(places[pixel] * columns.Channels + panel * Width, Width).CopyTo(target);
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
        var sums = new float[_images * outputs];
        ForImages(residuals, length, threads, (image, values) =>
        {
            tiles.SetOutputs(image, values);
            Span<float> own = sums.AsSpan(image * outputs, outputs);
            for (int row = 0; row < values.Length; row += outputs)
                TensorPrimitives.Add(own, values.Slice(row, outputs), own);
        });
        for (int layer = 0; layer < columns.Count; layer++)
        {
            if (_tiles[layer] is { } inputs)
                WinogradFilters.AddGradients(inputs, tiles, ProductOf(layer, product), threads);
        }

        int intercept = PanelMatrix.CountPanels(Columns - 1) * panels * Width * Width; // its first tile
        for (int image = 0; image < _images; image++)
        {
            for (int o = 0; o < outputs; o++)
                product[intercept + o / Width * Width * Width + o % Width] += sums[image * outputs + o];
        }

        if (Array.TrueForAll(_tiles, layer => layer is not null))
            return;

        // Pixel after pixel, as the other layers have them.
        var byPixel = new PanelMatrix(Rows, outputs, memory.Take(PanelMatrix.SizeOf(Rows, outputs)));
        int area = Rows / _images;
        ForImages(residuals, length, threads, (image, own) =>
        {
            for (int pixel = 0; pixel < area; pixel++)
            {
                for (int panel = 0; panel < panels; panel++)
                    own.Slice(pixel * outputs + panel * Width, Width).CopyTo(byPixel.Slice(panel, pixel * _images + image));
            }
        });
        for (int layer = 0; layer < columns.Count; layer++)
        {
            if (_tiles[layer] is null)
            {
                PanelProducts.AddSums(
                    _pixels[layer]!, byPixel, _images, _window.SumsOf(columns[layer], Layout.FirstColumnOf(layer) / Width), product, panels, threads);
            }
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
                AddTaps(layer, weights.Taps(layer), result, threads);
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

    /// <summary>Adds what a layer of another kind gives, tap by tap.</summary>
    private unsafe void AddTaps(int layer, PanelWeights[] weights, Span<float> result, int threads)
    {
        PanelMatrix pixels = _pixels[layer]!;
        PatchColumns columns = Layout.ColumnsOf(0)[layer];
        int area = Rows / _images, outputs = weights[0].Outputs, blocks = (_images + PanelWeights.BlockRows - 1) / PanelWeights.BlockRows;
        fixed (float* pointer = result)
        {
            float* target = pointer;
            WorkerTeam.For(threads, area * blocks, (block, _) =>
            {
                (int output, int part) = Math.DivRem(block, blocks);
                int first = part * PanelWeights.BlockRows, count = Math.Min(PanelWeights.BlockRows, _images - first);
                var values = new float[count * outputs];
                fixed (float* own = values)
                {
                    for (int tap = 0; tap < weights.Length; tap++)
                    {
                        int pixel = _window.PixelOf(columns, output, tap);
                        if (pixel >= 0)
                            weights[tap].MultiplyRows(pixels, pixel * _images + first, count, own, adds: true);
                    }
                }

                for (int i = 0; i < count; i++)
                {
                    var row = new Span<float>(target + ((nint)(first + i) * area + output) * outputs, outputs);
                    TensorPrimitives.Add(row, values.AsSpan(i * outputs, outputs), row);
                }
            });
        }

        GC.KeepAlive(pixels.Memory);
    }

    internal delegate void ImageAction(int image, ReadOnlySpan<float> values);
}
