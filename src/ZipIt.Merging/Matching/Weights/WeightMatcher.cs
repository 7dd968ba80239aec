using System.Numerics.Tensors;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// Alignment by permutation from the weights alone, without any image: the units of every further network are permuted so that its weights lie closest to
/// those of the first (weight matching of Ainsworth, Hayase and Srinivasa, <i>Git Re-Basin: Merging Models modulo Permutation Symmetries</i>, ICLR 2023,
/// section 3.2 and algorithm 1).
/// </summary>
/// <remarks>
/// <para>
/// One space after the other is solved as a linear assignment problem, with the permutations of all others held fixed, in random order, until a whole
/// sweep changes nothing: a coordinate ascent of Σ ⟨W₀, P_out·Wₘ·P_inᵀ⟩ over all layers (biases and the scale and shift of normalizations included), which
/// ends in a local optimum. The same seed always gives the same one.
/// </para>
/// <para>
/// Layers behind the cut take part where they have a counterpart in all networks, except those that write outputs, unless outputs are shared: outputs of
/// different tasks do not correspond. All networks need the same widths.
/// </para>
/// </remarks>
public sealed record WeightMatcher : IWeightMatcher
{
    private readonly int _maximumSweeps = 100;

    /// <summary>What a command line or a report says of the matcher.</summary>
    internal static MatcherDescription Description { get; } = MatcherDescription.Of(
        "weights",
        "Permutes the units of every further network so that its weights lie closest to those of the first; needs no images.",
        "Ainsworth et al., Git Re-Basin, ICLR 2023, section 3.2",
        values => new WeightMatcher { Seed = values.WholeNumber("seed"), MaximumSweeps = values.WholeNumber("maximum-sweeps") },
        MatcherParameter.WholeNumber("seed", 0, null, "Seed of the order in which spaces are visited."),
        MatcherParameter.WholeNumber("maximum-sweeps", 100, 1, "Largest number of sweeps over all spaces."));

    /// <summary>Seed of the order in which spaces are visited. Default 0.</summary>
    public int Seed { get; init; }

    /// <summary>Largest number of sweeps over all spaces; usually fewer than ten are needed. Default 100.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    public int MaximumSweeps
    {
        get => _maximumSweeps;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, nameof(MaximumSweeps));
            _maximumSweeps = value;
        }
    }

    /// <inheritdoc/>
    public string Name => "Weight matching";

    /// <summary>Finds merge and unmerge matrices for all spaces that a zip merges; no statistics are needed.</summary>
    /// <param name="zipper">Networks and cut; its own matcher is not asked.</param>
    /// <returns>One map for each of <see cref="Zipper.MergedSpaces"/>, for <see cref="Zipper.Merge"/>.</returns>
    /// <exception cref="ArgumentException">The networks differ in width in a merged space.</exception>
    public IReadOnlyList<SpaceMap> Match(Zipper zipper)
    {
        Check(zipper);
        ZipStructure structure = zipper.Structure;
        int members = zipper.Members.Count;
        int[][][] permutations = [.. Enumerable.Range(1, members - 1).Select(m => new Ascent(zipper, m, this).Run())];
        return [.. structure.MergedSpaces.Select(space =>
        {
            int[] widths = [.. Enumerable.Repeat(space.Width, members)];
            int[][] groups = [.. Enumerable.Range(0, space.Width).Select(p =>
                (int[])[p, .. Enumerable.Range(1, members - 1).Select(m => m * space.Width + permutations[m - 1][space.Index][p])])];
            return new SpaceMap(space, FeatureMap.FromGroups(widths, groups));
        })];
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The networks differ in width in a merged space, or the options ask for other widths.</exception>
    public void Check(Zipper zipper)
    {
        WidestWidth.Check(zipper, Name);
        foreach (FeatureSpace space in zipper.MergedSpaces)
        {
            int[] widths = zipper.Structure.WidthsOf(space);
            if (widths.Any(width => width != space.Width))
                throw new ArgumentException($"Weight matching needs networks of one width; the space '{space.Name}' has {string.Join(" and ", widths)} channels.", nameof(zipper));
        }
    }

    /// <summary>The coordinate ascent for one network.</summary>
    private sealed class Ascent
    {
        private readonly ZipStructure _structure;
        private readonly WeightMatcher _matcher;
        private readonly int _threads;
        private readonly int[][] _permutation; // [spaces][channels], the channel of the further network for each one of the first
        private readonly List<Parameters>[] _touching; // [spaces], parameters with an axis in the space
        private readonly int[] _free; // spaces that are permuted

        public Ascent(Zipper zipper, int member, WeightMatcher matcher)
        {
            ZipStructure structure = zipper.Structure;
            (_structure, _matcher, _threads) = (structure, matcher, zipper.Options.Threads);
            FeatureSpaces spaces = structure.Spaces;
            _permutation = [.. spaces.Select(space => Enumerable.Range(0, space.Width).ToArray())];
            _touching = [.. spaces.Select(_ => new List<Parameters>())];
            foreach (Node node in spaces.Network.Nodes)
            {
                if (structure.Alignment.IsAligned(node) && (structure.Shared.Contains(node) || !WritesOutput(node)))
                    AddParameters(node, structure.LayerOf(node, member));
            }

            _free = [.. spaces.Where(space => !space.IsInput && !space.IsOutput && space.Obstacle is null && _touching[space.Index].Count > 0)
                .Select(space => space.Index)];
        }

        public int[][] Run()
        {
            var random = new Random(_matcher.Seed);
            bool changed = true;
            for (int sweep = 0; sweep < _matcher.MaximumSweeps && changed; sweep++)
            {
                changed = false;
                random.Shuffle(_free);
                foreach (int space in _free)
                    changed |= Improve(space);
            }

            return _permutation;
        }

        private bool WritesOutput(Node node)
        {
            foreach (ChannelSegment segment in _structure.Spaces.LayoutOf(node))
            {
                if (_structure.Spaces[segment.Space].IsOutput)
                    return true;
            }

            return false;
        }

        private void AddParameters(Node first, Layer second)
        {
            ChannelSegment[] outputs = _structure.Spaces.LayoutOf(first).ToArray();
            foreach ((LayerParameter a, LayerParameter b) in first.Layer.Parameters.Zip(second.Parameters))
            {
                // Running statistics and constants were not learnt; groups are not permuted.
                if (a.Role.IsLearnt() && a.OutputAxis == 0 && first.Layer.Flow != ChannelFlow.MixInGroups)
                    Add(a.Value, b.Value, outputs, a.InputAxis == 1 ? _structure.Spaces.LayoutOf(first.Inputs[0]).ToArray() : null);
            }
        }

        private void Add(Tensor? first, Tensor? second, ChannelSegment[] outputs, ChannelSegment[]? inputs = null)
        {
            // Networks of unequal width behind the cut, and biases that only one of them has, tell nothing.
            if (first is null || second is null || !first.Shape.SequenceEqual(second.Shape))
                return;
            var parameters = new Parameters(first, second, outputs, inputs ?? []);
            foreach (int space in outputs.Concat(inputs ?? []).Select(segment => segment.Space).Distinct())
                _touching[space].Add(parameters);
        }

        /// <summary>Solves the assignment of one space; keeps the old one unless the new one is truly better.</summary>
        private bool Improve(int space)
        {
            int width = _structure.Spaces[space].Width;
            var gains = new Matrix(width, width);
            foreach (Parameters parameters in _touching[space])
                AddGains(parameters, space, gains);

            Matrix costs = gains.Clone();
            TensorPrimitives.Negate<double>(costs.Values, costs.Values);
            int[] assignment = LinearAssignment.Minimize(costs);
            double before = 0, after = 0, scale = 0;
            for (int i = 0; i < width; i++)
            {
                before += gains[i, _permutation[space][i]];
                after += gains[i, assignment[i]];
                scale += Math.Abs(gains[i, assignment[i]]);
            }

            if (!(after > before + 1e-12 * scale))
                return false;
            _permutation[space] = assignment;
            return true;
        }

        /// <summary>
        /// gains[i, j] += the inner product of all weights of channel i in the first network and of channel j in the other, as it is permuted now.
        /// </summary>
        private void AddGains(Parameters parameters, int space, Matrix gains)
        {
            Tensor first = parameters.First, second = parameters.Second;
            int outputs = first[0], inputs = parameters.Inputs.Length == 0 ? 1 : first[1], taps = first.Length / (outputs * inputs);
            int[] outputOf = Expand(parameters.Outputs), inputOf = parameters.Inputs.Length == 0 ? [0] : Expand(parameters.Inputs);
            int start = 0;
            foreach (ChannelSegment segment in parameters.Outputs)
            {
                if (segment.Space == space)
                {
                    int from = start;
                    AddProducts(
                        gains,
                        segment,
                        inputs * taps,
                        (channel, row) => first.Span.Slice((from + channel) * inputs * taps, inputs * taps).CopyTo(row),
                        (channel, row) =>
                        {
                            for (int i = 0; i < inputs; i++)
                                second.Span.Slice(((from + channel) * inputs + inputOf[i]) * taps, taps).CopyTo(row[(i * taps)..]);
                        });
                }

                start += segment.Length;
            }

            start = 0;
            foreach (ChannelSegment segment in parameters.Inputs)
            {
                if (segment.Space == space)
                {
                    int from = start;
                    AddProducts(
                        gains,
                        segment,
                        outputs * taps,
                        (channel, row) =>
                        {
                            for (int o = 0; o < outputs; o++)
                                first.Span.Slice((o * inputs + from + channel) * taps, taps).CopyTo(row[(o * taps)..]);
                        },
                        (channel, row) =>
                        {
                            for (int o = 0; o < outputs; o++)
                                second.Span.Slice((outputOf[o] * inputs + from + channel) * taps, taps).CopyTo(row[(o * taps)..]);
                        });
                }

                start += segment.Length;
            }
        }

        private delegate void RowReader(int feature, Span<float> row);

        /// <summary>Adds the inner products of the rows of every two channels; a channel's repeats stand one after the other.</summary>
        private void AddProducts(Matrix gains, ChannelSegment segment, int length, RowReader first, RowReader second)
        {
            int whole = segment.Repeats * length;
            float[] a = Gather(first), b = Gather(second);
            WorkerTeam.For(_threads, segment.Channels, (i, _) =>
            {
                for (int j = 0; j < segment.Channels; j++)
                    gains[i, j] += TensorPrimitives.Dot<float>(a.AsSpan(i * whole, whole), b.AsSpan(j * whole, whole));
            });

            float[] Gather(RowReader read)
            {
                var rows = new float[checked(segment.Channels * whole)];
                for (int feature = 0; feature < segment.Length; feature++)
                    read(feature, rows.AsSpan(feature * length, length));
                return rows;
            }
        }

        /// <summary>For every feature of a value in the first network the one of the other network that is its counterpart now.</summary>
        private int[] Expand(ChannelSegment[] layout)
        {
            var features = new List<int>();
            int start = 0;
            foreach (ChannelSegment segment in layout)
            {
                for (int i = 0; i < segment.Length; i++)
                    features.Add(start + _permutation[segment.Space][i / segment.Repeats] * segment.Repeats + i % segment.Repeats);
                start += segment.Length;
            }

            return [.. features];
        }

        /// <summary>Corresponding parameters of both networks: [outputs, …] or [outputs, inputs, …], and the spaces along these axes.</summary>
        private sealed record Parameters(Tensor First, Tensor Second, ChannelSegment[] Outputs, ChannelSegment[] Inputs);
    }
}
