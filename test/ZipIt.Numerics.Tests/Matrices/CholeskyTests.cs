namespace ZipIt.Numerics.Tests;

public class CholeskyTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    [InlineData(47, 2)]
    [InlineData(48, 7)]
    [InlineData(49, 70)]
    [InlineData(63, 2)]
    [InlineData(64, 7)]
    [InlineData(65, 70)]
    [InlineData(130, 4)]
    [InlineData(191, 49)]
    [InlineData(192, 48)]
    [InlineData(193, 1)]
    [InlineData(333, 129)]
    [InlineData(390, 47)]
    public void SolveRows_RandomSystem_EqualsNaiveSolution(int size, int rows)
    {
        var random = new Random(size);
        Matrix matrix = RandomPositive(random, size, 2 * size);
        Matrix solution = RandomMatrix(random, rows, size);
        Matrix product = Multiply(solution, matrix);
        Cholesky? factor = Cholesky.TryFactor(matrix);
        Assert.NotNull(factor);
        factor.SolveRows(product);
        for (int k = 0; k < product.Values.Length; k++)
            Assert.Equal(solution.Values[k], product.Values[k], 1e-7);
    }

    [Fact]
    public void TryFactor_OneAndTwoThreads_GiveTheSameBits()
    {
        var random = new Random(1);
        Matrix matrix = RandomPositive(random, 450, 600), one = RandomMatrix(random, 100, 450), two = one.Clone();
        Cholesky.TryFactor(matrix, 0.1, 1)!.SolveRows(one, 1);
        Cholesky.TryFactor(matrix, 0.1, 2)!.SolveRows(two, 2);
        Assert.True(one.Values.SequenceEqual(two.Values));
    }

    [Fact]
    public void TryFactor_Ridge_IsAddedToTheDiagonal()
    {
        var matrix = new Matrix(2, 2, [1, 0, 0, 3]);
        var rows = new Matrix(1, 2, [4, 10]);
        Cholesky.TryFactor(matrix, 1)!.SolveRows(rows);
        Assert.Equal(2, rows[0, 0], 1e-14);
        Assert.Equal(2.5, rows[0, 1], 1e-14);
        Assert.Equal([1, 0, 0, 3], matrix.Values.ToArray());
    }

    [Theory]
    [InlineData(10, 5)]
    [InlineData(200, 150)]
    [InlineData(240, 239)]
    public void TryFactor_SingularMatrix_IsReportedAndARidgeHelps(int size, int rank)
    {
        Matrix matrix = RandomPositive(new Random(2), size, rank);
        Assert.Null(Cholesky.TryFactor(matrix));
        Assert.NotNull(Cholesky.TryFactor(matrix, 1e-3));
    }

    [Fact]
    public void TryFactor_ValuesThatAreNotFinite_AreReported()
    {
        Assert.Null(Cholesky.TryFactor(new Matrix(2, 2, [1, 0, double.NaN, 1])));
        Assert.Null(Cholesky.TryFactor(new Matrix(1, 1, [double.PositiveInfinity])));
        Assert.Null(Cholesky.TryFactor(new Matrix(1, 1, [0])));
    }

    [Fact]
    public void Cholesky_WrongShapes_Throw()
    {
        Assert.Throws<ArgumentException>(() => Cholesky.TryFactor(new Matrix(2, 3)));
        Assert.Throws<ArgumentException>(() => Cholesky.TryFactor(new Matrix(1, 1, [1]))!.SolveRows(new Matrix(1, 2)));
    }

    private static Matrix RandomMatrix(Random random, int rows, int columns)
    {
        var matrix = new Matrix(rows, columns);
        foreach (ref double value in matrix.Values)
            value = 2 * random.NextDouble() - 1;
        return matrix;
    }

    private static Matrix RandomPositive(Random random, int size, int rank)
    {
        Matrix factor = RandomMatrix(random, size, rank);
        var product = new Matrix(size, size);
        for (int i = 0; i < size; i++)
        {
            for (int j = 0; j < size; j++)
            {
                double sum = 0;
                for (int k = 0; k < rank; k++)
                    sum += factor[i, k] * factor[j, k];
                product[i, j] = sum;
            }
        }

        return product;
    }

    private static Matrix Multiply(Matrix left, Matrix right)
    {
        var product = new Matrix(left.Rows, right.Columns);
        for (int i = 0; i < left.Rows; i++)
        {
            for (int k = 0; k < left.Columns; k++)
            {
                for (int j = 0; j < right.Columns; j++)
                    product[i, j] += left[i, k] * right[k, j];
            }
        }

        return product;
    }
}
