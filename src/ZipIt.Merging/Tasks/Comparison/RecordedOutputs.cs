using System.Runtime.InteropServices;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>The members' outputs for each task, taken while they run on the calibration images.</summary>
internal sealed class RecordedOutputs
{
    private const int MostValues = 32 << 20; // of all tasks, whatever the number of images

    private readonly IReadOnlyList<ClassificationTask> _tasks;
    private readonly (int Member, int Head)[] _outputs;
    private readonly List<float>[] _values;
    private readonly int _mostImages;

    private RecordedOutputs(IReadOnlyList<ClassificationTask> tasks, (int Member, int Head)[] outputs)
    {
        (_tasks, _outputs) = (tasks, outputs);
        _values = [.. tasks.Select(_ => new List<float>())];
        _mostImages = Math.Max(MostValues / tasks.Sum(task => task.OutputLength), 1);
    }

    /// <summary>Number of images whose outputs were taken.</summary>
    public int ImageCount { get; private set; }

    /// <summary>Finds the output that decides about each task.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="members">The members.</param>
    /// <returns>Nothing taken yet; null if there are no tasks, or not every task is one member's.</returns>
    public static RecordedOutputs? TryFind(IReadOnlyList<ClassificationTask> tasks, IReadOnlyList<ZipMember> members)
    {
        (int Member, int Head)?[] outputs = [.. tasks.Select(task => Find(task, members))];
        return outputs.Length > 0 && outputs.All(output => output is not null)
            ? new RecordedOutputs(tasks, [.. outputs.Select(output => output!.Value)])
            : null;
    }

    /// <summary>The member whose output decides about a task, and the number of the output; null if there is none, or several.</summary>
    public static (int Member, int Head)? Find(ClassificationTask task, IReadOnlyList<ZipMember> members)
    {
        (int Member, int Head)[] own = [.. Enumerable.Range(0, members.Count).SelectMany(m => Enumerable.Range(0, members[m].Network.Heads.Count)
            .Where(h => members[m].NameOf(members[m].Network.Heads[h]) == task.Name).Select(h => (m, h)))];
        if (own is not [{ } output])
            return null;
        Network network = members[output.Member].Network;
        return network.ShapeOf(network.Heads[output.Head].Node).SequenceEqual([task.OutputLength]) ? output : null;
    }

    /// <summary>Takes the outputs of a batch.</summary>
    /// <param name="sessions">A session of each member, which has just run.</param>
    /// <param name="count">Number of images.</param>
    public void Add(IReadOnlyList<INetworkSession> sessions, int count)
    {
        count = Math.Min(count, _mostImages - ImageCount);
        for (int t = 0; t < _outputs.Length && count > 0; t++)
            _values[t].AddRange(sessions[_outputs[t].Member].GetOutput(_outputs[t].Head)[..(count * _tasks[t].OutputLength)]);
        ImageCount += count;
    }

    /// <summary>Runs the members.</summary>
    /// <param name="members">The members.</param>
    /// <param name="images">Calibration images.</param>
    /// <param name="options">Engine, threads and batch size.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    public void Record(IReadOnlyList<ZipMember> members, IImageSource images, ZipOptions options, CancellationToken cancellationToken)
    {
        INetworkSession[] sessions = [.. members.Select(member =>
            options.Engine.CreateSession(member.Network, new SessionOptions { MaximumBatchSize = options.BatchSize, Threads = options.Threads }))];
        try
        {
            foreach (ImageBatch batch in images.ReadBatches(options.BatchSize))
            {
                cancellationToken.ThrowIfCancellationRequested();
                foreach (INetworkSession session in sessions)
                    session.Run(batch.Pixels.Span, batch.Count);
                Add(sessions, batch.Count);
            }
        }
        finally
        {
            foreach (INetworkSession session in sessions)
                session.Dispose();
        }
    }

    /// <summary>The members beside themselves.</summary>
    public TaskOutputs ToOutputs()
    {
        float[][] values = [.. _values.Select(own => own.ToArray())];
        return new TaskOutputs(_tasks, values, values).Thin(holdsOut: false);
    }

    /// <summary>The output for one image.</summary>
    public ReadOnlySpan<float> Get(int task, int image) =>
        CollectionsMarshal.AsSpan(_values[task]).Slice(image * _tasks[task].OutputLength, _tasks[task].OutputLength);
}
