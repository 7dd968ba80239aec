using System.Numerics.Tensors;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// A sparse matrix by its rows, in double precision: what a node's channels are made of, and what that does to the weights on both sides of it.
/// </summary>
/// <param name="rows">The entries of each row.</param>
/// <param name="columns">Number of columns.</param>
internal sealed class SparseRows(FeatureMap.Entry[][] rows, int columns)
{
    /// <summary>Number of rows.</summary>
    public int Length => rows.Length;

    /// <summary>Number of columns.</summary>
    public int Columns => columns;

    /// <summary>The entries of a row.</summary>
    public ReadOnlySpan<FeatureMap.Entry> this[int row] => rows[row];

    /// <summary>For each row the column that it copies, if every row copies one; otherwise null.</summary>
    public int[]? FindCopies() => rows.All(row => row is [{ Weight: 1 }]) ? [.. rows.Select(row => row[0].Index)] : null;

    /// <summary>R·T along one axis of a tensor, which gets as many places as there are rows, added to a sum.</summary>
    /// <param name="tensor">The tensor; its axis has as many places as there are columns.</param>
    /// <param name="axis">The axis.</param>
    /// <param name="sum">Receives the product, in the order of a tensor of its shape.</param>
    public void AddProduct(Tensor tensor, int axis, Span<double> sum)
    {
        (int before, int places, int after) = Split(tensor, axis);
        for (int b = 0; b < before; b++)
        {
            for (int p = 0; p < rows.Length; p++)
            {
                Span<double> target = sum.Slice((b * rows.Length + p) * after, after);
                foreach (FeatureMap.Entry entry in rows[p])
                {
                    ReadOnlySpan<float> values = tensor.Span.Slice((b * places + entry.Index) * after, after);
                    for (int i = 0; i < values.Length; i++)
                        target[i] += entry.Weight * values[i];
                }
            }
        }
    }

    /// <summary>R·T along one axis of a tensor.</summary>
    public Tensor Multiply(Tensor tensor, int axis)
    {
        int[] shape = ShapeWith(tensor, axis, rows.Length);
        var product = new double[CountElements(shape)];
        AddProduct(tensor, axis, product);
        return ToTensor(product, shape);
    }

    /// <summary>T·R along one axis of a tensor, whose places are the rows: it gets as many as there are columns.</summary>
    public Tensor MultiplyFromRight(Tensor tensor, int axis)
    {
        (int before, int places, int after) = Split(tensor, axis);

        // Features that are reconstructed from many others: whole rows are added for one place behind the axis after the other.
        var dense = new double[places][];
        for (int i = 0; i < places; i++)
        {
            if (rows[i].Length <= columns / 4)
                continue;
            dense[i] = new double[columns];
            foreach (FeatureMap.Entry entry in rows[i])
                dense[i][entry.Index] += entry.Weight;
        }

        var product = new double[(long)before * columns * after];
        var sums = new double[after * columns]; // [after, columns]
        for (int b = 0; b < before; b++)
        {
            Array.Clear(sums);
            for (int i = 0; i < places; i++)
            {
                ReadOnlySpan<float> values = tensor.Span.Slice((b * places + i) * after, after);
                for (int t = 0; t < after; t++)
                {
                    Span<double> sum = sums.AsSpan(t * columns, columns);
                    if (dense[i] is { } row)
                    {
                        TensorPrimitives.MultiplyAdd(row, values[t], sum, sum);
                        continue;
                    }

                    foreach (FeatureMap.Entry entry in rows[i])
                        sum[entry.Index] += entry.Weight * values[t];
                }
            }

            for (int t = 0; t < after; t++)
            {
                for (int p = 0; p < columns; p++)
                    product[((long)b * columns + p) * after + t] = sums[t * columns + p];
            }
        }

        return ToTensor(product, ShapeWith(tensor, axis, columns));
    }

    /// <summary>The matrix as a layer of its own: a 1×1 convolution on feature maps, a Linear layer on vectors.</summary>
    /// <param name="isMap">Whether it is to take feature maps.</param>
    public Layer ToLayer(bool isMap)
    {
        var weight = new Tensor(rows.Length, columns);
        for (int row = 0; row < rows.Length; row++)
        {
            foreach (FeatureMap.Entry entry in rows[row])
                weight.Span[row * columns + entry.Index] += (float)entry.Weight;
        }

        return isMap ? new Conv2d(weight.Reshape(rows.Length, columns, 1, 1)) : new Linear(weight);
    }

    /// <summary>A tensor's shape with another number of places along one axis.</summary>
    internal static int[] ShapeWith(Tensor tensor, int axis, int places)
    {
        int[] shape = tensor.Shape.ToArray();
        shape[axis] = places;
        return shape;
    }

    /// <summary>Number of elements of a shape.</summary>
    internal static int CountElements(ReadOnlySpan<int> shape)
    {
        int count = 1;
        foreach (int extent in shape)
            count = checked(count * extent);
        return count;
    }

    /// <summary>Values in single precision.</summary>
    internal static Tensor ToTensor(ReadOnlySpan<double> values, params ReadOnlySpan<int> shape)
    {
        var tensor = new Tensor(shape);
        for (int i = 0; i < values.Length; i++)
            tensor.Span[i] = (float)values[i];
        return tensor;
    }

    /// <summary>Number of places before, along and behind an axis.</summary>
    private static (int Before, int Places, int After) Split(Tensor tensor, int axis)
    {
        ReadOnlySpan<int> shape = tensor.Shape;
        return (CountElements(shape[..axis]), shape[axis], CountElements(shape[(axis + 1)..]));
    }
}
