using ZipIt.Networks.Kernels;

namespace ZipIt.Merging;

/// <summary>
/// Normal equations of a linear least-squares problem with an intercept: XᵀX and XᵀR, summed in double precision over any number of rows. The last column of X is 1.
/// </summary>
internal sealed class NormalEquations
{
    private readonly double[] _gram;
    private readonly double[] _cross;
    private readonly int _threads;

    public NormalEquations(int columns, int outputs, int threads)
    {
        (Columns, Outputs, _threads) = (columns, outputs, threads);
        _gram = new double[checked(columns * columns)];
        _cross = new double[checked(columns * outputs)];
    }

    /// <summary>Number of columns of X, the intercept included.</summary>
    public int Columns { get; }

    /// <summary>Number of right-hand sides.</summary>
    public int Outputs { get; }

    /// <summary>Number of rows.</summary>
    public long Rows { get; private set; }

    /// <summary>Sum of squares of all right-hand sides.</summary>
    public double Energy { get; private set; }

    /// <summary>Adds rows to XᵀX.</summary>
    public void AddRows(ReadOnlySpan<float> x, int rows)
    {
        RankUpdate.AddSymmetric(x, rows, Columns, _gram, [], _threads);
        Rows += rows;
    }

    /// <summary>Adds rows to XᵀR.</summary>
    public void AddResiduals(ReadOnlySpan<float> x, ReadOnlySpan<float> residuals, int rows)
    {
        RankUpdate.AddProduct(x, Columns, Columns, residuals, Outputs, Outputs, rows, _cross, _threads);
        Energy += System.Numerics.Tensors.TensorPrimitives.SumOfSquares(residuals);
    }

    /// <summary>Forgets XᵀR.</summary>
    public void ClearResiduals()
    {
        Array.Clear(_cross);
        Energy = 0;
    }

    /// <summary>Adds the equations of other rows.</summary>
    public void Add(NormalEquations other)
    {
        System.Numerics.Tensors.TensorPrimitives.Add<double>(_gram, other._gram, _gram);
        System.Numerics.Tensors.TensorPrimitives.Add<double>(_cross, other._cross, _cross);
        Rows += other.Rows;
        Energy += other.Energy;
    }

    /// <summary>Mean variance of the columns times the number of rows: the unit of the ridge.</summary>
    public double MeanSquare()
    {
        int n = Columns - 1;
        double sum = 0;
        for (int j = 0; j < n; j++)
            sum += Math.Max(_gram[j * Columns + j] - _gram[j * Columns + n] * _gram[j * Columns + n] / Math.Max(Rows, 1), 0);
        return n == 0 ? 0 : sum / n;
    }

    /// <summary>
    /// Factors XᵀX + λI (the intercept is free). Where it is singular to working precision, λ is raised tenfold from 10⁻⁸ of the mean square on, until it is not.
    /// </summary>
    public Cholesky Factor(double ridge)
    {
        double unit = MeanSquare();
        // Columns that never vary get a ridge of their own, so that a layer whose inputs are all dead still has a solution.
        double least = unit > 0 ? 1e-12 * unit : 1;
        var matrix = new Matrix(Columns, Columns, _gram);
        double[] diagonal = [.. Enumerable.Range(0, Columns).Select(j => _gram[j * Columns + j])];
        try
        {
            for (double wanted = Math.Max(ridge, least); ; wanted = Math.Max(10 * wanted, 1e-8 * unit))
            {
                for (int j = 0; j < Columns - 1; j++)
                    matrix[j, j] = diagonal[j] + wanted;
                if (Cholesky.TryFactor(matrix, 0, _threads) is { } factor)
                    return factor;
                if (!double.IsFinite(wanted) || wanted > 1e6 * Math.Max(unit, 1))
                    throw new ArithmeticException("The features of the calibration images are not finite; the layer cannot be refitted.");
            }
        }
        finally
        {
            for (int j = 0; j < Columns; j++)
                matrix[j, j] = diagonal[j];
        }
    }

    /// <summary>Solves (XᵀX + λI)·Δ = XᵀR − λ·(W − W₀).</summary>
    /// <param name="factor">What <see cref="Factor"/> gave.</param>
    /// <param name="ridge">λ.</param>
    /// <param name="weights">W: the weights that R is the residual of [outputs, columns].</param>
    /// <param name="prior">W₀: the weights that the ridge pulls to.</param>
    /// <returns>Δ [outputs, columns].</returns>
    public Matrix Solve(Cholesky factor, double ridge, Matrix weights, Matrix prior)
    {
        var step = new Matrix(Outputs, Columns);
        for (int o = 0; o < Outputs; o++)
        {
            Span<double> row = step.Row(o);
            for (int j = 0; j < Columns; j++)
                row[j] = _cross[j * Outputs + o] - (j < Columns - 1 ? ridge * (weights[o, j] - prior[o, j]) : 0);
        }

        factor.SolveRows(step, _threads);
        return step;
    }

    /// <summary>Squared error that remains after a step: ‖R‖² − 2·tr(Δ·XᵀR) + tr(Δ·XᵀX·Δᵀ).</summary>
    public double ErrorAfter(Matrix step)
    {
        // Several outputs share one pass through the Gram matrix.
        const int Strip = 8;
        var errors = new double[Outputs];
        Parallel.For(0, (Outputs + Strip - 1) / Strip, new ParallelOptions { MaxDegreeOfParallelism = _threads > 0 ? _threads : -1 }, strip =>
        {
            int first = strip * Strip, count = Math.Min(Strip, Outputs - first);
            var products = new double[count * Columns];
            for (int j = 0; j < Columns; j++)
            {
                ReadOnlySpan<double> gram = _gram.AsSpan(j * Columns, Columns);
                for (int o = 0; o < count; o++)
                {
                    Span<double> product = products.AsSpan(o * Columns, Columns);
                    errors[first + o] -= 2 * step[first + o, j] * _cross[j * Outputs + first + o];
                    System.Numerics.Tensors.TensorPrimitives.MultiplyAdd(gram, step[first + o, j], product, product);
                }
            }

            for (int o = 0; o < count; o++)
                errors[first + o] += System.Numerics.Tensors.TensorPrimitives.Dot<double>(step.Row(first + o), products.AsSpan(o * Columns, Columns));
        });
        double error = Energy;
        foreach (double part in errors)
            error += part;
        return error;
    }
}
