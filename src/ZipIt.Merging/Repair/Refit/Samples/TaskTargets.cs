using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>What the outputs of a zipped network should be where it is known which tasks they serve, and the member of each task is there.</summary>
internal sealed class TaskTargets
{
    private readonly RefitContext _context;
    private readonly Network _network;
    private readonly List<(int Member, Node Node)>? _taskOutputs; // null if not every task is a member's
    private OutputTargets? _targets;

    /// <summary>Finds the members' outputs that tell what the zipped network's should be.</summary>
    /// <param name="context">The tasks.</param>
    /// <param name="network">The zipped network.</param>
    /// <param name="members">Its members.</param>
    public TaskTargets(RefitContext context, Network network, IReadOnlyList<ZipMember> members)
    {
        (_context, _network) = (context, network);
        _taskOutputs = FindTaskOutputs(context.Refit.Tasks, members);
    }

    /// <summary>Outputs of members that are wanted for all images.</summary>
    public IReadOnlyList<(int Member, Node Node)> MemberOutputs => _taskOutputs ?? [];

    /// <summary>Targets [images, channels] of a unit that is an output of known tasks; null if it is not, or what the members give is right as it is.</summary>
    /// <param name="unit">A unit.</param>
    /// <param name="channels">Number of its channels.</param>
    /// <param name="members">Gives the members' outputs.</param>
    public float[]? TryGet(RefitUnit unit, int channels, MemberTargets members)
    {
        RefitOptions refit = _context.Refit;
        IReadOnlyList<ClassificationTask> tasks = refit.Tasks;
        int[] served = [.. Enumerable.Range(0, tasks.Count).Where(t => _network.Heads.Any(head => ReferenceEquals(head.Node, unit.Target) && head.Name == tasks[t].Name))];
        if (served.Length == 0 || _taskOutputs is null || served.Any(t => tasks[t].OutputLength != channels))
            return null;
        if (_targets is null)
        {
            members.Sample(unit); // the members' outputs are computed together with the first output's targets
            _targets = new OutputTargets(tasks, [.. _taskOutputs.Select(output => members.GetOutput(output.Node))], _context.Threads);
        }

        if (served.Length == 1)
        {
            double flattening = refit.Flattening ?? (tasks[served[0]].Prototypes is null ? 0.5 : 1);
            return flattening > 0 ? _targets.Own(served[0], flattening) : null;
        }

        return refit.SharedOutput == SharedOutputTarget.Average || served.Any(t => tasks[t].Prototypes is null) ? null : _targets.Shared(served, refit.SharedOutput);
    }

    /// <summary>The member's output that decides about each task; null if not every task is a member's.</summary>
    private static List<(int Member, Node Node)>? FindTaskOutputs(IReadOnlyList<ClassificationTask> tasks, IReadOnlyList<ZipMember> members)
    {
        var outputs = new List<(int Member, Node Node)>();
        foreach (ClassificationTask task in tasks)
        {
            var own = Enumerable.Range(0, members.Count).SelectMany(m => members[m].Network.Heads.Where(head => members[m].NameOf(head) == task.Name).Select(head => (m, head.Node))).ToList();
            if (own is not [{ } output] || !members[output.m].Network.ShapeOf(output.Node).SequenceEqual([task.OutputLength]))
                return null;
            outputs.Add(output);
        }

        return outputs;
    }
}
