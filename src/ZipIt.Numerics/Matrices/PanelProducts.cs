using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ZipIt.Numerics;

/// <summary>
/// Products of columns of panel matrices, added to tiles of doubles: what <see cref="RankUpdate"/> does, without copying, for data that is multiplied several
/// times.
/// </summary>
/// <remarks>
/// Products are summed in single precision over at most <see cref="RankUpdate.ChunkRows"/> rows and then added in double precision. Each element is summed in
/// one order: results do not depend on the number of threads.
/// </remarks>
internal static unsafe class PanelProducts
{
    // A block's panels (of one chunk of rows: 24 KiB each) and tiles (8 KiB each) stay in the second-level cache.
    private const int BlockPanels = 4;
    private const int OtherBlockPanels = 8;
    private const int TileSize = PanelMatrix.Width * PanelMatrix.Width;

    /// <summary>gram += XᵀX.</summary>
    /// <param name="x">X.</param>
    /// <param name="gram">Result.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="kernels">Kernels to use; null for the best.</param>
    public static void AddSymmetric(PanelMatrix x, SymmetricTiles gram, int threads = 0, KernelSet? kernels = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(gram.Size, x.Columns, nameof(gram));
        Run(x, null, gram.Values, threads, kernels);
    }

    /// <summary>product += XᵀY.</summary>
    /// <param name="x">X.</param>
    /// <param name="y">Y, of as many rows.</param>
    /// <param name="product">Result [panels of X, panels of Y, panel width, panel width].</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="kernels">Kernels to use; null for the best.</param>
    public static void AddProduct(PanelMatrix x, PanelMatrix y, Span<double> product, int threads = 0, KernelSet? kernels = null)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(y.Rows, x.Rows, nameof(y));
        ArgumentOutOfRangeException.ThrowIfNotEqual(product.Length, checked(x.PanelCount * y.PanelCount * TileSize), nameof(product));
        Run(x, y, product, threads, kernels);
    }

    /// <summary>
    /// Adds sums of products of blocks of rows to a symmetric matrix: tile (r + i, c + j) += Σ Xₐᵀ·Y_b for the panels i of X and j of Y, where Xₐ is the block of
    /// rows number a. What lies above the diagonal is left out.
    /// </summary>
    /// <param name="x">X [blocks · rows, columns].</param>
    /// <param name="y">Y [blocks · rows, columns].</param>
    /// <param name="rows">Rows of a block.</param>
    /// <param name="sums">The sums; those of different lists go to different tiles.</param>
    /// <param name="gram">Result.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="kernels">Kernels to use; null for the best.</param>
    public static void AddSums(
        PanelMatrix x, PanelMatrix y, int rows, IReadOnlyList<IReadOnlyList<BlockSum>> sums, SymmetricTiles gram, int threads = 0, KernelSet? kernels = null)
    {
        RunSums(x, y, rows, sums, gram.Values, 0, threads, kernels);
    }

    /// <summary>The same for a matrix that is not symmetric.</summary>
    /// <param name="x">X [blocks · rows, columns].</param>
    /// <param name="y">Y [blocks · rows, columns].</param>
    /// <param name="rows">Rows of a block.</param>
    /// <param name="sums">The sums; those of different lists go to different tiles.</param>
    /// <param name="product">Result [tiles, tiles of a row, panel width, panel width].</param>
    /// <param name="tilesPerRow">Tiles in a row of the result.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="kernels">Kernels to use; null for the best.</param>
    public static void AddSums(
        PanelMatrix x, PanelMatrix y, int rows, IReadOnlyList<IReadOnlyList<BlockSum>> sums, Span<double> product, int tilesPerRow, int threads = 0,
        KernelSet? kernels = null) => RunSums(x, y, rows, sums, product, tilesPerRow, threads, kernels);

    private static void RunSums(
        PanelMatrix x, PanelMatrix y, int rows, IReadOnlyList<IReadOnlyList<BlockSum>> sums, Span<double> tiles, int tilesPerRow, int threads,
        KernelSet? kernels)
    {
        fixed (double* pointer = tiles)
        {
            var work = new SumWork(x, y, rows, sums, pointer, tilesPerRow, kernels ?? KernelSet.Best);
            WorkerTeam.For(threads, work.BlockCount, work);
        }

        GC.KeepAlive(x.Memory);
        GC.KeepAlive(y.Memory);
    }

    private static void Run(PanelMatrix x, PanelMatrix? y, Span<double> tiles, int threads, KernelSet? kernels)
    {
        fixed (double* pointer = tiles)
        {
            var work = new Work(x, y, pointer, kernels ?? KernelSet.Best);
            WorkerTeam.For(threads, work.BlockCount, work);
        }

        GC.KeepAlive(x.Memory);
        GC.KeepAlive(y?.Memory);
    }

    /// <summary>A product whose blocks are rectangles of tiles; if it is symmetric, those on and below the diagonal.</summary>
    private sealed class Work(PanelMatrix x, PanelMatrix? y, double* tiles, KernelSet kernels) : IParallelWork
    {
        private readonly int _blockRows = (x.PanelCount + BlockPanels - 1) / BlockPanels;
        private readonly int _blockColumns = y is null ? 0 : (y.PanelCount + OtherBlockPanels - 1) / OtherBlockPanels;

        public int BlockCount => y is null ? _blockRows * (_blockRows + 1) / 2 : _blockRows * _blockColumns;

        [SkipLocalsInit]
        public void Run(int block, int worker)
        {
            (int i, int j) = Find(block);
            int firstRow = i * BlockPanels, lastRow = Math.Min(firstRow + BlockPanels, x.PanelCount);
            int width = y is null ? BlockPanels : OtherBlockPanels;
            int firstColumn = j * width, lastColumn = Math.Min(firstColumn + width, (y ?? x).PanelCount);
            byte* memory = stackalloc byte[TileSize * sizeof(float) + AlignedBuffer.Alignment];
            float* product = (float*)((nint)(memory + AlignedBuffer.Alignment - 1) & -AlignedBuffer.Alignment);
            int chunks = (x.Rows + RankUpdate.ChunkRows - 1) / RankUpdate.ChunkRows;
            for (int chunk = 0; chunk < chunks; chunk++)
            {
                int from = (int)((long)x.Rows * chunk / chunks), count = (int)((long)x.Rows * (chunk + 1) / chunks) - from;
                for (int row = firstRow; row < lastRow; row++)
                {
                    // The last panel often holds one column alone: an intercept.
                    int used = Math.Min(PanelMatrix.Width, x.Columns - row * PanelMatrix.Width);
                    for (int column = firstColumn; column < (y is null ? Math.Min(lastColumn, row + 1) : lastColumn); column++)
                    {
                        kernels.MultiplyColumns(x.Panel(row) + (nint)from * PanelMatrix.Width, used, (y ?? x).Panel(column) + (nint)from * PanelMatrix.Width,
                            count, product);
                        Add(product, used * PanelMatrix.Width,
                            tiles + (y is null ? SymmetricTiles.IndexOf(row, column) : ((nint)row * y.PanelCount + column) * TileSize));
                    }
                }
            }
        }

        private (int I, int J) Find(int block)
        {
            if (y is not null)
                return Math.DivRem(block, _blockColumns);
            int i = 0;
            while ((i + 1) * (i + 2) / 2 <= block)
                i++;
            return (i, block - i * (i + 1) / 2);
        }
    }

    /// <summary>Sums of products of blocks of rows; a block of the work is one list of sums for some panels of X and Y, whose rows are read once for all.</summary>
    private sealed class SumWork(
        PanelMatrix x, PanelMatrix y, int rows, IReadOnlyList<IReadOnlyList<BlockSum>> sums, double* tiles, int tilesPerRow, KernelSet kernels) : IParallelWork
    {
        [ThreadStatic]
        private static AlignedBuffer? _memory;

        private readonly int _blockRows = (x.PanelCount + BlockPanels - 1) / BlockPanels;
        private readonly int _blockColumns = (y.PanelCount + BlockPanels - 1) / BlockPanels;

        public int BlockCount => sums.Count * _blockRows * _blockColumns;

        public void Run(int block, int worker)
        {
            (int list, int panels) = Math.DivRem(block, _blockRows * _blockColumns);
            (int i, int j) = Math.DivRem(panels, _blockColumns);
            int firstRow = i * BlockPanels, height = Math.Min(BlockPanels, x.PanelCount - firstRow);
            int firstColumn = j * BlockPanels, width = Math.Min(BlockPanels, y.PanelCount - firstColumn);
            _memory ??= AlignedBuffer.Uninitialized(TileSize * (2 * BlockPanels * BlockPanels + 1));
            double* totals = (double*)_memory.Pointer;
            float* product = (float*)(totals + BlockPanels * BlockPanels * TileSize);
            int chunks = (rows + RankUpdate.ChunkRows - 1) / RankUpdate.ChunkRows;
            foreach (BlockSum sum in sums[list])
            {
                new Span<double>(totals, BlockPanels * BlockPanels * TileSize).Clear();
                foreach ((int a, int b) in sum.Products)
                {
                    for (int chunk = 0; chunk < chunks; chunk++)
                    {
                        int from = (int)((long)rows * chunk / chunks), count = (int)((long)rows * (chunk + 1) / chunks) - from;
                        for (int r = 0; r < height; r++)
                        {
                            for (int c = 0; c < width; c++)
                            {
                                if (!Counts(sum, firstRow + r, firstColumn + c))
                                    continue;
                                kernels.MultiplyColumns(
                                    x.Panel(firstRow + r) + ((nint)a * rows + from) * PanelMatrix.Width, PanelMatrix.Width,
                                    y.Panel(firstColumn + c) + ((nint)b * rows + from) * PanelMatrix.Width, count, product);
                                Add(product, TileSize, totals + (r * BlockPanels + c) * TileSize);
                            }
                        }
                    }
                }

                foreach ((int row, int column) in sum.Targets)
                {
                    for (int r = 0; r < height; r++)
                    {
                        for (int c = 0; c < width; c++)
                        {
                            if (IsThere(row + firstRow + r, column + firstColumn + c))
                                Add(totals + (r * BlockPanels + c) * TileSize, tiles + IndexOf(row + firstRow + r, column + firstColumn + c));
                        }
                    }
                }
            }
        }

        private bool Counts(BlockSum sum, int row, int column)
        {
            if (tilesPerRow > 0)
                return true;
            foreach ((int firstRow, int firstColumn) in sum.Targets)
            {
                if (IsThere(firstRow + row, firstColumn + column))
                    return true;
            }

            return false;
        }

        private bool IsThere(int row, int column) => tilesPerRow > 0 || row >= column;

        private nint IndexOf(int row, int column) => tilesPerRow > 0 ? ((nint)row * tilesPerRow + column) * TileSize : SymmetricTiles.IndexOf(row, column);
    }

    /// <summary>tile += other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Add(double* other, double* tile)
    {
        for (int i = 0; i < TileSize; i += Vector512<double>.Count)
            Vector512.Store(Vector512.Load(tile + i) + Vector512.Load(other + i), tile + i);
    }

    /// <summary>tile += product, both without gaps, for a multiple of the panel width: sixteen floats become two vectors of doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Add(float* product, int count, double* tile)
    {
        for (int i = 0; i < count; i += Vector512<float>.Count)
        {
            (Vector512<double> low, Vector512<double> high) = Vector512.Widen(Vector512.Load(product + i));
            Vector512.Store(Vector512.Load(tile + i) + low, tile + i);
            Vector512.Store(Vector512.Load(tile + i + Vector512<double>.Count) + high, tile + i + Vector512<double>.Count);
        }
    }
}
