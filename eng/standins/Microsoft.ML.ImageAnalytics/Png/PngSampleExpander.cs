using System.Buffers.Binary;

namespace Microsoft.ML.Data.Png;

/// <summary>Turns the samples of a row into RGBA pixels.</summary>
internal sealed class PngSampleExpander
{
    private readonly PngHeader _header;

    // RGBA of each palette entry; entries that the file lacks are an error.
    private readonly byte[] _palette;

    // The samples of the one colour that is transparent, if there is one.
    private readonly int[] _transparent;

    public PngSampleExpander(PngHeader header, byte[] palette, byte[] transparency)
    {
        _header = header;
        if (header.ColorType == PngColorType.Palette)
        {
            _palette = new byte[palette.Length / 3 * 4];
            for (int i = 0; i < palette.Length / 3; i++)
            {
                palette.AsSpan(3 * i, 3).CopyTo(_palette.AsSpan(4 * i));
                _palette[(4 * i) + 3] = i < (transparency?.Length ?? 0) ? transparency[i] : (byte)255;
            }
        }
        else if (transparency != null && header.ColorType is (PngColorType.Gray or PngColorType.Rgb))
        {
            if (transparency.Length != 2 * header.SamplesPerPixel)
                throw new InvalidDataException($"a transparent colour cannot have {transparency.Length} bytes");
            _transparent = new int[header.SamplesPerPixel];
            for (int i = 0; i < _transparent.Length; i++)
                _transparent[i] = BinaryPrimitives.ReadUInt16BigEndian(transparency.AsSpan(2 * i)) & ((1 << header.BitDepth) - 1);
        }
    }

    /// <summary>Writes <paramref name="count"/> pixels to <paramref name="target"/>, the first at <paramref name="start"/> and each <paramref name="step"/> bytes further.</summary>
    public void Expand(ReadOnlySpan<byte> row, int count, Span<byte> target, int start, int step)
    {
        Span<int> samples = stackalloc int[4];
        int perPixel = _header.SamplesPerPixel;
        for (int x = 0; x < count; x++)
        {
            for (int s = 0; s < perPixel; s++)
                samples[s] = Sample(row, (x * perPixel) + s);
            Write(samples[..perPixel], target.Slice(start + (x * step), 4));
        }
    }

    private int Sample(ReadOnlySpan<byte> row, int index)
    {
        switch (_header.BitDepth)
        {
            case 8:
                return row[index];
            case 16:
                return BinaryPrimitives.ReadUInt16BigEndian(row[(2 * index)..]);
            default:
                int bit = index * _header.BitDepth;
                return row[bit >> 3] >> (8 - _header.BitDepth - (bit & 7)) & ((1 << _header.BitDepth) - 1);
        }
    }

    private void Write(ReadOnlySpan<int> samples, Span<byte> pixel)
    {
        switch (_header.ColorType)
        {
            case PngColorType.Palette:
                if (4 * samples[0] >= _palette.Length)
                    throw new InvalidDataException($"a pixel has colour {samples[0]} of a palette of {_palette.Length / 4}");
                _palette.AsSpan(4 * samples[0], 4).CopyTo(pixel);
                return;
            case PngColorType.Gray or PngColorType.GrayAlpha:
                pixel[..3].Fill(ToByte(samples[0]));
                break;
            default:
                for (int i = 0; i < 3; i++)
                    pixel[i] = ToByte(samples[i]);
                break;
        }
        bool hasAlpha = _header.ColorType is PngColorType.GrayAlpha or PngColorType.Rgba;
        pixel[3] = hasAlpha ? ToByte(samples[^1]) : _transparent != null && samples.SequenceEqual(_transparent) ? (byte)0 : (byte)255;
    }

    // Fewer than eight bits are spread over the whole range; of sixteen the upper eight are kept.
    private byte ToByte(int sample) => _header.BitDepth switch
    {
        8 => (byte)sample,
        16 => (byte)(sample >> 8),
        _ => (byte)(sample * 255 / ((1 << _header.BitDepth) - 1)),
    };
}
