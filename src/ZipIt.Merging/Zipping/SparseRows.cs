using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// A sparse matrix by its rows, in double precision: what a node's channels are made of, and what that does to the weights on both sides of it.
/// </summary>
/// <param name="rows">The entries of each row.</param>
/// <param name="columns">Number of columns.</param>
internal sealed class SparseRows(FeatureMap.Entry[][] rows, int columns)
{
    private const int SmallestParallel = 1 << 16; // values of a product
    private const int SmallestPart = 96; // rows that are multiplied with what features are reconstructed from

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
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public void AddProduct(Tensor tensor, int axis, double[] sum, int threads)
    {
        (int before, int places, int after) = Split(tensor, axis);
        WorkerTeam.For(sum.Length < SmallestParallel ? 1 : threads, before * rows.Length, (place, _) =>
        {
            int b = place / rows.Length;
            Span<double> target = sum.AsSpan(place * after, after);
            foreach (FeatureMap.Entry entry in rows[place % rows.Length])
            {
                ReadOnlySpan<float> values = tensor.Span.Slice((b * places + entry.Index) * after, after);
                for (int i = 0; i < values.Length; i++)
                    target[i] += entry.Weight * values[i];
            }
        });
    }

    /// <summary>R·T along one axis of a tensor.</summary>
    public Tensor Multiply(Tensor tensor, int axis, int threads)
    {
        int[] shape = ShapeWith(tensor, axis, rows.Length);
        var product = new double[CountElements(shape)];
        AddProduct(tensor, axis, product, threads);
        return ToTensor(product, shape);
    }

    /// <summary>T·R along one axis of a tensor, whose places are the rows: it gets as many as there are columns.</summary>
    public unsafe Tensor MultiplyFromRight(Tensor tensor, int axis, int threads)
    {
        (int before, int places, int after) = Split(tensor, axis);
        var product = new Tensor(ShapeWith(tensor, axis, columns));

        // Features that are reconstructed from many others make a matrix of their own.
        int[] dense = [.. Enumerable.Range(0, places).Where(i => rows[i].Length > columns / 4)];
        int[] sparse = [.. Enumerable.Range(0, places).Except(dense)];
        var reconstruction = new RowPanels(columns, dense.Length);
        var values = new double[columns];
        for (int k = 0; k < dense.Length; k++)
        {
            Array.Clear(values);
            foreach (FeatureMap.Entry entry in rows[dense[k]])
                values[entry.Index] += entry.Weight;
            reconstruction.SetColumn(k, values);
        }

        int part = Math.Max(SmallestPart / after, 1); // of what is before the axis
        WorkerTeam.For(product.Length < SmallestParallel ? 1 : threads, (before + part - 1) / part, (number, _) =>
        {
            int first = number * part, count = Math.Min(part, before - first), height = count * after;
            var sums = new double[height * columns]; // [before, after, columns]
            fixed (double* target = sums)
            {
                var weights = new RowPanels(height, dense.Length);
                double[] column = new double[height];
                for (int k = 0; k < dense.Length; k++)
                {
                    for (int row = 0; row < height; row++)
                        column[row] = tensor.Span[((first + row / after) * places + dense[k]) * after + row % after];
                    weights.SetColumn(k, column);
                }

                RowPanels.Add(new(weights, 0, height, 0), new(reconstruction, 0, columns, 0), dense.Length, 1, target, columns);
            }

            for (int b = 0; b < count; b++)
            {
                ReadOnlySpan<float> own = tensor.Span.Slice((first + b) * places * after, places * after);
                Span<float> result = product.Span.Slice((first + b) * columns * after, columns * after);
                for (int t = 0; t < after; t++)
                {
                    Span<double> sum = sums.AsSpan((b * after + t) * columns, columns);
                    foreach (int i in sparse)
                    {
                        foreach (FeatureMap.Entry entry in rows[i])
                            sum[entry.Index] += entry.Weight * own[i * after + t];
                    }

                    for (int p = 0; p < columns; p++)
                        result[p * after + t] = (float)sum[p];
                }
            }
        });
        return product;
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
