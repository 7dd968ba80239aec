using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;

namespace Reproduction.Data;

/// <summary>Images of one size with their classes, decoded when they are asked for.</summary>
internal abstract class LabelledImages
{
    /// <summary>Describes images.</summary>
    /// <param name="labels">Names of the classes.</param>
    /// <param name="shape">Shape of one image: [channels, height, width].</param>
    protected LabelledImages(IReadOnlyList<string> labels, ReadOnlySpan<int> shape) => (Labels, Shape) = (labels, shape.ToArray());

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Shape of one image: [channels, height, width].</summary>
    public IReadOnlyList<int> Shape { get; }

    /// <summary>Number of values of one image.</summary>
    public int Length => Shape[0] * Shape[1] * Shape[2];

    /// <summary>Number of images.</summary>
    public abstract int Count { get; }

    /// <summary>Number of an image's class.</summary>
    public abstract int ClassOf(int image);

    /// <summary>Writes an image's values, planar, 0–255. Several threads may read at the same time.</summary>
    /// <param name="image">Number of the image.</param>
    /// <param name="pixels">Receives the values.</param>
    /// <exception cref="InvalidDataException">The image is damaged; the message names its file.</exception>
    public abstract void Read(int image, Span<float> pixels);

    /// <summary>The images of some classes, which alone count from then on.</summary>
    /// <param name="classes">Numbers of the classes, in their new order.</param>
    public LabelledImages OfClasses(IReadOnlyList<int> classes)
    {
        var numbers = new Dictionary<int, int>();
        for (int i = 0; i < classes.Count; i++)
            numbers[classes[i]] = i;
        int[] images = [.. Enumerable.Range(0, Count).Where(image => numbers.ContainsKey(ClassOf(image)))];
        return new ImageSelection(this, [.. classes.Select(number => Labels[number])], images, [.. images.Select(image => numbers[ClassOf(image)])]);
    }

    /// <summary>Some of the images, spread evenly over all of each class.</summary>
    /// <param name="count">Largest number; null for all.</param>
    public LabelledImages Take(int? count)
    {
        if (count is not { } most || most >= Count)
            return this;
        int[] ordered = [.. Enumerable.Range(0, Count).OrderBy(ClassOf)];
        return Choose([.. Enumerable.Range(0, most).Select(i => ordered[(int)((i + 0.5) * Count / most)])]);
    }

    /// <summary>Some of the images.</summary>
    /// <param name="images">Their numbers.</param>
    public LabelledImages Choose(IReadOnlyList<int> images) => new ImageSelection(this, Labels, images, [.. images.Select(ClassOf)]);

    /// <summary>The images in an order that shows all classes in turn, the same on every run.</summary>
    public LabelledImages Shuffle(int seed)
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        new Random(seed).Shuffle(order);
        return Choose(order);
    }

    /// <summary>The same images, whose classes have other names.</summary>
    public LabelledImages Rename(Func<string, string> rename) =>
        new ImageSelection(this, [.. Labels.Select(rename)], [.. Enumerable.Range(0, Count)], [.. Enumerable.Range(0, Count).Select(ClassOf)]);

    /// <summary>The images as the zipper and the evaluation read them.</summary>
    /// <param name="cancellation">Ends a pass between two batches.</param>
    public IImageSource ToSource(CancellationToken cancellation = default) => new ImageReader(this, cancellation);

    /// <summary>The images as ML.NET's trainers read them: columns <c>Pixels</c> and <c>Class</c>.</summary>
    public IDataView ToDataView(MLContext context)
    {
        SchemaDefinition schema = SchemaDefinition.Create(typeof(ImageRow));
        schema[nameof(ImageRow.Pixels)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, Shape.ToArray());
        return context.Data.LoadFromEnumerable(Enumerable.Range(0, Count).Select(image =>
        {
            var row = new ImageRow { Pixels = new float[Length], Class = Labels[ClassOf(image)] };
            Read(image, row.Pixels);
            return row;
        }), schema);
    }

    private sealed class ImageRow
    {
        public float[] Pixels { get; set; } = [];

        public string Class { get; set; } = "";
    }
}
