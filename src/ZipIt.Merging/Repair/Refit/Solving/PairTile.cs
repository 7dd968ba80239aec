using System.Numerics.Tensors;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>All pixels of a few images, with what both units of a pair see, give and lack there.</summary>
internal sealed class PairTile : IDisposable
{
    private readonly PairLayout _layout;
    private readonly RefitPair _pair;
    private readonly PairMaps _maps;
    private readonly int _threads;
    private readonly BufferPool _pool;
    private readonly AlignedBuffer _before; // the first unit's value [pixels, channels]
    private readonly AlignedBuffer _hidden;
    private readonly AlignedBuffer _values; // the second unit's value
    private readonly AlignedBuffer _targets;
    private readonly AlignedBuffer _residuals;
    private readonly PanelMatrix? _missing; // the residuals, if they are taken back tap by tap
    private readonly WinogradTiles? _missingTiles; // the same for a convolution

    /// <summary>Makes room for some images.</summary>
    /// <param name="layout">The units and their columns.</param>
    /// <param name="maps">What they read.</param>
    /// <param name="count">Number of images.</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    /// <param name="pool">Memory.</param>
    public PairTile(PairLayout layout, PairMaps maps, int count, int threads, BufferPool pool)
    {
        (_layout, _pair, _maps, _threads, _pool) = (layout, layout.Pair, maps, threads, pool);
        Images = new int[count];
        Images[0] = -1;
        int firstRows = count * layout.First.Area, secondRows = count * layout.Second.Area;
        FirstColumns = layout.First.NewWholeMatrix(count, pool);
        SecondColumns = layout.Second.NewWholeMatrix(count, pool);
        (_before, _hidden) = (pool.Rent(firstRows * layout.First.Channels), pool.Rent(firstRows * layout.First.Channels));
        int length = secondRows * layout.Second.Channels;
        (_values, _targets, _residuals) = (pool.Rent(length), pool.Rent(length), pool.Rent(length));
        if (layout.TakesWindowsBack)
        {
            _missingTiles = new WinogradTiles(count, layout.Second.Height, layout.Second.Width, layout.Second.Channels, pool.Rent(
                WinogradTiles.SizeOf(count, layout.Second.Height, layout.Second.Width, layout.Second.Channels)));
        }
        else
        {
            _missing = new PanelMatrix(secondRows, layout.Second.Channels, pool.Rent(PanelMatrix.SizeOf(secondRows, layout.Second.Channels)));
        }
    }

    /// <summary>Places of the images among those that the pair is fitted on.</summary>
    public int[] Images { get; }

    /// <summary>What the first unit sees.</summary>
    public DesignMatrix FirstColumns { get; }

    /// <summary>What the second unit sees.</summary>
    public DesignMatrix SecondColumns { get; }

    /// <summary>What the second unit's values lack before the activation [pixels, channels].</summary>
    public ReadOnlySpan<float> Residuals => _residuals.Span;

    /// <summary>Takes what does not change: what the first unit sees, and the targets.</summary>
    public void Fill(int[] images)
    {
        images.CopyTo(Images, 0);
        Node input = _pair.First.Layers[0].Input;
        Write(FirstColumns, 0, i => _maps.Get(input, Images[i]));
        int mapLength = _targets.Length / Images.Length;
        for (int i = 0; i < Images.Length; i++)
            _maps.Targets.Span.Slice(Images[i] * mapLength, mapLength).CopyTo(_targets.Span[(i * mapLength)..]);
    }

    /// <summary>Computes what both units give.</summary>
    public void Forward(DesignWeights first, DesignWeights second)
    {
        FirstColumns.Multiply(first, _before.Span, _threads);
        WorkerTeam.For(_threads, Images.Length, (i, _) => ActivationTarget.Apply(_pair.First.Activation, PartOf(_before, i), PartOf(_hidden, i)));

        for (int layer = 0; layer < _pair.Second.Layers.Count; layer++)
        {
            Node source = _pair.Second.Layers[layer].Input;
            Write(SecondColumns, layer, layer == _pair.ReaderIndex ? i => PartOf(_hidden, i) : i => _maps.Get(source, Images[i]));
        }

        SecondColumns.Multiply(second, _values.Span, _threads);
        WorkerTeam.For(_threads, Images.Length, (i, _) =>
        {
            Span<float> values = PartOf(_values, i);
            foreach (Node other in _pair.Second.Others)
                TensorPrimitives.Add(values, _maps.Get(other, Images[i]), values);
            ActivationTarget.Residuals(_pair.Second.Activation, PartOf(_targets, i), values, PartOf(_residuals, i));
        });
    }

    /// <summary>Squared error after the activation.</summary>
    public double Error()
    {
        var errors = new double[Images.Length];
        WorkerTeam.For(_threads, Images.Length, (i, _) =>
        {
            float[] values = new float[PartOf(_values, i).Length], targets = new float[values.Length];
            ActivationTarget.Apply(_pair.Second.Activation, PartOf(_values, i), values);
            ActivationTarget.Apply(_pair.Second.Activation, PartOf(_targets, i), targets);
            TensorPrimitives.Subtract<float>(values, targets, values);
            errors[i] = TensorPrimitives.SumOfSquares<float>(values);
        });
        return errors.Sum();
    }

    /// <summary>The changes of the first unit's values that make up for what is missing [pixels, channels].</summary>
    /// <param name="back">Takes what is missing at one pixel to the hidden features that the reader sees from there.</param>
    /// <param name="spread">Memory for what is missing, at every tap.</param>
    /// <param name="changes">Memory for the changes.</param>
    public ReadOnlySpan<float> HiddenChanges(BackWeights back, GrowingBuffer spread, GrowingBuffer changes)
    {
        AlignedBuffer result = changes.Take(_before.Length);
        if (_missingTiles is not null)
        {
            WorkerTeam.For(_threads, Images.Length, (i, _) => _missingTiles.SetInputs(i, PartOf(_residuals, i), _layout.Second.Width, 0, 0));
            back.Filters!.Multiply(_missingTiles, result.Span, false, _threads);
        }
        else
        {
            _missing!.CopyFrom(_residuals.Span, _threads);
            AlignedBuffer missing = spread.Take(_missing.Rows * back.Panels!.Outputs);
            back.Panels.Multiply(_missing, missing.Span, _threads);
            result.Span.Clear();
            PatchColumns columns = _layout.Reader;
            int rowsLength = _layout.Second.Area * columns.Count;
            WorkerTeam.For(_threads, Images.Length, (i, _) =>
                columns.AddBack(missing.Span.Slice(i * rowsLength, rowsLength), _layout.Second.Width, PartOf(result, i)));
        }

        WorkerTeam.For(_threads, Images.Length, (i, _) => Flatten(PartOf(result, i), PartOf(_before, i)));
        return result.Span;
    }

    /// <summary>What a step of the first unit changes in the second one's value, to first order.</summary>
    /// <param name="firstStep">The step.</param>
    /// <param name="reader">The second unit's weights for the hidden features, and 0 for everything else that it reads.</param>
    /// <param name="changes">Memory for the changes of the first unit's values.</param>
    /// <param name="effect">Memory for the result.</param>
    public ReadOnlySpan<float> EffectOf(DesignWeights firstStep, DesignWeights reader, GrowingBuffer changes, GrowingBuffer effect)
    {
        AlignedBuffer own = Multiply(FirstColumns, firstStep, changes);
        WorkerTeam.For(_threads, Images.Length, (i, _) => Flatten(PartOf(own, i), PartOf(_before, i)));
        Write(SecondColumns, _pair.ReaderIndex, i => PartOf(own, i));
        return Multiply(SecondColumns, reader, effect).Span;
    }

    /// <summary>What a step of the second unit changes in its value.</summary>
    /// <param name="secondStep">The step.</param>
    /// <param name="effect">Memory for the result.</param>
    public ReadOnlySpan<float> EffectOf(DesignWeights secondStep, GrowingBuffer effect) => Multiply(SecondColumns, secondStep, effect).Span;

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        FirstColumns.Return(_pool);
        SecondColumns.Return(_pool);
        foreach (AlignedBuffer buffer in (AlignedBuffer[])[_before, _hidden, _values, _targets, _residuals, _missing?.Memory ?? _missingTiles!.Values.Memory])
            _pool.Return(buffer);
    }

    /// <summary>x·Wᵀ.</summary>
    private AlignedBuffer Multiply(DesignMatrix x, DesignWeights weights, GrowingBuffer memory)
    {
        AlignedBuffer result = memory.Take(x.Rows * weights.Outputs);
        x.Multiply(weights, result.Span, _threads);
        return result;
    }

    /// <summary>The part of a value that belongs to one image of the tile.</summary>
    private Span<float> PartOf(AlignedBuffer values, int image)
    {
        int length = values.Length / Images.Length;
        return values.Span.Slice(image * length, length);
    }

    /// <summary>Nothing changes where the activation is flat.</summary>
    private void Flatten(Span<float> changes, ReadOnlySpan<float> before) =>
        ActivationTarget.MultiplyBySlope(_pair.First.Activation!, before, changes);

    private void Write(DesignMatrix target, int layer, MapOf map) => WorkerTeam.For(_threads, Images.Length, (i, _) => target.Write(i, 0, layer, map(i)));

    private delegate ReadOnlySpan<float> MapOf(int image);
}
