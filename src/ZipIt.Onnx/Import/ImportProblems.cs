using System.Text;
using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>All that is not supported in a graph, so that one look tells whether it can become a network.</summary>
internal sealed class ImportProblems
{
    private const int Shown = 40;

    private readonly OrderedDictionary<(string Operator, string Reason), List<string>> _problems = [];

    public bool Any => _problems.Count > 0;

    /// <summary>Adds a node; nodes of one operator with one reason stand together.</summary>
    public void Add(ImportNode node, string reason)
    {
        if (!_problems.TryGetValue((node.Operator, reason), out List<string>? nodes))
            _problems.Add((node.Operator, reason), nodes = []);
        nodes.Add(node.Name);
    }

    /// <summary>Adds something that is no node.</summary>
    public void Add(string what, string reason) => _problems.TryAdd((what, reason), []);

    public InvalidDataException ToException(string source)
    {
        var text = new StringBuilder($"'{source}' holds what cannot become a network:");
        foreach (((string subject, string reason), List<string> nodes) in _problems.Take(Shown))
        {
            text.AppendLine();
            text.Append(nodes.Count == 0 ? $"  {subject}: {reason}." : $"  {NameList.Shorten(subject)} ({NameList.Format(nodes)}): {reason}.");
        }

        if (_problems.Count > Shown)
            text.AppendLine().Append($"  And {_problems.Count - Shown} more.");
        return new InvalidDataException(text.ToString());
    }
}
