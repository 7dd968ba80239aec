using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;
using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>The column that images come from: a vector of Single of known size, as <c>ExtractPixels</c> makes it.</summary>
internal static class PixelColumn
{
    /// <summary>Finds the column in a schema.</summary>
    /// <param name="context">Marks exceptions.</param>
    /// <param name="schema">The schema of the input.</param>
    /// <param name="name">Name of the column.</param>
    /// <param name="shape">What one image must be: [channels, height, width].</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it has another type.</exception>
    public static DataViewSchema.Column Find(IExceptionContext context, DataViewSchema schema, string name, ReadOnlySpan<int> shape)
    {
        if (schema is null)
            throw context.Process(new ArgumentNullException(nameof(schema)));
        if (schema.GetColumnOrNull(name) is not { } column)
            throw Missing(context, name);
        if (column.Type is not VectorDataViewType { IsKnownSize: true } vector || vector.ItemType != NumberDataViewType.Single || !IsPlanar(vector, shape))
            throw Mismatch(context, name, $"Vector<Single, {string.Join(", ", shape.ToArray())}>", $"{column.Type}{Advise(column.Type, shape)}");
        return column;
    }

    /// <summary>Checks the column in the shape of a schema, where sizes are not known.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such column, or it has another type.</exception>
    public static void Check(IExceptionContext context, SchemaShape shape, string name)
    {
        if (shape is null)
            throw context.Process(new ArgumentNullException(nameof(shape)));
        SchemaShape.Column[] found = [.. shape.Where(column => column.Name == name)];
        if (found.Length == 0)
            throw Missing(context, name);
        SchemaShape.Column column = found[^1];
        if (column.Kind == SchemaShape.Column.VectorKind.Vector && !column.IsKey && column.ItemType == NumberDataViewType.Single)
            return;
        string type = column.Kind == SchemaShape.Column.VectorKind.Scalar ? $"{column.ItemType}" : $"{column.Kind}<{column.ItemType}>";
        throw Mismatch(context, name, "Vector<Single>", type + Advise(column.ItemType));
    }

    /// <summary>A flat vector of the right size counts, and one of the right dimensions; interleaved pixels do not.</summary>
    private static bool IsPlanar(VectorDataViewType vector, ReadOnlySpan<int> shape)
    {
        int size = 1;
        foreach (int extent in shape)
            size *= extent;
        if (vector.Size != size)
            return false;
        return vector.Dimensions.Length == 1
            || vector.Dimensions.Where(extent => extent != 1).SequenceEqual(shape.ToArray().Where(extent => extent != 1));
    }

    /// <summary>What to change in the pipeline, where the type shows it.</summary>
    private static string Advise(DataViewType type, ReadOnlySpan<int> shape)
    {
        if (type is not VectorDataViewType vector)
            return Advise(type);
        if (vector.ItemType != NumberDataViewType.Single)
            return Advise(vector.ItemType);
        (int channels, int height, int width) = (shape[0], shape[1], shape[2]);
        return vector.Dimensions switch
        {
            [var h, _, var c] when c == channels && h != channels =>
                ". The colors of each pixel stand together; extract whole planes: ExtractPixels(…, interleavePixelColors: false)",
            [var c, var h, var w] when (h, w) == (height, width) && c != channels =>
                $". The network takes {channels} colors, these are {c}: ExtractPixels(…, colorsToExtract: …)",
            [var c, _, _] when c == channels =>
                $". Resize the images first: ResizeImages(…, imageWidth: {width}, imageHeight: {height})",
            _ => "",
        };
    }

    private static string Advise(DataViewType item) => item switch
    {
        ImageDataViewType => ". Extract the pixels of the images first: ExtractPixels",
        _ when item == NumberDataViewType.Byte => ". Extract numbers: ExtractPixels(…, outputAsFloatArray: true)",
        _ => "",
    };

    private static ArgumentOutOfRangeException Missing(IExceptionContext context, string name) =>
        context.Process(new ArgumentOutOfRangeException("inputSchema", $"Could not find input column '{name}'"));

    private static ArgumentOutOfRangeException Mismatch(IExceptionContext context, string name, string expected, string found) =>
        context.Process(new ArgumentOutOfRangeException("inputSchema", $"Schema mismatch for input column '{name}': expected {expected}, got {found}"));
}
