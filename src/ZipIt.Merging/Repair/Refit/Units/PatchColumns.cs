using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// The columns that one layer contributes to the rows of a least-squares problem: the input values that an output pixel sees [kernel taps, channels], as in
/// im2col.
/// </summary>
internal sealed class PatchColumns
{
    private readonly Size2 _kernel;
    private readonly Size2 _stride;
    private readonly Size2 _padding;
    private readonly Size2 _dilation;
    private readonly int _height = 1;
    private readonly int _width = 1;
    private readonly int _allChannels;
    private readonly int _firstChannel;

    /// <summary>Describes a layer's columns.</summary>
    /// <param name="layer">Conv, Linear or per-channel layer.</param>
    /// <param name="input">Shape of its input.</param>
    /// <param name="group">Which group of channels it sees.</param>
    /// <param name="groups">Number of groups.</param>
    public PatchColumns(Layer layer, ReadOnlySpan<int> input, int group, int groups)
    {
        _allChannels = input[0];
        Channels = _allChannels / groups;
        _firstChannel = group * Channels;
        if (input.Length == 3)
            (_height, _width) = (input[1], input[2]);
        (_kernel, _stride, _padding, _dilation) = UnitLayer.WindowOf(layer);
    }

    /// <summary>Number of channels that are seen.</summary>
    public int Channels { get; }

    /// <summary>Number of kernel taps.</summary>
    public int Taps => _kernel.Height * _kernel.Width;

    /// <summary>Number of columns.</summary>
    public int Count => Taps * Channels;

    /// <summary>Pixels in a row of the input.</summary>
    public int InputWidth => _width;

    /// <summary>Whether it is a dense convolution of 3×3 neighbouring pixels whose output is as large as its input.</summary>
    public bool IsSame3x3 => _kernel == new Size2(3, 3) && _stride == new Size2(1, 1) && _padding == new Size2(1, 1) && _dilation == new Size2(1, 1);

    /// <summary>The input pixels [rows, columns] that a rectangle of outputs sees, and how many of each lie before the input in any case.</summary>
    /// <param name="window">The rectangle.</param>
    public (Size2 Seen, Size2 Skipped) SeenFrom(SampleWindow window)
    {
        (int rows, int top) = Seen(window.Height, window.MapHeight, _kernel.Height, _stride.Height, _padding.Height, _dilation.Height, _height);
        (int columns, int left) = Seen(window.Width, window.MapWidth, _kernel.Width, _stride.Width, _padding.Width, _dilation.Width, _width);
        return (new Size2(rows, columns), new Size2(top, left));

        // Where the rectangle is as large as the map, the padding is always outside.
        static (int Count, int Skipped) Seen(int outputs, int all, int kernel, int stride, int padding, int dilation, int inputs)
        {
            int count = (outputs - 1) * stride + (kernel - 1) * dilation + 1;
            return outputs == all ? (Math.Min(count - padding, inputs), padding) : (count, 0);
        }
    }

    /// <summary>Row and column, among the pixels that outputs see, of what a tap sees from one of them.</summary>
    public (int Y, int X) SeenAt(int y, int x, int tap) =>
        (y * _stride.Height + tap / _kernel.Width * _dilation.Height, x * _stride.Width + tap % _kernel.Width * _dilation.Width);

    /// <summary>Place in the input of a pixel that outputs see; −1 if it is outside.</summary>
    /// <param name="y">Row of the first output.</param>
    /// <param name="x">Column of the first output.</param>
    /// <param name="row">Row among the pixels that the outputs see.</param>
    /// <param name="column">Column among them.</param>
    public int PlaceOf(int y, int x, int row, int column)
    {
        (row, column) = (y * _stride.Height - _padding.Height + row, x * _stride.Width - _padding.Width + column);
        return (uint)row < (uint)_height && (uint)column < (uint)_width ? row * _width + column : -1;
    }

    /// <summary>Number of values of one image's input.</summary>
    public int InputLength => _height * _width * _allChannels;

    /// <summary>Writes the columns of some output pixels of an image.</summary>
    /// <param name="image">Input [height, width, channels].</param>
    /// <param name="pixels">Numbers of the output pixels, row by row.</param>
    /// <param name="outputWidth">Pixels in a row of the output.</param>
    /// <param name="target">Receives <see cref="Count"/> columns.</param>
    /// <param name="firstRow">Row of the first pixel.</param>
    /// <param name="firstColumn">Column of the first value.</param>
    public void Write(ReadOnlySpan<float> image, ReadOnlySpan<int> pixels, int outputWidth, PanelMatrix target, int firstRow, int firstColumn)
    {
        int[] places = new int[pixels.Length];
        int position = firstColumn;
        for (int ky = 0; ky < _kernel.Height; ky++)
        {
            for (int kx = 0; kx < _kernel.Width; kx++, position += Channels)
            {
                for (int k = 0; k < places.Length; k++)
                {
                    (int y, int x) = Math.DivRem(pixels[k], outputWidth);
                    int row = y * _stride.Height - _padding.Height + ky * _dilation.Height, column = x * _stride.Width - _padding.Width + kx * _dilation.Width;
                    places[k] = (uint)row < (uint)_height && (uint)column < (uint)_width ? (row * _width + column) * _allChannels + _firstChannel : -1;
                }

                WriteTap(image, places, target, firstRow, position);
            }
        }
    }

    /// <summary>The opposite of <see cref="Write"/>: adds each pixel's columns to the input values that they were taken from.</summary>
    /// <param name="columns">Columns of all output pixels [pixels, <see cref="Count"/>].</param>
    /// <param name="outputWidth">Pixels in a row of the output.</param>
    /// <param name="image">Receives the sums [height, width, channels]; of a layer that sees all channels.</param>
    public void AddBack(ReadOnlySpan<float> columns, int outputWidth, Span<float> image)
    {
        for (int pixel = 0; pixel * Count < columns.Length; pixel++)
        {
            (int y, int x) = Math.DivRem(pixel, outputWidth);
            int position = pixel * Count;
            for (int ky = 0; ky < _kernel.Height; ky++)
            {
                int row = y * _stride.Height - _padding.Height + ky * _dilation.Height;
                for (int kx = 0; kx < _kernel.Width; kx++, position += Channels)
                {
                    int column = x * _stride.Width - _padding.Width + kx * _dilation.Width;
                    if ((uint)row >= (uint)_height || (uint)column >= (uint)_width)
                        continue;
                    Span<float> place = image.Slice((row * _width + column) * _allChannels + _firstChannel, Channels);
                    System.Numerics.Tensors.TensorPrimitives.Add(place, columns.Slice(position, Channels), place);
                }
            }
        }
    }

    /// <summary>Writes one tap's channels, panel after panel, so that memory is written in order; pixels outside the image have no place and are 0.</summary>
    private void WriteTap(ReadOnlySpan<float> image, ReadOnlySpan<int> places, PanelMatrix target, int firstRow, int firstColumn)
    {
        for (int channel = 0, count; channel < Channels; channel += count)
        {
            (int panel, int offset) = Math.DivRem(firstColumn + channel, PanelMatrix.Width);
            count = Math.Min(PanelMatrix.Width - offset, Channels - channel);
            for (int k = 0; k < places.Length; k++)
            {
                Span<float> values = target.Slice(panel, firstRow + k).Slice(offset, count);
                if (places[k] >= 0)
                    image.Slice(places[k] + channel, count).CopyTo(values);
                else
                    values.Clear();
            }
        }
    }
}
