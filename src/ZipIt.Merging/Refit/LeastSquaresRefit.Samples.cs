using ZipIt.Networks;
using ZipIt.Networks.Kernels;

namespace ZipIt.Merging;

internal sealed partial class LeastSquaresRefit
{
    /// <summary>The samples of one unit: kept in memory if they fit the budget, otherwise computed again in each pass.</summary>
    private sealed class Samples : IDisposable
    {
        private readonly LeastSquaresRefit _owner;
        private readonly RefitUnit _unit;
        private readonly TargetRows _targets;
        private readonly PatchColumns[][] _columns; // by group, then by layer
        private readonly Node[] _inputs;
        private readonly int _height;
        private readonly int _width;
        private readonly int _perImage;
        private readonly CancellationToken _cancellationToken;
        private readonly List<RefitTile>? _kept;
        private readonly RefitTile?[] _last = new RefitTile?[2];
        private bool _isComplete;

        public Samples(LeastSquaresRefit owner, RefitUnit unit, int channels, CancellationToken cancellationToken)
        {
            (_owner, _unit, _cancellationToken) = (owner, unit, cancellationToken);
            Network network = owner._merged.Network;
            ReadOnlySpan<int> shape = network.ShapeOf(unit.Target);
            (_height, _width) = shape.Length == 3 ? (shape[1], shape[2]) : (1, 1);
            Groups = unit.Layers[0].Groups;
            Channels = channels;
            _inputs = [.. unit.Layers.Select(layer => layer.Node.Inputs[0])];
            _columns = new PatchColumns[Groups][];
            for (int g = 0; g < Groups; g++)
            {
                int group = g;
                _columns[g] = [.. unit.Layers.Select((layer, i) => new PatchColumns(layer.Node.Layer, network.ShapeOf(_inputs[i]), group, Groups))];
            }

            Columns = _columns[0].Sum(columns => columns.Count) + 1;
            NodeOrigin origin = owner._merged.Origins[unit.Target];
            _targets = new TargetRows(origin, owner.TryGetOutputTable(unit.Target, channels));
            int area = _height * _width;
            long wanted = Math.Min((long)owner._refit.SamplesPerUnknown * Columns, Math.Max(owner._refit.LargestSample, (long)LeastSamples * Columns));
            _perImage = (int)Math.Clamp((wanted + owner._images.Count - 1) / owner._images.Count, 1, area);
            Rows = (long)_perImage * owner._images.Count;
            long bytes = Rows * ((long)PanelMatrix.CountPanels(Columns) * PanelMatrix.Width * Groups + 2 * channels) * sizeof(float);
            FeatureWalk.Step plan = owner._mergedWalk.Plan([.. _inputs, .. unit.Others]);
            long frontier = (plan.FrontierLength + _targets.Sources.Sum(source => owner._memberWalks[source.Member].Plan([source.Node]).FrontierLength)) * owner._images.Count * sizeof(float);
            long present = owner._mergedWalk.KeptBytes + owner._memberWalks.Sum(walk => walk.KeptBytes);
            if (bytes <= owner._refit.MemoryBudget - owner._images.KeptBytes - (frontier <= owner.FrontierBudget ? frontier : present))
                _kept = [];
        }

        public int Groups { get; }

        public int Channels { get; }

        /// <summary>Number of columns of one group, the intercept included.</summary>
        public int Columns { get; }

        public long Rows { get; }

        public PatchColumns ColumnsOf(RefitUnit.Member layer) => _columns[0][_unit.Layers.ToList().IndexOf(layer)];

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
            _owner._pool.Return(tile.Targets);
            _owner._pool.Return(tile.Others);
        }

        private IEnumerable<RefitTile> Compute(bool heldOutOnly)
        {
            LeastSquaresRefit owner = _owner;
            using FeatureWalk.Step merged = owner._mergedWalk.Plan([.. _inputs, .. _unit.Others]);
            FeatureWalk.Step[] originals = [.. _targets.Sources.Select(source => owner._memberWalks[source.Member].Plan([source.Node]))];
            try
            {
                long length = merged.FrontierLength + originals.Sum(step => step.FrontierLength);
                bool keep = length * owner._images.Count * sizeof(float) <= owner.FrontierBudget;
                foreach (FeatureWalk.Step step in (FeatureWalk.Step[])[merged, .. originals])
                    step.Open(keep, owner._options.Engine, owner._batchSize, owner._options.Threads);
                bool needsImages = merged.NeedsImages || originals.Any(step => step.NeedsImages);
                using IEnumerator<ReadOnlyMemory<float>>? images = needsImages ? owner._images.ReadBatches().GetEnumerator() : null;
                int firstImage = 0;
                for (int b = 0; b < owner._images.Sizes.Count; b++)
                {
                    _cancellationToken.ThrowIfCancellationRequested();
                    int count = owner._images.Sizes[b];
                    ReadOnlyMemory<float> pixels = images is not null && images.MoveNext() ? images.Current : default;
                    merged.Run(b, count, pixels);
                    foreach (FeatureWalk.Step step in originals)
                        step.Run(b, count, pixels);
                    foreach (bool isHeldOut in (bool[])[false, true])
                    {
                        if (heldOutOnly && !isHeldOut && _kept is null)
                            continue;
                        int[] chosen = [.. Enumerable.Range(0, count).Where(i => ((firstImage + i) % HeldOutEvery == HeldOutEvery - 1) == isHeldOut)];
                        if (chosen.Length == 0)
                            continue;
                        RefitTile tile = MakeTile(isHeldOut, chosen, firstImage, merged, originals);
                        _kept?.Add(tile);
                        yield return tile;
                    }

                    firstImage += count;
                }

                _isComplete = _kept is not null;
            }
            finally
            {
                foreach (FeatureWalk.Step step in originals)
                    step.Dispose();
            }
        }

        private unsafe RefitTile MakeTile(bool isHeldOut, int[] chosen, int firstImage, FeatureWalk.Step merged, FeatureWalk.Step[] originals)
        {
            int rows = chosen.Length * _perImage, area = _height * _width;
            if (_kept is null)
                Return(_last[isHeldOut ? 1 : 0]);
            PanelMatrix[] patches = [.. Enumerable.Range(0, Groups).Select(_ => new PanelMatrix(rows, Columns, _owner._pool.RentAligned(PanelMatrix.SizeOf(rows, Columns))))];
            float[] targets = _owner._pool.Rent(rows * Channels);
            float[] others = _owner._pool.Rent(_unit.Others.Count == 0 ? 0 : rows * Channels);
            Array.Clear(others);
            int[] sourceWidths = [.. _targets.Sources.Select(source => _owner._members[source.Member].Network.ShapeOf(source.Node)[0])];
            nint[] inputs = new nint[_inputs.Length], sums = new nint[_unit.Others.Count], sources = new nint[originals.Length];
            Pin(0);
            var tile = new RefitTile(isHeldOut, rows, patches, targets, others);
            if (_kept is null)
                _last[isHeldOut ? 1 : 0] = tile;
            return tile;

            // Values may lie in memory that the garbage collector moves; it must not while several threads read them.
            void Pin(int index)
            {
                if (index == inputs.Length + sums.Length + sources.Length)
                {
                    Fill();
                    return;
                }

                int sum = index - inputs.Length, source = sum - sums.Length;
                ReadOnlySpan<float> values = sum < 0 ? merged.Get(_inputs[index]) : source < 0 ? merged.Get(_unit.Others[sum]) : originals[source].Get(_targets.Sources[source].Node);
                fixed (float* first = values)
                {
                    (sum < 0 ? ref inputs[index] : ref source < 0 ? ref sums[sum] : ref sources[source]) = (nint)first;
                    Pin(index + 1);
                }
            }

            static ReadOnlySpan<float> Slice(nint values, int start, int length) => new((float*)values + start, length);

            void Fill() =>
            Parallel.For(0, chosen.Length, new ParallelOptions { MaxDegreeOfParallelism = _owner._options.Threads > 0 ? _owner._options.Threads : -1 }, c =>
            {
                int image = chosen[c], firstRow = c * _perImage;
                float[][] values = [.. sourceWidths.Select(width => new float[width])];
                int[] pixels = [.. Enumerable.Range(0, _perImage).Select(k => PixelOf(firstImage + image, k, area))];
                for (int g = 0; g < Groups; g++)
                {
                    int column = 0;
                    for (int i = 0; i < inputs.Length; i++)
                    {
                        PatchColumns own = _columns[g][i];
                        own.Write(Slice(inputs[i], image * own.InputLength, own.InputLength), pixels, _width, patches[g], firstRow, column);
                        column += own.Count;
                    }

                    (int panel, int offset) = Math.DivRem(column, PanelMatrix.Width);
                    for (int k = 0; k < _perImage; k++)
                    {
                        Span<float> end = patches[g].Slice(panel, firstRow + k)[offset..];
                        end.Clear();
                        end[0] = 1;
                    }
                }

                for (int k = 0; k < _perImage; k++)
                {
                    int row = firstRow + k, pixel = image * area + pixels[k];
                    for (int s = 0; s < values.Length; s++)
                        Slice(sources[s], pixel * sourceWidths[s], sourceWidths[s]).CopyTo(values[s]);
                    _targets.Write(firstImage + image, values, targets.AsSpan(row * Channels, Channels));
                    foreach (nint sum in sums)
                    {
                        Span<float> other = others.AsSpan(row * Channels, Channels);
                        System.Numerics.Tensors.TensorPrimitives.Add<float>(other, Slice(sum, pixel * Channels, Channels), other);
                    }
                }
            });
        }

        /// <summary>The sampled pixels of an image: all of them, or a sequence that is spread evenly and begins elsewhere in every image (golden ratio).</summary>
        private int PixelOf(int image, int sample, int area)
        {
            if (_perImage == area)
                return sample;
            const double Golden = 0.6180339887498949, Silver = 0.7548776662466927;
            double position = sample * Golden + image * Silver;
            return Math.Min((int)((position - Math.Floor(position)) * area), area - 1);
        }
    }
}
