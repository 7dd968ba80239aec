using System.Numerics.Tensors;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>The samples of one unit, tile by tile: kept in memory if they fit the budget, otherwise computed again in each pass.</summary>
internal sealed class UnitSamples : IDisposable
{
    private const int WindowImages = 512; // of a tile at most

    private readonly RefitContext _context;
    private readonly Frontier _frontier;
    private readonly RefitUnit _unit;
    private readonly MemberTargets _targets;
    private readonly float[]? _outputTable;
    private readonly PairMaps? _maps;
    private readonly List<SampleTile>? _kept;
    private readonly SampleTile?[] _last = new SampleTile?[2]; // of the images that errors are measured on, and of the others
    private bool _areMapsTaken;
    private bool _isComplete;

    /// <summary>Prepares samples.</summary>
    /// <param name="context">Images, engine and memory.</param>
    /// <param name="unit">The unit.</param>
    /// <param name="layout">Where it is sampled.</param>
    /// <param name="frontier">What the layers refitted so far give.</param>
    /// <param name="targets">What the unit should give.</param>
    /// <param name="outputTable">What it should give instead, for all images [images, channels]; null for what <paramref name="targets"/> says.</param>
    /// <param name="maps">Takes whole maps on the way; null if none are wanted.</param>
    public UnitSamples(RefitContext context, RefitUnit unit, SampleLayout layout, Frontier frontier, MemberTargets targets, float[]? outputTable,
        PairMaps? maps)
    {
        (_context, _unit, Layout, _frontier, _targets, _outputTable, _maps) = (context, unit, layout, frontier, targets, outputTable, maps);
        long bytes = layout.BytesPerImage * (Rows / layout.PerImage) + Rows * Channels * (unit.Others.Count > 0 ? 2 : 1) * sizeof(float);
        using FrontierStep step = frontier.Plan(Wanted);
        bool isAheadKept = Keeps(step);
        long room = context.Budget.UnitSamples(context.Images.KeptBytes, isAheadKept ? step.Bytes : frontier.KeptBytes, targets.KeptBytes);
        if (bytes <= (isAheadKept ? Math.Min(room, context.Budget.CopiedSamples) : room))
            _kept = [];
    }

    /// <summary>The columns of the unit's problems, and where it is sampled.</summary>
    public SampleLayout Layout { get; }

    /// <summary>Number of groups of channels, each of which is a problem of its own.</summary>
    public int Groups => Layout.Groups;

    /// <summary>Channels of all groups.</summary>
    public int Channels => Layout.Channels;

    /// <summary>Number of columns of one group, the intercept included.</summary>
    public int Columns => Layout.Columns;

    /// <summary>Number of samples.</summary>
    public long Rows => Layout.Rows;

    private IEnumerable<Node> Wanted => [.. _unit.Layers.Select(layer => layer.Input), .. _unit.Others, .. Mapped];

    /// <summary>Nodes whose whole maps are wanted: in the first pass alone.</summary>
    private IReadOnlyList<Node> Mapped => _areMapsTaken ? [] : _maps?.Needed ?? [];

    /// <summary>All samples, or those of the images that errors are measured on. A tile is valid until the next one of its kind.</summary>
    public IEnumerable<SampleTile> Tiles(bool heldOutOnly = false)
    {
        IEnumerable<SampleTile> tiles = _isComplete ? _kept! : Compute(heldOutOnly);
        return heldOutOnly ? tiles.Where(tile => tile.IsHeldOut) : tiles;
    }

    /// <summary>Gives the samples' memory back.</summary>
    public void Dispose()
    {
        foreach (SampleTile? tile in _kept is null ? _last : (IEnumerable<SampleTile?>)_kept)
            Return(tile);
        _kept?.Clear();
        Array.Clear(_last);
    }

    private void Return(SampleTile? tile)
    {
        if (tile is null)
            return;
        foreach (DesignMatrix columns in tile.Columns)
            columns.Return(_context.Pool);
        _context.Pool.Return(tile.Targets);
        if (tile.Others is not null)
            _context.Pool.Return(tile.Others);
    }

    private IEnumerable<SampleTile> Compute(bool heldOutOnly)
    {
        CalibrationImages images = _context.Images;
        using FrontierStep step = _frontier.Plan(Wanted);
        bool isKept = Keeps(step);
        step.Open(isKept);
        var open = new OpenTile?[2];
        int[][] sizes = [SizesOf(false), SizesOf(true)];
        var made = new int[2];
        using IEnumerator<ReadOnlyMemory<float>>? batches = step.NeedsImages ? images.ReadBatches().GetEnumerator() : null;
        for (int b = 0; b < images.Sizes.Count; b++)
        {
            _context.CancellationToken.ThrowIfCancellationRequested();
            int[][] chosenOf = [heldOutOnly && _kept is null ? [] : images.Select(b, false, Layout.Every), images.Select(b, true, Layout.Every)];
            int[] run = isKept ? [.. Enumerable.Range(0, images.Sizes[b])] : FindNeeded(b, chosenOf);
            step.Run(b, batches is not null && batches.MoveNext() ? batches.Current : default, run);
            foreach (Node node in Mapped)
                _maps!.Capture(node, step.Get(node).Span, images.FirstOf(b), run);
            foreach (bool isHeldOut in (bool[])[false, true])
            {
                int kind = isHeldOut ? 1 : 0;
                int[] chosen = [.. chosenOf[kind].Select(image => Array.BinarySearch(run, image))]; // their places among those that were run
                for (int first = 0; first < chosen.Length;)
                {
                    OpenTile tile = open[kind] ??= Open(isHeldOut, sizes[kind][made[kind]]);
                    int count = Math.Min(chosen.Length - first, tile.Left);
                    Fill(tile, b, run, chosen.AsMemory(first, count), step);
                    first += count;
                    if (tile.Left > 0)
                        continue;
                    (open[kind], made[kind]) = (null, made[kind] + 1);
                    _kept?.Add(tile.Tile);
                    yield return tile.Tile;
                }
            }
        }

        _areMapsTaken = true;
        _isComplete = _kept is not null;
    }

    /// <summary>Whether what is computed is kept for the next layers. A pair changes its first layer, and with it all that is computed from that.</summary>
    private bool Keeps(FrontierStep step) => _maps is null && step.Bytes <= _context.Budget.Frontier;

    /// <summary>The images of a batch that are sampled or whose whole maps are wanted, in their order.</summary>
    private int[] FindNeeded(int batch, int[][] chosen)
    {
        int first = _context.Images.FirstOf(batch);
        IEnumerable<int> mapped = _maps is null || _areMapsTaken ? [] : Enumerable.Range(0, _context.Images.Sizes[batch]).Where(image => _maps.Images.PlaceOf(first + image) >= 0);
        return [.. chosen[0].Concat(chosen[1]).Concat(mapped).Distinct().Order()];
    }

    /// <summary>
    /// Numbers of images of the tiles of one kind: those of a batch, but some hundred where they are windows, whose products have an image in each row.
    /// </summary>
    private int[] SizesOf(bool isHeldOut)
    {
        CalibrationImages images = _context.Images;
        if (Layout.Window is null)
            return [.. Enumerable.Range(0, images.Sizes.Count).Select(batch => images.Select(batch, isHeldOut, Layout.Every).Length).Where(size => size > 0)];
        int all = images.CountOf(isHeldOut, Layout.Every), tiles = (all + WindowImages - 1) / WindowImages;
        return [.. Enumerable.Range(0, tiles).Select(tile => (int)((long)all * (tile + 1) / tiles) - (int)((long)all * tile / tiles))];
    }

    /// <summary>Starts a tile; those that are not kept take the memory of the one before.</summary>
    private OpenTile Open(bool isHeldOut, int images)
    {
        int kind = isHeldOut ? 1 : 0, rows = images * Layout.PerImage;
        if (_kept is null)
            Return(_last[kind]);
        var tile = new SampleTile(
            isHeldOut,
            rows,
            new int[images],
            [.. Enumerable.Range(0, Groups).Select(group => Layout.NewMatrix(group, images, _context.Pool))],
            _context.Pool.Rent(rows * Channels),
            _unit.Others.Count == 0 ? null : _context.Pool.RentCleared(rows * Channels));
        if (_kept is null)
            _last[kind] = tile;
        return new OpenTile(tile);
    }

    /// <summary>Writes the samples of some images of a batch, and the targets when the tile is full.</summary>
    /// <param name="open">The tile.</param>
    /// <param name="batch">Number of the batch.</param>
    /// <param name="run">Its images that were run.</param>
    /// <param name="chosen">Which of these.</param>
    /// <param name="step">Has their values.</param>
    private void Fill(OpenTile open, int batch, int[] run, ReadOnlyMemory<int> chosen, FrontierStep step)
    {
        SampleTile tile = open.Tile;
        int filled = open.Filled;
        ReadOnlyMemory<float>[] inputs = [.. _unit.Layers.Select(layer => step.Get(layer.Input))], others = [.. _unit.Others.Select(step.Get)];
        for (int c = 0; c < chosen.Length; c++)
            tile.Images[filled + c] = _context.Images.FirstOf(batch) + run[chosen.Span[c]];
        WorkerTeam.For(_context.Threads, chosen.Length, (c, _) => Fill(tile, inputs, others, chosen.Span[c], filled + c));
        open.Filled += chosen.Length;
        if (open.Left == 0)
            TakeTargets(tile);
    }

    /// <summary>Writes the samples of one image.</summary>
    /// <param name="tile">Receives them.</param>
    /// <param name="inputs">What the unit's layers see in the batch.</param>
    /// <param name="others">The sum's other inputs in the batch.</param>
    /// <param name="image">Its place among the images of the batch that were run.</param>
    /// <param name="place">Its place in the tile.</param>
    private void Fill(SampleTile tile, ReadOnlyMemory<float>[] inputs, ReadOnlyMemory<float>[] others, int image, int place)
    {
        for (int g = 0; g < Groups; g++)
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                int length = Layout.ColumnsOf(g)[i].InputLength;
                tile.Columns[g].Write(place, tile.Images[place], i, inputs[i].Span.Slice(image * length, length));
            }
        }

        int[] pixels = others.Length > 0 ? Layout.PixelsOf(tile.Images[place]) : [];
        foreach (ReadOnlyMemory<float> other in others)
        {
            ReadOnlySpan<float> values = other.Span;
            for (int k = 0; k < pixels.Length; k++)
            {
                Span<float> sum = tile.Others!.Span.Slice((place * pixels.Length + k) * Channels, Channels);
                TensorPrimitives.Add(sum, values.Slice((image * Layout.Area + pixels[k]) * Channels, Channels), sum);
            }
        }
    }

    private void TakeTargets(SampleTile tile)
    {
        if (_outputTable is null)
        {
            _targets.CopyTo(_unit, tile.IsHeldOut, _context.Images.PlaceOf(tile.Images[0], Layout.Every).Place, tile.Targets.Span);
            return;
        }

        for (int i = 0; i < tile.Images.Length; i++)
            _outputTable.AsSpan(tile.Images[i] * Channels, Channels).CopyTo(tile.Targets.Span[(i * Channels)..]);
    }

    /// <summary>A tile that is being filled.</summary>
    private sealed class OpenTile(SampleTile tile)
    {
        public SampleTile Tile { get; } = tile;

        /// <summary>Number of images that are there.</summary>
        public int Filled { get; set; }

        /// <summary>Number of images that are missing.</summary>
        public int Left => Tile.Images.Length - Filled;
    }
}
