using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// The columns that one layer contributes to the rows of a least-squares problem: the input values that an output pixel sees [kernel taps, channels], as in im2col.
/// </summary>
internal sealed class PatchColumns
{
    private readonly Size2 _kernel = 1;
    private readonly Size2 _stride = 1;
    private readonly Size2 _padding = 0;
    private readonly Size2 _dilation = 1;
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
        if (layer is Conv2d conv)
            (_kernel, _stride, _padding, _dilation) = (conv.Kernel, conv.Stride, conv.Padding, conv.Dilation);
    }

    /// <summary>Number of channels that are seen.</summary>
    public int Channels { get; }

    /// <summary>Number of kernel taps.</summary>
    public int Taps => _kernel.Height * _kernel.Width;

    /// <summary>Number of columns.</summary>
    public int Count => Taps * Channels;

    /// <summary>Number of values of one image's input.</summary>
    public int InputLength => _height * _width * _allChannels;

    /// <summary>Writes the columns of one output pixel.</summary>
    /// <param name="image">Input [height, width, channels].</param>
    /// <param name="y">Row of the output pixel.</param>
    /// <param name="x">Column of the output pixel.</param>
    /// <param name="columns">Receives <see cref="Count"/> values.</param>
    public void Write(ReadOnlySpan<float> image, int y, int x, Span<float> columns)
    {
        int position = 0;
        for (int ky = 0; ky < _kernel.Height; ky++)
        {
            int row = y * _stride.Height - _padding.Height + ky * _dilation.Height;
            for (int kx = 0; kx < _kernel.Width; kx++, position += Channels)
            {
                int column = x * _stride.Width - _padding.Width + kx * _dilation.Width;
                Span<float> tap = columns.Slice(position, Channels);
                if ((uint)row < (uint)_height && (uint)column < (uint)_width)
                    image.Slice((row * _width + column) * _allChannels + _firstChannel, Channels).CopyTo(tap);
                else
                    tap.Clear();
            }
        }
    }
}
