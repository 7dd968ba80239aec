using System.Numerics.Tensors;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>The samples of one unit, tile by tile: kept in memory if they fit the budget, otherwise computed again in each pass.</summary>
internal sealed class UnitSamples : IDisposable
{
    private readonly RefitContext _context;
    private readonly Frontier _frontier;
    private readonly RefitUnit _unit;
    private readonly MemberTargets _targets;
    private readonly float[]? _outputTable;
    private readonly PairMaps? _maps;
    private readonly List<SampleTile>? _kept;
    private readonly SampleTile?[] _last = new SampleTile?[2]; // of the images that errors are measured on, and of the others
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
        long bytes = Rows * ((long)PanelMatrix.CountPanels(Columns) * PanelMatrix.Width * Groups + (unit.Others.Count > 0 ? Channels : 0)) * sizeof(float);
        using FrontierStep step = frontier.Plan(Wanted);
        long ahead = step.Bytes <= context.Budget.Frontier ? step.Bytes : frontier.KeptBytes;
        if (bytes <= context.Budget.UnitSamples(context.Images.KeptBytes, ahead, targets.KeptBytes))
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

    private IEnumerable<Node> Wanted => [.. _unit.Layers.Select(layer => layer.Input), .. _unit.Others, .. _maps?.Needed ?? []];

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
        foreach (PanelMatrix patches in tile.Patches)
            _context.Pool.Return(patches.Memory);
        if (tile.Others is not null)
            _context.Pool.Return(tile.Others);
    }

    private IEnumerable<SampleTile> Compute(bool heldOutOnly)
    {
        CalibrationImages images = _context.Images;
        using FrontierStep step = _frontier.Plan(Wanted);
        step.Open(step.Bytes <= _context.Budget.Frontier);
        using IEnumerator<ReadOnlyMemory<float>>? batches = step.NeedsImages ? images.ReadBatches().GetEnumerator() : null;
        for (int b = 0; b < images.Sizes.Count; b++)
        {
            _context.CancellationToken.ThrowIfCancellationRequested();
            step.Run(b, batches is not null && batches.MoveNext() ? batches.Current : default);
            foreach (Node node in _maps?.Needed ?? [])
                _maps!.Capture(node, step.Get(node).Span, images.FirstOf(b), images.Sizes[b]);
            foreach (bool isHeldOut in (bool[])[false, true])
            {
                if (heldOutOnly && !isHeldOut && _kept is null)
                    continue;
                int[] chosen = images.Select(b, isHeldOut);
                if (chosen.Length == 0)
                    continue;
                SampleTile tile = MakeTile(b, isHeldOut, chosen, step);
                _kept?.Add(tile);
                yield return tile;
            }
        }

        _isComplete = _kept is not null;
    }

    private SampleTile MakeTile(int batch, bool isHeldOut, int[] chosen, FrontierStep step)
    {
        if (_kept is null)
            Return(_last[isHeldOut ? 1 : 0]);
        int rows = chosen.Length * Layout.PerImage;
        var tile = new SampleTile(
            isHeldOut,
            rows,
            [.. chosen.Select(image => _context.Images.FirstOf(batch) + image)],
            [.. Enumerable.Range(0, Groups).Select(_ => new PanelMatrix(rows, Columns, _context.Pool.Rent(PanelMatrix.SizeOf(rows, Columns))))],
            TargetsOf(batch, isHeldOut, chosen),
            _unit.Others.Count == 0 ? null : _context.Pool.RentCleared(rows * Channels));
        if (_kept is null)
            _last[isHeldOut ? 1 : 0] = tile;

        ReadOnlyMemory<float>[] inputs = [.. _unit.Layers.Select(layer => step.Get(layer.Input))], others = [.. _unit.Others.Select(step.Get)];
        WorkerTeam.For(_context.Threads, chosen.Length, (c, _) => Fill(tile, inputs, others, chosen[c], tile.Images[c], c * Layout.PerImage));
        return tile;
    }

    /// <summary>Writes the samples of one image.</summary>
    /// <param name="tile">Receives them.</param>
    /// <param name="inputs">What the unit's layers see in the batch.</param>
    /// <param name="others">The sum's other inputs in the batch.</param>
    /// <param name="image">Number of the image in its batch.</param>
    /// <param name="number">Number of the image among all.</param>
    /// <param name="firstRow">Its first row in the tile.</param>
    private void Fill(SampleTile tile, ReadOnlyMemory<float>[] inputs, ReadOnlyMemory<float>[] others, int image, int number, int firstRow)
    {
        int[] pixels = Layout.PixelsOf(number);
        for (int g = 0; g < Groups; g++)
        {
            int column = 0;
            for (int i = 0; i < inputs.Length; i++)
            {
                PatchColumns own = Layout.ColumnsOf(g)[i];
                own.Write(inputs[i].Span.Slice(image * own.InputLength, own.InputLength), pixels, Layout.Width, tile.Patches[g], firstRow, column);
                column += own.Count;
            }

            tile.Patches[g].SetLastColumn(1, firstRow, pixels.Length);
        }

        foreach (ReadOnlyMemory<float> other in others)
        {
            ReadOnlySpan<float> values = other.Span;
            for (int k = 0; k < pixels.Length; k++)
            {
                Span<float> sum = tile.Others!.Span.Slice((firstRow + k) * Channels, Channels);
                TensorPrimitives.Add(sum, values.Slice((image * Layout.Area + pixels[k]) * Channels, Channels), sum);
            }
        }
    }

    private ReadOnlyMemory<float> TargetsOf(int batch, bool isHeldOut, int[] chosen)
    {
        if (_outputTable is null)
            return _targets.Get(_unit, batch, isHeldOut);
        var targets = new float[chosen.Length * Channels];
        for (int c = 0; c < chosen.Length; c++)
            _outputTable.AsSpan((_context.Images.FirstOf(batch) + chosen[c]) * Channels, Channels).CopyTo(targets.AsSpan(c * Channels));
        return targets;
    }
}
