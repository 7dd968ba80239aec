using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>What the outputs of a zipped network should be where it is known which tasks they serve, and the member of each task is there.</summary>
internal sealed class TaskTargets
{
    private readonly RefitContext _context;
    private readonly Network _network;
    private readonly List<(int Member, Node Node)>? _taskOutputs; // null if not every task is a member's
    private float[][]? _memberOutputs; // by task [images, output length]
    private OutputTargets? _targets;

    /// <summary>Finds the members' outputs that tell what the zipped network's should be.</summary>
    /// <param name="context">The tasks.</param>
    /// <param name="network">The zipped network.</param>
    /// <param name="members">Its members.</param>
    public TaskTargets(RefitContext context, Network network, IReadOnlyList<ZipMember> members)
    {
        (_context, _network) = (context, network);
        _taskOutputs = FindTaskOutputs(context.Options.Tasks, members);
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
        IReadOnlyList<ClassificationTask> tasks = _context.Options.Tasks;
        int[] served = [.. Enumerable.Range(0, tasks.Count).Where(t => ReferenceEquals(OutputOf(tasks[t]), unit.Target))];
        if (served.Length == 0 || _taskOutputs is null || served.Any(t => tasks[t].OutputLength != channels))
            return null;
        if (_targets is null)
        {
            members.Sample(unit); // the members' outputs are computed together with the first output's targets
            _memberOutputs = [.. _taskOutputs.Select(output => members.GetOutput(output.Node))];
            _targets = new OutputTargets(tasks, _memberOutputs, _context.Threads);
        }

        if (served.Length == 1)
        {
            double flattening = refit.Flattening ?? (tasks[served[0]].Prototypes is null ? 0.5 : 1);
            return flattening > 0 ? _targets.Own(served[0], flattening) : null;
        }

        return refit.SharedOutput == SharedOutputTarget.Average || served.Any(t => tasks[t].Prototypes is null)
            ? null
            : _targets.Shared(served, refit.SharedOutput);
    }

    /// <summary>Whether a unit is an output of tasks whose members are known.</summary>
    public bool Serves(RefitUnit unit) => _memberOutputs is not null && _context.Options.Tasks.Any(task => ReferenceEquals(OutputOf(task), unit.Target));

    /// <summary>The members' outputs beside the zipped network's; null if some are not known.</summary>
    /// <param name="values">Outputs of the zipped network [images, length].</param>
    /// <param name="holdsOut">Whether it was not fitted to images that are held out.</param>
    public TaskOutputs? Compare(IReadOnlyDictionary<Node, float[]> values, bool holdsOut)
    {
        Node?[] outputs = [.. _context.Options.Tasks.Select(OutputOf)];
        return _memberOutputs is not null && outputs.All(output => output is not null && values.ContainsKey(output))
            ? new TaskOutputs(_context.Options.Tasks, _memberOutputs, [.. outputs.Select(output => values[output!])]).Thin(holdsOut)
            : null;
    }

    private Node? OutputOf(ClassificationTask task) => _network.Heads.FirstOrDefault(head => head.Name == task.Name)?.Node;

    /// <summary>The member's output that decides about each task; null if not every task is a member's.</summary>
    private static List<(int Member, Node Node)>? FindTaskOutputs(IReadOnlyList<ClassificationTask> tasks, IReadOnlyList<ZipMember> members)
    {
        (int Member, int Head)?[] outputs = [.. tasks.Select(task => RecordedOutputs.Find(task, members))];
        return outputs.All(output => output is not null)
            ? [.. outputs.Select(output => (output!.Value.Member, members[output.Value.Member].Network.Heads[output.Value.Head].Node))]
            : null;
    }
}
