using System.Buffers.Binary;

namespace WebApi;

/// <summary>
/// Looks at an image file before it is decoded: decoders fill in what a damaged file lacks, and a small file can claim a picture that takes all memory.
/// </summary>
public static class ImageFileCheck
{
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(CrcOf)];

    private static ReadOnlySpan<byte> PngSignature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    private static ReadOnlySpan<byte> JpegSignature => [0xFF, 0xD8, 0xFF];

    /// <summary>Checks that a file is a PNG or JPEG image of a size that is allowed, and not cut off; takes no time. Pixels are another matter.</summary>
    /// <param name="file">The bytes of the file.</param>
    /// <param name="maximumPixels">Largest number of pixels.</param>
    /// <exception cref="RejectedImageException">It is not.</exception>
    public static void Check(ReadOnlySpan<byte> file, long maximumPixels)
    {
        (int width, int height) = file.StartsWith(PngSignature) ? CheckPng(file[PngSignature.Length..])
            : file.StartsWith(JpegSignature) ? CheckJpeg(file[2..])
            : throw Reject("The image is neither a PNG nor a JPEG file.");
        if (width <= 0 || height <= 0)
            throw Reject($"The image claims {width}×{height} pixels.");
        if ((long)width * height > maximumPixels)
            throw Reject($"The image has {width}×{height} pixels; {maximumPixels} are allowed.");
    }

    /// <summary>Checks that the pixels of a file are there, all of them and unharmed; takes about as long as decoding.</summary>
    /// <param name="file">The bytes of a file that has passed <see cref="Check"/>.</param>
    /// <exception cref="RejectedImageException">They are not.</exception>
    public static void CheckPixels(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith(PngSignature))
            PngPixels.Check(file);
        else
            JpegScans.Check(file);
    }

    /// <summary>A PNG file is a row of chunks: length, type, content, checksum of type and content. The first has the size, the last is IEND.</summary>
    private static (int Width, int Height) CheckPng(ReadOnlySpan<byte> chunks)
    {
        const int Overhead = 12;
        (int, int)? size = null;
        while (true)
        {
            if (chunks.Length < Overhead)
                throw Reject("The PNG image is cut off.");
            uint length = BinaryPrimitives.ReadUInt32BigEndian(chunks);
            if (length > chunks.Length - Overhead)
                throw Reject("The PNG image is cut off.");
            ReadOnlySpan<byte> checkedBytes = chunks.Slice(4, 4 + (int)length), type = checkedBytes[..4], content = checkedBytes[4..];
            if (Crc(checkedBytes) != BinaryPrimitives.ReadUInt32BigEndian(chunks[(8 + (int)length)..]))
                throw Reject("The PNG image is damaged: a checksum is wrong.");
            if (size is null)
            {
                if (!type.SequenceEqual("IHDR"u8) || length != 13)
                    throw Reject("The PNG image is damaged: it does not begin with its header.");
                size = (BinaryPrimitives.ReadInt32BigEndian(content), BinaryPrimitives.ReadInt32BigEndian(content[4..]));
            }

            if (type.SequenceEqual("IEND"u8))
                return size.Value;
            chunks = chunks[(Overhead + (int)length)..];
        }
    }

    /// <summary>
    /// A JPEG file is a row of segments: marker, length, content. A frame header has the size; pixels follow a start of scan up to the marker FF D9.
    /// </summary>
    private static (int Width, int Height) CheckJpeg(ReadOnlySpan<byte> segments)
    {
        (int, int)? size = null;
        while (true)
        {
            if (segments.Length < 4)
                throw Reject("The JPEG image is cut off.");
            if (segments[0] != 0xFF)
                throw Reject("The JPEG image is damaged: a marker is missing.");
            byte marker = segments[1];
            if (marker == 0xFF)
            {
                segments = segments[1..];
                continue;
            }

            int length = BinaryPrimitives.ReadUInt16BigEndian(segments[2..]);
            if (length < 2 || length > segments.Length - 2)
                throw Reject("The JPEG image is cut off.");
            bool isFrame = marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
            if (isFrame && length >= 8)
                size = (BinaryPrimitives.ReadUInt16BigEndian(segments[7..]), BinaryPrimitives.ReadUInt16BigEndian(segments[5..]));
            segments = segments[(2 + length)..];
            if (marker != 0xDA)
                continue;
            if (size is not { } found)
                throw Reject("The JPEG image is damaged: its size is missing.");
            return segments.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) >= 0 ? found : throw Reject("The JPEG image is cut off.");
        }
    }

    /// <summary>The checksum of PNG (ISO/IEC 15948, annex D).</summary>
    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
            crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        return ~crc;
    }

    private static uint CrcOf(int value)
    {
        uint crc = (uint)value;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        return crc;
    }

    private static RejectedImageException Reject(string message) => new(StatusCodes.Status400BadRequest, message);
}
