using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

internal sealed partial class LeastSquaresRefit
{
    /// <summary>The samples of one unit: kept in memory if they fit the budget, otherwise computed again in each pass.</summary>
    private sealed class Samples : IDisposable
    {
        private readonly LeastSquaresRefit _owner;
        private readonly RefitUnit _unit;
        private readonly SampleLayout _layout;
        private readonly Node[] _inputs;
        private readonly PairRounds? _rounds;
        private readonly float[]? _outputTable;
        private readonly CancellationToken _cancellationToken;
        private readonly List<RefitTile>? _kept;
        private readonly RefitTile?[] _last = new RefitTile?[2];
        private bool _isComplete;

        public Samples(LeastSquaresRefit owner, RefitUnit unit, PairRounds? rounds, CancellationToken cancellationToken)
        {
            (_owner, _unit, _layout, _cancellationToken) = (owner, unit, owner._layouts[unit], cancellationToken);
            _rounds = rounds;
            _inputs = [.. unit.Layers.Select(layer => layer.Node.Inputs[0])];
            _outputTable = owner.TryGetOutputTable(unit.Target, Channels);
            long bytes = Rows * ((long)PanelMatrix.CountPanels(Columns) * PanelMatrix.Width * Groups + (unit.Others.Count > 0 ? Channels : 0)) * sizeof(float);
            long frontier = owner._mergedWalk.Plan([.. Wanted]).FrontierLength * owner._images.Count * sizeof(float);
            if (frontier > owner.FrontierBudget)
                frontier = owner._mergedWalk.KeptBytes;
            if (bytes <= owner._refit.MemoryBudget - owner._images.KeptBytes - frontier - Math.Max(owner._targets.KeptBytes, owner.TargetBudget))
                _kept = [];
        }

        private IEnumerable<Node> Wanted => [.. _inputs, .. _unit.Others, .. _rounds?.Needed ?? []];

        public int Groups => _layout.Groups;

        public int Channels => _layout.Channels;

        /// <summary>Number of columns of one group, the intercept included.</summary>
        public int Columns => _layout.Columns;

        public long Rows => _layout.Rows;

        public SampleLayout Layout => _layout;

        public IEnumerable<RefitTile> Tiles(bool heldOutOnly = false)
        {
            IEnumerable<RefitTile> tiles = _isComplete ? _kept! : Compute(heldOutOnly);
            return heldOutOnly ? tiles.Where(tile => tile.IsHeldOut) : tiles;
        }

        /// <summary>Gives the samples' memory back.</summary>
        public void Dispose()
        {
            foreach (RefitTile? tile in _kept is null ? _last : (IEnumerable<RefitTile?>)_kept)
                Return(tile);
            _kept?.Clear();
            Array.Clear(_last);
        }

        private void Return(RefitTile? tile)
        {
            if (tile is null)
                return;
            foreach (PanelMatrix patches in tile.Patches)
                _owner._pool.Return(patches.Memory);
            _owner._pool.Return(tile.Others);
        }

        private IEnumerable<RefitTile> Compute(bool heldOutOnly)
        {
            LeastSquaresRefit owner = _owner;
            using FeatureWalk.Step merged = owner._mergedWalk.Plan([.. Wanted]);
            bool keep = merged.FrontierLength * owner._images.Count * sizeof(float) <= owner.FrontierBudget;
            merged.Open(keep, owner._options.Engine, owner._batchSize, owner._options.Threads);
            using IEnumerator<ReadOnlyMemory<float>>? images = merged.NeedsImages ? owner._images.ReadBatches().GetEnumerator() : null;
            for (int b = 0; b < owner._images.Sizes.Count; b++)
            {
                _cancellationToken.ThrowIfCancellationRequested();
                merged.Run(b, owner._images.Sizes[b], images is not null && images.MoveNext() ? images.Current : default);
                foreach (Node node in _rounds?.Needed ?? [])
                    _rounds!.Capture(node, merged.Get(node), owner._images.FirstOf(b), owner._images.Sizes[b]);
                foreach (bool isHeldOut in (bool[])[false, true])
                {
                    if (heldOutOnly && !isHeldOut && _kept is null)
                        continue;
                    int[] chosen = owner._images.Select(b, isHeldOut);
                    if (chosen.Length == 0)
                        continue;
                    RefitTile tile = MakeTile(b, isHeldOut, chosen, merged);
                    _kept?.Add(tile);
                    yield return tile;
                }
            }

            _isComplete = _kept is not null;
        }

        private unsafe RefitTile MakeTile(int batch, bool isHeldOut, int[] chosen, FeatureWalk.Step merged)
        {
            int perImage = _layout.PerImage, rows = chosen.Length * perImage, firstImage = _owner._images.FirstOf(batch);
            if (_kept is null)
                Return(_last[isHeldOut ? 1 : 0]);
            PanelMatrix[] patches = [.. Enumerable.Range(0, Groups).Select(_ => new PanelMatrix(rows, Columns, _owner._pool.RentAligned(PanelMatrix.SizeOf(rows, Columns))))];
            float[] others = _owner._pool.Rent(_unit.Others.Count == 0 ? 0 : rows * Channels);
            Array.Clear(others);
            nint[] inputs = new nint[_inputs.Length], sums = new nint[_unit.Others.Count];
            Pin(0);
            var tile = new RefitTile(isHeldOut, rows, patches, TargetsOf(batch, isHeldOut, chosen), others);
            if (_kept is null)
                _last[isHeldOut ? 1 : 0] = tile;
            return tile;

            // Values may lie in memory that the garbage collector moves; it must not while several threads read them.
            void Pin(int index)
            {
                if (index == inputs.Length + sums.Length)
                {
                    Fill();
                    return;
                }

                int sum = index - inputs.Length;
                fixed (float* first = merged.Get(sum < 0 ? _inputs[index] : _unit.Others[sum]))
                {
                    (sum < 0 ? ref inputs[index] : ref sums[sum]) = (nint)first;
                    Pin(index + 1);
                }
            }

            static ReadOnlySpan<float> Slice(nint values, int start, int length) => new((float*)values + start, length);

            void Fill() =>
            WorkerTeam.For(_owner._options.Threads, chosen.Length, (c, _) =>
            {
                int image = chosen[c], firstRow = c * perImage;
                int[] pixels = _layout.PixelsOf(firstImage + image);
                for (int g = 0; g < Groups; g++)
                {
                    int column = 0;
                    for (int i = 0; i < inputs.Length; i++)
                    {
                        PatchColumns own = _layout.ColumnsOf(g)[i];
                        own.Write(Slice(inputs[i], image * own.InputLength, own.InputLength), pixels, _layout.Width, patches[g], firstRow, column);
                        column += own.Count;
                    }

                    patches[g].SetLastColumn(1, firstRow, perImage);
                }

                foreach (nint sum in sums)
                {
                    for (int k = 0; k < perImage; k++)
                    {
                        Span<float> other = others.AsSpan((firstRow + k) * Channels, Channels);
                        System.Numerics.Tensors.TensorPrimitives.Add<float>(other, Slice(sum, (image * _layout.Area + pixels[k]) * Channels, Channels), other);
                    }
                }
            });
        }

        private float[] TargetsOf(int batch, bool isHeldOut, int[] chosen)
        {
            if (_outputTable is null)
                return _owner._targets.Get(_unit, batch, isHeldOut);
            var targets = new float[chosen.Length * Channels];
            for (int c = 0; c < chosen.Length; c++)
                _outputTable.AsSpan((_owner._images.FirstOf(batch) + chosen[c]) * Channels, Channels).CopyTo(targets.AsSpan(c * Channels));
            return targets;
        }
    }
}
