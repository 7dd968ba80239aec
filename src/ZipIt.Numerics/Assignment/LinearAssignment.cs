using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ZipIt.Numerics;

/// <summary>
/// The linear assignment problem: every row gets a column of its own so that the sum of costs is smallest. Exact, O(rows²·columns) in the worst case.
/// </summary>
/// <remarks>
/// Shortest augmenting paths after R. Jonker and A. Volgenant, <i>A shortest augmenting path algorithm for dense and sparse linear assignment problems</i>,
/// Computing 38 (1987), in the form for rectangular problems of D. F. Crouse, <i>On implementing 2D rectangular assignment algorithms</i>,
/// IEEE Transactions on Aerospace and Electronic Systems 52 (2016). Dual variables u and v keep cost[i, j] − u[i] − v[j] ≥ 0, with equality
/// for assigned pairs. A column without a row has v = 0, as complementary slackness demands where columns are left over.
/// </remarks>
internal static class LinearAssignment
{
    private const int Free = -1;

    /// <summary>Finds the cheapest assignment; the same costs always give the same one.</summary>
    /// <param name="costs">Finite costs, rows × columns, with at least as many columns as rows.</param>
    /// <returns>The column of every row.</returns>
    /// <exception cref="ArgumentException">There are more rows than columns.</exception>
    public static int[] Minimize(Matrix costs)
    {
        ArgumentNullException.ThrowIfNull(costs);
        if (costs.Rows > costs.Columns)
            throw new ArgumentException($"{costs.Rows} rows cannot have a column each of {costs.Columns}.", nameof(costs));
        return new Run(costs).Solve();
    }

    private sealed class Run
    {
        private readonly Matrix _costs;
        private readonly double[] _rowDual; // u
        private readonly double[] _columnDual; // v ≤ 0
        private readonly int[] _columnOfRow;
        private readonly int[] _rowOfColumn;
        private readonly double[] _distance; // [columns], length of the shortest path found so far
        private readonly double[] _closed; // [columns], +∞ where the shortest path is final, else 0
        private readonly long[] _before; // [columns], row before the column on that path; as wide as a distance, to be blended with one mask
        private readonly List<int> _final = [];

        public Run(Matrix costs)
        {
            _costs = costs;
            _rowDual = new double[costs.Rows];
            _columnDual = new double[costs.Columns];
            _columnOfRow = new int[costs.Rows];
            _rowOfColumn = new int[costs.Columns];
            _distance = new double[costs.Columns];
            _closed = new double[costs.Columns];
            _before = new long[costs.Columns];
            Array.Fill(_columnOfRow, Free);
            Array.Fill(_rowOfColumn, Free);
        }

        public int[] Solve()
        {
            if (_costs.Rows == _costs.Columns)
                ReduceColumns();
            for (int row = 0; row < _costs.Rows; row++)
            {
                if (_columnOfRow[row] == Free)
                    Augment(row);
            }

            return _columnOfRow;
        }

        /// <summary>A start for square problems: v = column minimum, which assigns every row that holds the minimum of a column and is still free.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void ReduceColumns()
        {
            Array.Fill(_columnDual, double.PositiveInfinity);
            var holder = new int[_costs.Columns];
            for (int row = 0; row < _costs.Rows; row++)
            {
                ReadOnlySpan<double> costs = _costs.Row(row);
                for (int column = 0; column < costs.Length; column++)
                {
                    if (costs[column] < _columnDual[column])
                        (_columnDual[column], holder[column]) = (costs[column], row);
                }
            }

            for (int column = 0; column < _costs.Columns; column++)
            {
                if (_columnOfRow[holder[column]] == Free)
                    (_columnOfRow[holder[column]], _rowOfColumn[column]) = (column, holder[column]);
            }
        }

        /// <summary>Dijkstra's algorithm on reduced costs from a free row to the nearest free column, then new duals and the exchange along the path.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Augment(int start)
        {
            Array.Fill(_distance, double.PositiveInfinity);
            Array.Clear(_closed);
            _final.Clear();
            double length = 0;
            int row = start;
            int column;
            while (true)
            {
                column = Relax(row, length);
                length = _distance[column];
                if (_rowOfColumn[column] == Free)
                    break;
                _closed[column] = double.PositiveInfinity;
                _final.Add(column);
                row = _rowOfColumn[column];
            }

            _rowDual[start] += length;
            foreach (int passed in _final)
            {
                _rowDual[_rowOfColumn[passed]] += length - _distance[passed];
                _columnDual[passed] -= length - _distance[passed];
            }

            do
            {
                row = (int)_before[column];
                _rowOfColumn[column] = row;
                (_columnOfRow[row], column) = (column, _columnOfRow[row]);
            }
            while (row != start);
        }

        /// <summary>Shortens the paths that can go over the row and returns the open column with the shortest path, preferring a free one.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)] // compiled once, for good: a problem is solved only once
        private int Relax(int row, double length)
        {
            ReadOnlySpan<double> costs = _costs.Row(row);
            double offset = length - _rowDual[row];
            ref double cost = ref MemoryMarshal.GetReference(costs);
            ref double dual = ref MemoryMarshal.GetArrayDataReference(_columnDual);
            ref double distance = ref MemoryMarshal.GetArrayDataReference(_distance);
            ref double closed = ref MemoryMarshal.GetArrayDataReference(_closed);
            ref long before = ref MemoryMarshal.GetArrayDataReference(_before);
            int width = Vector<double>.Count;
            var nearest = new Vector<double>(double.PositiveInfinity);
            int column = 0;
            for (; column <= costs.Length - width; column += width)
            {
                // Lanes are neighbouring columns. A closed column's candidate is +∞, which is never shorter.
                Vector<double> shut = Load(ref closed, column);
                Vector<double> candidate = Load(ref cost, column) - Load(ref dual, column) + new Vector<double>(offset) + shut;
                Vector<double> known = Load(ref distance, column);
                Vector<long> shorter = Vector.LessThan(candidate, known);
                known = Vector.ConditionalSelect(shorter, candidate, known);
                Store(ref distance, column, known);
                Store(ref before, column, Vector.ConditionalSelect(shorter, new Vector<long>(row), Load(ref before, column)));
                nearest = Vector.Min(nearest, known + shut);
            }

            double smallest = double.PositiveInfinity;
            for (int lane = 0; lane < width; lane++)
                smallest = Math.Min(smallest, nearest[lane]);
            for (; column < costs.Length; column++)
            {
                double candidate = costs[column] - _columnDual[column] + offset + _closed[column];
                if (candidate < _distance[column])
                    (_distance[column], _before[column]) = (candidate, row);
                smallest = Math.Min(smallest, _distance[column] + _closed[column]);
            }

            int first = -1;
            var wanted = new Vector<double>(smallest);
            for (column = 0; column < costs.Length; column++)
            {
                while (column <= costs.Length - width && !Vector.EqualsAny(Load(ref distance, column), wanted))
                    column += width;
                if (column == costs.Length)
                    break;
                if (_distance[column] != smallest || _closed[column] != 0)
                    continue;
                if (_rowOfColumn[column] == Free)
                    return column;
                if (first < 0)
                    first = column;
            }

            return first;
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector<T> Load<T>(ref T values, int index) => Unsafe.As<T, Vector<T>>(ref Unsafe.Add(ref values, index));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Store<T>(ref T values, int index, Vector<T> vector) => Unsafe.As<T, Vector<T>>(ref Unsafe.Add(ref values, index)) = vector;
    }
}
