using System.Numerics.Tensors;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Normal equations of a linear least-squares problem with an intercept: XᵀX and XᵀR, summed in double precision over any number of rows. The last column of X
/// is 1.
/// </summary>
internal sealed class NormalEquations : IDisposable
{
    private readonly int _threads;
    private readonly BufferPool _pool;
    private readonly AlignedBuffer _tiles;
    private readonly SymmetricTiles _gram;
    private readonly AlignedBuffer _cross; // [panels of columns, panels of outputs, panel width, panel width]
    private readonly GrowingBuffer _residuals;
    private AlignedBuffer? _factor;

    /// <summary>Equations of no rows.</summary>
    /// <param name="columns">Number of columns of X, the intercept included.</param>
    /// <param name="outputs">Number of right-hand sides.</param>
    /// <param name="threads">Number of threads; 0 for one per processor. Results do not depend on it.</param>
    /// <param name="pool">Memory.</param>
    public NormalEquations(int columns, int outputs, int threads, BufferPool pool)
    {
        (Columns, Outputs, _threads, _pool) = (columns, outputs, threads, pool);
        _tiles = pool.RentDoubles(SymmetricTiles.CountValues(columns));
        _tiles.Doubles.Clear();
        _gram = new SymmetricTiles(columns, _tiles);
        _cross = pool.RentDoubles(checked(PanelMatrix.CountPanels(columns) * PanelMatrix.CountPanels(outputs) * PanelMatrix.Width * PanelMatrix.Width));
        _cross.Doubles.Clear();
        _residuals = new GrowingBuffer(pool);
    }

    /// <summary>Number of columns of X, the intercept included.</summary>
    public int Columns { get; }

    /// <summary>Number of right-hand sides.</summary>
    public int Outputs { get; }

    /// <summary>
    /// Whether the ridge of each column is in proportion to its variance, as if all columns were standardized, instead of equal. For columns that come from
    /// different layers.
    /// </summary>
    public bool PenalizesByVariance { get; init; }

    /// <summary>Number of rows.</summary>
    public long Rows { get; private set; }

    /// <summary>Sum of squares of all right-hand sides.</summary>
    public double Energy { get; private set; }

    /// <summary>Adds rows to XᵀX.</summary>
    public void AddRows(DesignMatrix x)
    {
        x.AddGram(_gram, _threads);
        Rows += x.Rows;
    }

    /// <summary>Adds rows to XᵀR.</summary>
    /// <param name="x">Rows of X.</param>
    /// <param name="residuals">Their right-hand sides [rows, outputs].</param>
    public void AddResiduals(DesignMatrix x, ReadOnlySpan<float> residuals)
    {
        x.AddProduct(residuals, Outputs, _cross.Doubles, _residuals, _threads);
        Energy += TensorPrimitives.SumOfSquares(residuals);
    }

    /// <summary>Forgets XᵀR.</summary>
    public void ClearResiduals()
    {
        _cross.Doubles.Clear();
        Energy = 0;
    }

    /// <summary>Adds the equations of other rows.</summary>
    public void Add(NormalEquations other)
    {
        TensorPrimitives.Add<double>(_gram.Values, other._gram.Values, _gram.Values);
        TensorPrimitives.Add<double>(_cross.Doubles, other._cross.Doubles, _cross.Doubles);
        Rows += other.Rows;
        Energy += other.Energy;
    }

    /// <summary>Mean variance of the columns times the number of rows: the unit of the ridge.</summary>
    public double MeanSquare()
    {
        int n = Columns - 1;
        double sum = 0;
        for (int j = 0; j < n; j++)
            sum += VarianceSum(j);
        return n == 0 ? 0 : sum / n;
    }

    /// <summary>Variance of a column times the number of rows.</summary>
    private double VarianceSum(int column)
    {
        int n = Columns - 1;
        return Math.Max(_gram[column, column] - _gram[n, column] * _gram[n, column] / Math.Max(Rows, 1), 0);
    }

    /// <summary>
    /// For each column by how much its ridge differs from λ; the intercept has none. Columns that do not vary get what a millionth of the mean variance would.
    /// </summary>
    private double[] RidgeFactors()
    {
        const double Least = 1e-6;
        var factors = new double[Columns];
        double mean = MeanSquare();
        for (int j = 0; j < Columns - 1; j++)
            factors[j] = PenalizesByVariance && mean > 0 ? Math.Max(VarianceSum(j) / mean, Least) : 1;
        return factors;
    }

    /// <summary>
    /// Factors XᵀX + λI (the intercept is free). Where it is singular to working precision, λ is raised tenfold from 10⁻⁸ of the mean square on, until it is
    /// not. The factor is valid until the next one is asked for, which takes its memory.
    /// </summary>
    public Cholesky Factor(double ridge)
    {
        double meanSquare = MeanSquare();
        _factor ??= _pool.RentDoubles(Cholesky.CountValues(Columns));
        double[] factors = RidgeFactors();
        // Columns that never vary get a ridge of their own, so that a layer whose inputs are all dead still has a solution.
        double least = meanSquare > 0 ? 1e-12 * meanSquare : 1;
        for (double wanted = Math.Max(ridge, least); ; wanted = Math.Max(10 * wanted, 1e-8 * meanSquare))
        {
            double added = wanted;
            Cholesky? factor = Cholesky.TryFactor(
                Columns,
                (row, values) =>
                {
                    _gram.CopyRow(row, values);
                    values[row] += factors[row] * added;
                },
                _threads,
                _factor);
            if (factor is not null)
                return factor;
            if (!double.IsFinite(wanted) || wanted > 1e6 * Math.Max(meanSquare, 1))
                throw new ArithmeticException("The features of the calibration images are not finite; the layer cannot be refitted.");
        }
    }

    /// <summary>Solves (XᵀX + λI)·Δ = XᵀR − λ·(W − W₀).</summary>
    /// <param name="factor">What <see cref="Factor"/> gave.</param>
    /// <param name="ridge">λ.</param>
    /// <param name="weights">W: the weights that R is the residual of [outputs, columns].</param>
    /// <param name="prior">W₀: the weights that the ridge pulls to.</param>
    /// <param name="every">1 for all outputs, 2 for every second one and so on. Default 1.</param>
    /// <returns>Δ [chosen outputs, columns].</returns>
    public Matrix Solve(Cholesky factor, double ridge, Matrix weights, Matrix prior, int every = 1)
    {
        var step = new Matrix((Outputs + every - 1) / every, Columns);
        double[] factors = RidgeFactors();
        for (int i = 0; i < step.Rows; i++)
        {
            int o = i * every;
            Span<double> row = step.Row(i);
            for (int j = 0; j < Columns; j++)
                row[j] = Cross(j, o) - factors[j] * ridge * (weights[o, j] - prior[o, j]);
        }

        factor.SolveRows(step, _threads);
        return step;
    }

    /// <summary>By how much a step changes the squared error ‖R‖²: −2·tr(Δ·XᵀR) + tr(Δ·XᵀX·Δᵀ).</summary>
    /// <param name="step">Δ [chosen outputs, columns].</param>
    /// <param name="every">1 for all outputs, 2 for every second one and so on. Default 1.</param>
    public unsafe double ErrorChange(Matrix step, int every = 1)
    {
        const int Width = SymmetricTiles.Width;
        int tiles = PanelMatrix.CountPanels(Columns);
        var steps = new RowPanels(step.Rows, Columns);
        fixed (double* values = step.Values)
            steps.SetRows(values, Columns, 0, step.Rows, 0, Columns);

        // What is below the diagonal of XᵀX, and half of what is on it: its product counts twice.
        var halves = new RowPanels?[WorkerTeam.MaximumThreads];
        var changes = new double[tiles];
        WorkerTeam.For(_threads, tiles, (tile, worker) =>
        {
            int first = tile * Width, count = Math.Min(Width, Columns - first);
            RowPanels half = halves[worker] ??= new RowPanels(Width, Columns);
            var products = new double[count * step.Rows];
            double* diagonal = stackalloc double[Width * Width];
            new Span<double>(diagonal, Width * Width).Clear();
            for (int r = 0; r < count; r++)
            {
                _gram.Slice(first + r, tile)[..(r + 1)].CopyTo(new Span<double>(diagonal + r * Width, r + 1));
                diagonal[r * Width + r] /= 2;
            }

            fixed (double* left = _gram.Values[SymmetricTiles.IndexOf(tile, 0)..], target = products)
            {
                for (int t = 0; t < tile; t++)
                    half.SetRows(left + t * Width * Width, Width, 0, count, t * Width, Width);
                half.SetRows(diagonal, Width, 0, count, first, count);
                RowPanels.Add(new(half, 0, count, 0), new(steps, 0, step.Rows, 0), first + count, 1, target, step.Rows);
            }

            double change = 0;
            for (int i = 0; i < step.Rows; i++)
            {
                ReadOnlySpan<double> own = step.Row(i).Slice(first, count);
                for (int r = 0; r < count; r++)
                    change += own[r] * (products[r * step.Rows + i] - Cross(first + r, i * every));
            }

            changes[tile] = 2 * change;
        });
        return changes.Sum();
    }

    /// <summary>Gives the memory back, that of the factor too.</summary>
    public void Dispose()
    {
        _pool.Return(_tiles);
        _pool.Return(_cross);
        _residuals.Dispose();
        if (_factor is not null)
            _pool.Return(_factor);
    }

    private double Cross(int column, int output)
    {
        const int Width = PanelMatrix.Width;
        return _cross.Doubles[((column / Width * PanelMatrix.CountPanels(Outputs) + output / Width) * Width + column % Width) * Width + output % Width];
    }
}
