using System.Text.RegularExpressions;

namespace ZipIt.StandIns.Tests.Api;

/// <summary>A listing of ML.NET's API: for each type its assembly, declaration and members.</summary>
internal sealed partial class ApiListing
{
    private readonly Dictionary<(string Namespace, string Name), ApiType> _types = [];

    public static ApiListing Load(string fileName)
    {
        var listing = new ApiListing();
        string space = "";
        string assembly = "";
        List<string> attributes = [];
        ApiType? open = null;
        foreach (string written in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Api", fileName)))
        {
            string line = Notes().Replace(written, "");
            if (line.StartsWith("namespace ", StringComparison.Ordinal))
                space = line["namespace ".Length..];
            else if (AssemblyLine().Match(line) is { Success: true } match)
                assembly = match.Groups[1].Value;
            else if (line.StartsWith('['))
                attributes.Add(line);
            else if (line.StartsWith("    ", StringComparison.Ordinal))
                open!.Members.Add(Normalize(line.Trim()));
            else if (Declaration().Match(line) is { Success: true } declared)
            {
                open = ApiType.Parse(assembly, Normalize(string.Join("\n", [.. attributes, line])), declared.Groups[1].Value);
                listing._types.Add((space, open.Name), open);
                attributes.Clear();
            }
        }
        return listing;
    }

    public ApiType? Find(Type type) => _types.GetValueOrDefault((type.Namespace ?? "", ApiFormatter.NameOf(type)));

    // Without a marker that means something to ML.NET's own analyzer only.
    private static string Normalize(string line) =>
        line.Replace("[BestFriend] ", "").Replace("[BestFriend]\n", "").Replace("[BestFriend, ", "[").Replace(", BestFriend]", "]");

    [GeneratedRegex(@"^// (Microsoft\.[A-Za-z.]+)\.dll$")]
    private static partial Regex AssemblyLine();

    [GeneratedRegex(@"^(?:public|internal|protected|private)\b.*?\b(?:class|struct|interface|enum|delegate \S+) (.*)$")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"/\*internal interface\*/ ?|/\*internal\*/")]
    private static partial Regex Notes();
}

/// <summary>A type of the listing.</summary>
internal sealed record ApiType(string Assembly, string Name, string Declaration, string[] Bases, HashSet<string> Members)
{
    /// <summary>Takes a declaration apart: what stands before the bases, the bases, and the constraints behind them.</summary>
    public static ApiType Parse(string assembly, string declaration, string rest)
    {
        int constraints = rest.IndexOf(" where ", StringComparison.Ordinal);
        string head = constraints < 0 ? rest : rest[..constraints];
        int colon = head.IndexOf(" : ", StringComparison.Ordinal);
        string[] bases = colon < 0 ? [] : SplitTopLevel(head[(colon + 3)..]);
        string named = (colon < 0 ? head : head[..colon]).TrimEnd(';');
        int parenthesis = named.IndexOf('(');
        string plain = (parenthesis < 0 ? named : named[..parenthesis]).Replace("in ", "").Replace("out ", "");
        string withoutBases = colon < 0 ? declaration : declaration.Replace(head[colon..], "");
        return new ApiType(assembly, plain, withoutBases, bases, []);
    }

    private static string[] SplitTopLevel(string list)
    {
        var parts = new List<string>();
        int depth = 0;
        int start = 0;
        for (int i = 0; i <= list.Length; i++)
        {
            if (i == list.Length || (list[i] == ',' && depth == 0))
            {
                parts.Add(list[start..i].Trim());
                start = i + 1;
            }
            else
            {
                depth += list[i] == '<' ? 1 : list[i] == '>' ? -1 : 0;
            }
        }
        return [.. parts];
    }
}
