using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests.Zipping;

public sealed class SparseRowsTests
{
    private static readonly SparseRows Rows = new([[new(0, 0.5), new(2, 0.25)], [new(1, 1)]], 3);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Multiply_AnyAxis_IsTheProductAlongIt(int axis)
    {
        int[] shape = [4, 5, 2];
        shape[axis] = 3;
        Tensor tensor = new NetworkGenerator(1).DrawTensor(1, shape);

        Tensor product = Rows.Multiply(tensor, axis, 2);

        int[] expected = [.. shape];
        expected[axis] = 2;
        Assert.True(product.HasShape(expected));
        ForEach(product, index =>
        {
            double sum = 0;
            foreach (FeatureMap.Entry entry in Rows[index[axis]])
                sum += entry.Weight * Get(tensor, With(index, axis, entry.Index));
            Assert.Equal(sum, Get(product, index), 1e-6);
        });
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void MultiplyFromRight_AnyAxis_IsTheProductAlongIt(int axis, bool isDense)
    {
        SparseRows rows = isDense ? new SparseRows([[.. Enumerable.Range(0, 8).Select(i => new FeatureMap.Entry(i, i - 3.5))], [new(7, 2)]], 8) : Rows;
        int[] shape = [4, 5, 6];
        shape[axis] = rows.Length;
        Tensor tensor = new NetworkGenerator(2).DrawTensor(1, shape);

        Tensor product = rows.MultiplyFromRight(tensor, axis, 2);

        Assert.Equal(rows.Columns, product[axis]);
        ForEach(product, index =>
        {
            double sum = 0;
            for (int row = 0; row < rows.Length; row++)
            {
                foreach (FeatureMap.Entry entry in rows[row])
                    sum += entry.Index == index[axis] ? entry.Weight * Get(tensor, With(index, axis, row)) : 0;
            }

            Assert.Equal(sum, Get(product, index), 1e-5);
        });
    }

    /// <summary>Several parts of rows, every third of which is reconstructed from all columns.</summary>
    [Fact]
    public void MultiplyFromRight_ManyRows_IsTheProductForAnyNumberOfThreads()
    {
        const int Before = 350, Places = 30, Columns = 40, After = 5;
        var rows = new SparseRows(
            [.. Enumerable.Range(0, Places).Select(i => i % 3 > 0
                ? new FeatureMap.Entry[] { new(i, 1) }
                : [.. Enumerable.Range(0, Columns).Select(j => new FeatureMap.Entry(j, Math.Sin(i * Columns + j)))])],
            Columns);
        Tensor tensor = new NetworkGenerator(3).DrawTensor(1, Before, Places, After);
        Tensor product = rows.MultiplyFromRight(tensor, 1, 1);
        Assert.True(product.Span.SequenceEqual(rows.MultiplyFromRight(tensor, 1, 3).Span));
        for (int b = 0; b < Before; b++)
        {
            for (int t = 0; t < After; t++)
            {
                var expected = new double[Columns];
                for (int i = 0; i < Places; i++)
                {
                    foreach (FeatureMap.Entry entry in rows[i])
                        expected[entry.Index] += entry.Weight * tensor.Span[(b * Places + i) * After + t];
                }

                for (int j = 0; j < Columns; j++)
                    Assert.Equal(expected[j], product.Span[(b * Columns + j) * After + t], 1e-5);
            }
        }
    }

    [Fact]
    public void AddProduct_Sum_IsAddedTo()
    {
        double[] sum = [10, 20];
        Rows.AddProduct(new Tensor(new float[] { 2, 3, 4 }, 3), 0, sum, 2);
        Assert.Equal([12, 23], sum);
    }

    [Fact]
    public void FindCopies_RowsThatOnlyCopy_AreTheirColumns()
    {
        Assert.Null(Rows.FindCopies());
        Assert.Equal([2, 0, 2], new SparseRows([[new(2, 1)], [new(0, 1)], [new(2, 1)]], 3).FindCopies()!);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ToLayer_Matrix_IsItsProduct(bool isMap)
    {
        Layer layer = Rows.ToLayer(isMap);

        Assert.Equal(isMap ? "Conv2d" : "Linear", layer.Kind);
        Assert.Equal([0.5f, 0, 0.25f, 0, 1, 0], layer.GetParameter(ParameterRole.Weight)!.Span.ToArray());
    }

    private static void ForEach(Tensor tensor, Action<int[]> assert)
    {
        for (int a = 0; a < tensor[0]; a++)
        {
            for (int b = 0; b < tensor[1]; b++)
            {
                for (int c = 0; c < tensor[2]; c++)
                    assert([a, b, c]);
            }
        }
    }

    private static float Get(Tensor tensor, int[] index) => tensor.Span[(index[0] * tensor[1] + index[1]) * tensor[2] + index[2]];

    private static int[] With(int[] index, int axis, int place)
    {
        int[] other = [.. index];
        other[axis] = place;
        return other;
    }
}
