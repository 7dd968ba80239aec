using System.Buffers.Binary;
using System.IO.Compression;
using Microsoft.ML.Internal.Utilities;

namespace Microsoft.ML.Data.Png;

/// <summary>Reads PNG images (ISO/IEC 15948): every colour type, depth and interlacing, with palettes and transparent colours.</summary>
/// <remarks>Nothing is allocated because a file says so: buffers grow with the bytes that are really there.</remarks>
internal sealed class PngDecoder
{
    private const int ChunkBlock = 1 << 16;
    private const int FirstPixelBytes = 1 << 20;

    // Deflate codes at most 258 bytes in two bits, so no stream inflates by more than this.
    private const long LargestInflation = 1032;

    private const uint Ihdr = 0x49484452;
    private const uint Plte = 0x504C5445;
    private const uint Idat = 0x49444154;
    private const uint Iend = 0x49454E44;
    private const uint Trns = 0x74524E53;

    private readonly Stream _stream;
    private readonly MemoryStream _compressed = new();
    private PngHeader _header;
    private byte[] _palette;
    private byte[] _transparency;
    private bool _dataEnded;

    private PngDecoder(Stream stream)
    {
        _stream = stream;
    }

    private static ReadOnlySpan<byte> FileSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    /// <summary>Reads an image.</summary>
    /// <exception cref="InvalidDataException">The stream does not hold a whole and correct PNG image.</exception>
    public static PngImage Decode(Stream stream)
    {
        var decoder = new PngDecoder(stream);
        decoder.ReadChunks();
        return decoder.ReadPixels();
    }

    private void ReadChunks()
    {
        Span<byte> head = stackalloc byte[8];
        if (_stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.SequenceEqual(FileSignature))
            throw new InvalidDataException("it does not start with the PNG signature; only PNG images can be read");
        uint type;
        do
        {
            if (_stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length)
                throw new InvalidDataException("it ends before the IEND chunk");
            uint length = BinaryPrimitives.ReadUInt32BigEndian(head);
            type = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
            if (length > int.MaxValue)
                throw new InvalidDataException($"chunk {Name(type)} claims {length} bytes, more than a chunk can have");
            TakeChunk(type, ReadChunk(type, (int)length, head[4..]));
        }
        while (type != Iend);
    }

    // The content of a chunk, checked against the checksum of its type and content.
    private byte[] ReadChunk(uint type, int length, ReadOnlySpan<byte> typeBytes)
    {
        var content = new byte[Math.Min(length, ChunkBlock)];
        int count = 0;
        while (count < length)
        {
            if (count == content.Length)
                Array.Resize(ref content, (int)Math.Min(length, 2L * count));
            int read = _stream.Read(content, count, content.Length - count);
            if (read == 0)
                throw new InvalidDataException($"chunk {Name(type)} ends after {count} of {length} bytes");
            count += read;
        }
        Span<byte> stored = stackalloc byte[4];
        if (_stream.ReadAtLeast(stored, stored.Length, throwOnEndOfStream: false) < stored.Length)
            throw new InvalidDataException($"chunk {Name(type)} has no checksum");
        uint checksum = Crc32.Compute(content, Crc32.Compute(typeBytes));
        if (checksum != BinaryPrimitives.ReadUInt32BigEndian(stored))
            throw new InvalidDataException($"chunk {Name(type)} has a wrong checksum");
        return content;
    }

    private void TakeChunk(uint type, byte[] content)
    {
        if (_header == null && type != Ihdr)
            throw new InvalidDataException($"the first chunk is {Name(type)} instead of IHDR");
        if (type != Idat && _compressed.Length > 0)
            _dataEnded = true;
        switch (type)
        {
            case Ihdr when _header != null:
                throw new InvalidDataException("there are two headers");
            case Ihdr:
                _header = PngHeader.Parse(content);
                break;
            case Plte when content.Length is 0 or > 768 || content.Length % 3 != 0:
                throw new InvalidDataException($"a palette cannot have {content.Length} bytes");
            case Plte:
                _palette = content;
                break;
            case Trns:
                _transparency = content;
                break;
            case Idat when _dataEnded:
                throw new InvalidDataException("the pixel data are interrupted by another chunk");
            case Idat:
                _compressed.Write(content);
                break;
            case Iend:
                break;
            default:
                // Lower case means that a decoder may ignore the chunk.
                if ((type & 0x20000000) == 0)
                    throw new InvalidDataException($"chunk {Name(type)} is not known and may not be ignored");
                break;
        }
    }

    private PngImage ReadPixels()
    {
        if (_header.ColorType == PngColorType.Palette && _palette == null)
            throw new InvalidDataException("the colours are those of a palette, and there is none");
        if ((long)_header.Width * _header.Height > Array.MaxLength / 4)
            throw new InvalidDataException($"an image of {_header.Width}x{_header.Height} pixels is too large");
        int pixelBytes = 4 * _header.Width * _header.Height;
        PngPass[] passes = PngPass.Of(_header);
        long rawBytes = passes.Sum(pass => pass.Height * (_header.RowBytes(pass.Width) + 1));
        if (rawBytes > LargestInflation * _compressed.Length)
        {
            throw new InvalidDataException(
                $"{_header.Width}x{_header.Height} pixels need {rawBytes} bytes, which {_compressed.Length} bytes of compressed data cannot hold");
        }

        _compressed.Position = 0;
        using var inflated = new ZLibStream(_compressed, CompressionMode.Decompress);
        var expander = new PngSampleExpander(_header, _palette, _transparency);
        var pixels = new PixelBuffer(pixelBytes);
        try
        {
            foreach (PngPass pass in passes)
                ReadPass(inflated, pass, expander, pixels);
            if (inflated.ReadByte() >= 0)
                throw new InvalidDataException("there are more pixel data than the size calls for");
        }
        catch (IOException e)
        {
            throw new InvalidDataException($"the pixel data cannot be inflated: {e.Message}", e);
        }
        return new PngImage(_header.Width, _header.Height, pixels.ToArray());
    }

    private void ReadPass(Stream inflated, PngPass pass, PngSampleExpander expander, PixelBuffer pixels)
    {
        if (pass.Width == 0 || pass.Height == 0)
            return;
        int rowBytes = checked((int)_header.RowBytes(pass.Width));
        var row = new byte[rowBytes];
        var above = new byte[rowBytes];
        for (int y = 0; y < pass.Height; y++)
        {
            int filter = inflated.ReadByte();
            if (filter < 0 || inflated.ReadAtLeast(row, rowBytes, throwOnEndOfStream: false) < rowBytes)
                throw new InvalidDataException($"the pixel data end in row {y} of {pass.Height}");
            PngFilter.Undo(filter, row, above, _header.FilterDistance);
            long line = (long)(pass.Top + (y * pass.RowStep)) * _header.Width;
            Span<byte> target = pixels.Reach((int)(4 * (line + _header.Width)));
            expander.Expand(row, pass.Width, target, (int)(4 * (line + pass.Left)), 4 * pass.ColumnStep);
            (row, above) = (above, row);
        }
    }

    private static string Name(uint type)
    {
        Span<char> name = stackalloc char[4];
        for (int i = 0; i < name.Length; i++)
        {
            char character = (char)(type >> (24 - (8 * i)) & 0xFF);
            name[i] = char.IsAsciiLetter(character) ? character : '?';
        }
        return name.ToString();
    }

    /// <summary>A buffer that has its full size only once rows have come for it.</summary>
    private sealed class PixelBuffer(int size)
    {
        private byte[] _bytes = new byte[Math.Min(size, FirstPixelBytes)];

        public Span<byte> Reach(int end)
        {
            if (end > _bytes.Length)
                Array.Resize(ref _bytes, (int)Math.Min(size, Math.Max(end, 2L * _bytes.Length)));
            return _bytes;
        }

        public byte[] ToArray()
        {
            Reach(size);
            return _bytes;
        }
    }
}
