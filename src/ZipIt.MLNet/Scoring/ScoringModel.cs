using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>What all cursors and rows of one transformer share: network, tasks, engine, and sessions that are free. Safe to use from many threads.</summary>
internal sealed class ScoringModel
{
    private readonly SessionPool _singles;
    private readonly SessionPool _batches;

    /// <summary>Binds tasks to a network.</summary>
    /// <exception cref="ArgumentException">Tasks and network do not fit together.</exception>
    public ScoringModel(Network network, IReadOnlyList<ClassificationTask> tasks, JointScoring scoring, bool sharedLabels, INetworkEngine engine, int batchSize,
        int threads)
    {
        if (network.Inputs.Count != 1)
            throw new ArgumentException($"Expected a network with one input, found {network.Inputs.Count}.", nameof(network));
        Network = network;
        Scorer = new TaskScorer(network, tasks, scoring, sharedLabels);
        Engine = engine;
        BatchSize = batchSize;
        Threads = threads;
        OutputLengths = [.. network.Heads.Select(head => LengthOf(network.ShapeOf(head.Node)))];
        _singles = new SessionPool(engine, network, 1, threads);
        _batches = new SessionPool(engine, network, batchSize, threads);
    }

    public Network Network { get; }

    public TaskScorer Scorer { get; }

    public INetworkEngine Engine { get; }

    /// <summary>Number of rows that a cursor scores together.</summary>
    public int BatchSize { get; }

    /// <summary>Number of threads of a session; 0 for one per processor.</summary>
    public int Threads { get; }

    /// <summary>Number of values that each output of the network has.</summary>
    public IReadOnlyList<int> OutputLengths { get; }

    /// <summary>Shape of one image: [channels, height, width].</summary>
    public ReadOnlySpan<int> ImageShape => Network.ShapeOf(Network.Inputs[0]);

    /// <summary>Number of values of one image.</summary>
    public int ImageLength => LengthOf(ImageShape);

    /// <summary>Free sessions for a number of images.</summary>
    public SessionPool SessionsFor(int images) => images == 1 ? _singles : _batches;

    private static int LengthOf(ReadOnlySpan<int> shape)
    {
        int length = 1;
        foreach (int extent in shape)
            length *= extent;
        return length;
    }
}
