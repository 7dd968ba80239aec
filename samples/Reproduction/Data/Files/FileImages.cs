using System.Buffers;
using SkiaSharp;

namespace Reproduction.Data;

/// <summary>Image files of any size, which are decoded when they are asked for; nothing but their names is kept.</summary>
internal sealed class FileImages : LabelledImages
{
    private const long MostPixels = 1L << 28;

    private readonly string _folder;
    private readonly string[] _names;
    private readonly int[] _classes;
    private readonly CentreCrop _crop;

    /// <summary>Describes files.</summary>
    /// <param name="labels">Names of the classes.</param>
    /// <param name="folder">Folder with the files.</param>
    /// <param name="names">Their paths in it.</param>
    /// <param name="classes">Class of each.</param>
    /// <param name="crop">How they become images of one size.</param>
    public FileImages(IReadOnlyList<string> labels, string folder, IReadOnlyList<string> names, IReadOnlyList<int> classes, CentreCrop crop)
        : base(labels, [3, crop.Size, crop.Size])
    {
        if (crop.Size < 1 || crop.Shorter < crop.Size)
            throw new ArgumentOutOfRangeException(nameof(crop), crop, "Expected a size of at least 1, cut out of at least as much.");
        (_folder, _names, _classes, _crop) = (folder, [.. names], [.. classes], crop);
    }

    /// <inheritdoc/>
    public override int Count => _names.Length;

    /// <inheritdoc/>
    public override int ClassOf(int image) => _classes[image];

    /// <inheritdoc/>
    public override void Read(int image, Span<float> pixels)
    {
        string path = Path.Combine(_folder, _names[image]);
        using SKCodec codec = SKCodec.Create(path, out SKCodecResult opened)
            ?? throw new InvalidDataException($"'{path}' is no image that can be decoded ({opened}).");
        (int width, int height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > MostPixels)
            throw new InvalidDataException($"'{path}' is an image of {width}×{height} pixels, more than {MostPixels}.");
        var info = new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Unpremul);
        byte[] decoded = ArrayPool<byte>.Shared.Rent(info.BytesSize);
        try
        {
            SKCodecResult result;
            unsafe
            {
                fixed (byte* target = decoded)
                    result = codec.GetPixels(info, (nint)target);
            }

            if (result != SKCodecResult.Success)
                throw new InvalidDataException($"'{path}' is damaged: its pixels cannot be decoded ({result}).");
            _crop.Apply(decoded.AsSpan(0, info.BytesSize), width, height, pixels);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(decoded);
        }
    }
}
