using Microsoft.ML;
using Microsoft.ML.Runtime;
using ZipIt.Merging;
using ZipIt.MLNet;
using ZipIt.Networks;

namespace ZipIt.Tool.Inputs;

/// <summary>
/// The pixels of images as a network takes them, read by an ML.NET pipeline, as a program would that serves the network. As long as they take little memory
/// they are read once and kept.
/// </summary>
internal sealed class PixelSource : IImageSource
{
    /// <summary>Most memory that kept images take, in bytes.</summary>
    private const long MemoryBudget = 512L << 20;

    private readonly ImageSet _images;
    private readonly MLContext _context;
    private readonly int[] _shape;
    private readonly int _length;
    private readonly CancellationToken _cancellation;
    private Tensor? _kept;

    /// <summary>Binds to images.</summary>
    /// <param name="images">The images.</param>
    /// <param name="context">Reads image files.</param>
    /// <param name="shape">Shape of one image as the network takes it: [channels, height, width].</param>
    /// <param name="cancellation">Ends a pass between two images.</param>
    /// <exception cref="InvalidDataException">The images have another size and cannot be resized.</exception>
    public PixelSource(ImageSet images, MLContext context, ReadOnlySpan<int> shape, CancellationToken cancellation)
    {
        (_images, _context, _shape, _cancellation) = (images, context, shape.ToArray(), cancellation);
        _length = _shape[0] * _shape[1] * _shape[2];
        images.CheckSize(shape);
    }

    /// <summary>The images.</summary>
    public ImageSet Images => _images;

    /// <summary>For each image the number of its class, −1 if it is unknown; null for none.</summary>
    public int[]? Labels { get; init; }

    /// <summary>Is told the number of images read in a pass, after every batch; null for nobody.</summary>
    public Action<long>? OnRead { get; init; }

    /// <inheritdoc/>
    public ReadOnlySpan<int> Shape => _shape;

    /// <inheritdoc/>
    public long? ImageCount => _images.Count;

    /// <summary>The same images with labels, told about in another way.</summary>
    /// <param name="labels">For each image the number of its class; null for none.</param>
    /// <param name="onRead">Is told the number of images read in a pass.</param>
    public PixelSource With(int[]? labels, Action<long>? onRead) =>
        new(_images, _context, _shape, _cancellation) { Labels = labels, OnRead = onRead, _kept = _kept };

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">An image cannot be read; the message names it.</exception>
    public IEnumerable<ImageBatch> ReadBatches(int batchSize)
    {
        var buffer = new float[checked(batchSize * _length)];
        int first = 0, filled = 0;
        foreach (ReadOnlyMemory<float> image in _kept is null ? ReadImages() : KeptImages(_kept))
        {
            _cancellation.ThrowIfCancellationRequested();
            image.CopyTo(buffer.AsMemory(filled++ * _length));
            if (filled < batchSize)
                continue;
            yield return Batch(filled);
            (first, filled) = (first + filled, 0);
            OnRead?.Invoke(first);
        }

        if (filled == 0)
            yield break;
        yield return Batch(filled);
        OnRead?.Invoke(first + filled);

        ImageBatch Batch(int count) => new(buffer.AsMemory(0, count * _length), count, Labels is null ? default : Labels.AsMemory(first, count));
    }

    /// <summary>Reads all images into memory if they fit, so that sources made by <see cref="With"/> need not.</summary>
    public void Keep()
    {
        if (_kept is not null || (long)_images.Count * _length * sizeof(float) > MemoryBudget)
            return;
        var pixels = new Tensor(_images.Count, _shape[0], _shape[1], _shape[2]);
        int count = 0;
        foreach (ReadOnlyMemory<float> image in ReadImages())
        {
            _cancellation.ThrowIfCancellationRequested();
            image.Span.CopyTo(pixels.Slice(count++, 1).Span);
            OnRead?.Invoke(count);
        }

        _kept = pixels;
    }

    private IEnumerable<ReadOnlyMemory<float>> KeptImages(Tensor kept) =>
        Enumerable.Range(0, _images.Count).Select(i => (ReadOnlyMemory<float>)kept.Slice(i, 1).Memory);

    private IEnumerable<ReadOnlyMemory<float>> ReadImages()
    {
        IDataView rows = _images.LoadPixels(_context, _shape);
        DataViewSchema.Column column = rows.Schema["Pixels"];
        using var cursor = new SourceCursor((IExceptionContext)_context, rows, column, rows.GetRowCursor([column]));
        var reader = new PixelReader((IExceptionContext)_context, cursor, column);
        var image = new float[_length];
        while (cursor.MoveNext())
        {
            reader.Read(image);
            yield return image;
        }
    }
}
