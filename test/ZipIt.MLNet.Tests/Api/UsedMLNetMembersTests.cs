using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace ZipIt.MLNet.Tests.Api;

/// <summary>
/// Holds what the compiled assemblies use of ML.NET against the listing of its API. Against a stand-in they could use its own internal members, too.
/// </summary>
public partial class UsedMLNetMembersTests
{
    [Theory]
    [InlineData("ZipIt.MLNet")]
    [InlineData("ZipIt.MLNet.Tests")]
    public void Assembly_EveryMemberOfMLNetThatItUses_IsListed(string assemblyName)
    {
        Dictionary<string, HashSet<string>> listed = ReadListing("public-api.txt", "friend-api.txt");
        (string Type, string Member)[] used = [.. FindUsedMembers(Path.Combine(AppContext.BaseDirectory, $"{assemblyName}.dll")).Distinct()];

        string[] unknown = [.. used.Where(use => !listed.TryGetValue(use.Type, out HashSet<string>? members) || !members.Contains(use.Member)).Select(use => $"{use.Type}.{use.Member}")];

        Assert.True(unknown.Length == 0, $"{assemblyName} uses what the real ML.NET lacks: {string.Join(", ", unknown)}");
        Assert.True(used.Length > 30, $"only {used.Length} uses were found");
    }

    private static IEnumerable<(string Type, string Member)> FindUsedMembers(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        MetadataReader metadata = file.GetMetadataReader();
        var uses = new List<(string, string)>();
        foreach (MemberReferenceHandle handle in metadata.MemberReferences)
        {
            MemberReference member = metadata.GetMemberReference(handle);
            if (FindType(metadata, member.Parent) is { } type)
                uses.Add((type, metadata.GetString(member.Name)));
        }
        return uses;
    }

    // The name of a type of ML.NET, with the number of its type parameters as the listing gives it; null for other types.
    private static string? FindType(MetadataReader metadata, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeSpecification)
        {
            // A constructed type starts with the token of its definition, behind two bytes that say so.
            BlobReader signature = metadata.GetBlobReader(metadata.GetTypeSpecification((TypeSpecificationHandle)handle).Signature);
            if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
                return null;
            signature.ReadCompressedInteger();
            return FindType(metadata, signature.ReadTypeHandle());
        }
        if (handle.Kind != HandleKind.TypeReference)
            return null;
        TypeReference type = metadata.GetTypeReference((TypeReferenceHandle)handle);
        string name = metadata.GetString(type.Name);
        if (type.ResolutionScope.Kind == HandleKind.TypeReference)
            return FindType(metadata, type.ResolutionScope) is { } outer ? $"{outer}.{name}" : null;
        bool isMLNet = type.ResolutionScope.Kind == HandleKind.AssemblyReference
            && metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name).StartsWith("Microsoft.ML", StringComparison.Ordinal);
        return isMLNet ? $"{metadata.GetString(type.Namespace)}.{name}" : null;
    }

    private static Dictionary<string, HashSet<string>> ReadListing(params string[] fileNames)
    {
        var listing = new Dictionary<string, HashSet<string>>();
        foreach (string fileName in fileNames)
        {
            string space = "";
            string type = "";
            foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Api", fileName)))
            {
                if (line.StartsWith("namespace ", StringComparison.Ordinal))
                    space = line["namespace ".Length..];
                else if (Declaration().Match(line) is { Success: true } declared)
                {
                    type = $"{space}.{WithArity(declared.Groups[1].Value)}";
                    listing.TryAdd(type, line.Contains(" delegate ") ? ["Invoke", ".ctor"] : []);
                }
                else if (line.StartsWith("    ", StringComparison.Ordinal))
                {
                    foreach (string member in MembersOf(line.Trim(), type))
                        listing[type].Add(member);
                }
            }
        }
        return listing;
    }

    private static IEnumerable<string> MembersOf(string line, string type)
    {
        string plain = Attributes().Replace(line, "");
        if (Property().Match(plain) is { Success: true } property)
        {
            string name = property.Groups[1].Value == "this" ? "Item" : property.Groups[1].Value;
            return [$"get_{name}", $"set_{name}"];
        }
        if (Happening().Match(plain) is { Success: true } happening)
            return [$"add_{happening.Groups[1].Value}", $"remove_{happening.Groups[1].Value}"];
        if (Method().Match(plain) is { Success: true } method)
            return [method.Groups[1].Value == type.Split('.')[^1].Split('`')[0] ? ".ctor" : method.Groups[1].Value];
        return Field().Match(plain) is { Success: true } field ? [field.Groups[1].Value] : [];
    }

    private static string WithArity(string name) => TypeParameters().Replace(name, match => $"`{match.Value.Count(character => character == ',') + 1}");

    [GeneratedRegex(@"^(?:public|internal|protected|private)\b.*?\b(?:class|struct|interface|enum|delegate \S+) ((?:\w+(?:<[^>]*>)?\.?)+)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"<[^>]*>")]
    private static partial Regex TypeParameters();

    [GeneratedRegex(@"^(\[[^\]]*\] )+")]
    private static partial Regex Attributes();

    [GeneratedRegex(@"(\w+)(?:\[[^\]]*\])? \{ (?:get; )?(?:set; )?\}$")]
    private static partial Regex Property();

    [GeneratedRegex(@"\bevent .* (\w+);$")]
    private static partial Regex Happening();

    [GeneratedRegex(@" (\w+)(?:<[\w, ]*>)?\([^()]*(?:\([^()]*\)[^()]*)*\)(?: where .*)?;$|^(\w+)\(")]
    private static partial Regex Method();

    [GeneratedRegex(@" (\w+)(?: = [^;]*)?;$")]
    private static partial Regex Field();
}
