using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using ZipIt.MLNet;

namespace ZipIt.TorchSharp;

/// <summary>Labelled images, read once and kept. Whole numbers up to 255 take one byte, other values four.</summary>
internal sealed class TrainingImages
{
    private readonly List<byte[]?> _bytes = [];
    private readonly List<float[]?> _floats = [];
    private readonly List<int> _labels = [];

    private TrainingImages(int[] shape)
    {
        Shape = shape;
        Length = shape[0] * shape[1] * shape[2];
    }

    /// <summary>Shape of one image: [channels, height, width].</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Number of values of one image.</summary>
    public int Length { get; }

    /// <summary>Number of images.</summary>
    public int Count => _labels.Count;

    /// <summary>Number of rows that were left out: without label, or with a value that is no pixel.</summary>
    public int Skipped { get; private set; }

    /// <summary>Class of each image, from 0.</summary>
    public IReadOnlyList<int> Labels => _labels;

    /// <summary>Reads all rows.</summary>
    /// <param name="context">Marks exceptions.</param>
    /// <param name="data">The rows.</param>
    /// <param name="pixels">The pixel column.</param>
    /// <param name="label">The key column.</param>
    /// <param name="shape">Shape of one image.</param>
    /// <param name="cancellation">Ends the reading between two rows.</param>
    /// <exception cref="InvalidOperationException">A row cannot be read; the message names it.</exception>
    public static TrainingImages Read(
        IExceptionContext context, IDataView data, DataViewSchema.Column pixels, DataViewSchema.Column label, ReadOnlySpan<int> shape,
        CancellationToken cancellation)
    {
        var images = new TrainingImages(shape.ToArray());
        var image = new float[images.Length];
        using var cursor = new SourceCursor(context, data, pixels, data.GetRowCursor([pixels, label]));
        var reader = new PixelReader(context, cursor, pixels);
        Func<ulong> key = CreateKeyReader(cursor, label);
        while (cursor.MoveNext())
        {
            cancellation.ThrowIfCancellationRequested();
            ulong number = key();
            if (number == 0 || !reader.Read(image))
                images.Skipped++;
            else
                images.Add(image, checked((int)(number - 1)));
        }

        return images;
    }

    /// <summary>Writes the pixels of an image.</summary>
    public void CopyTo(int image, Span<float> target)
    {
        if (_floats[image] is { } floats)
        {
            floats.CopyTo(target);
            return;
        }

        byte[] bytes = _bytes[image]!;
        for (int i = 0; i < bytes.Length; i++)
            target[i] = bytes[i];
    }

    private void Add(float[] image, int label)
    {
        bool isWhole = true;
        for (int i = 0; i < image.Length && isWhole; i++)
            isWhole = image[i] is >= 0 and <= byte.MaxValue && image[i] == (byte)image[i];
        _bytes.Add(isWhole ? Array.ConvertAll(image, value => (byte)value) : null);
        _floats.Add(isWhole ? null : [.. image]);
        _labels.Add(label);
    }

    /// <summary>Keys count from 1; 0 is a missing one.</summary>
    private static Func<ulong> CreateKeyReader(DataViewRow row, DataViewSchema.Column column)
    {
        Type type = column.Type.RawType;
        return type == typeof(byte) ? Create<byte>(value => value)
            : type == typeof(ushort) ? Create<ushort>(value => value)
            : type == typeof(uint) ? Create<uint>(value => value)
            : Create<ulong>(value => value);

        Func<ulong> Create<T>(Func<T, ulong> widen)
        {
            ValueGetter<T> getter = row.GetGetter<T>(column);
            T value = default!;
            return () =>
            {
                getter(ref value);
                return widen(value);
            };
        }
    }
}
