using System.Reflection;

namespace ZipIt.MLNet.Friend;

/// <summary>
/// The non-public types and members of ML.NET that this assembly uses, listed in <c>FriendMembers.txt</c>. They may be gone in another version of ML.NET:
/// whatever is about to use one asks here first, so that its user reads which one and what to do.
/// </summary>
/// <remarks>
/// A method that uses a missing member fails when it is compiled, before its first line runs. So the question is asked by a method that uses none.
/// </remarks>
internal static class FriendMembers
{
    private const string ListName = "FriendMembers.txt";
    private const string Separator = ": ";
    private const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static volatile bool _areThere;

    /// <summary>Versions of the package Microsoft.ML that this assembly was made for, as NuGet writes ranges.</summary>
    public static string SupportedVersions { get; } =
        typeof(FriendMembers).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(metadata => metadata.Key == "SupportedMLNet").Value!;

    /// <summary>Makes sure that ML.NET has all of them; looks once per process.</summary>
    /// <exception cref="NotSupportedException">One is missing; the message says which, and which versions of ML.NET are supported.</exception>
    public static void Check()
    {
        if (_areThere)
            return;
        Check(ReadList(), name => Assembly.Load(new AssemblyName(name)));
        _areThere = true;
    }

    /// <summary>Makes sure that assemblies have all of some members.</summary>
    /// <param name="members">
    /// The members: <c>assembly: type</c> for a type, <c>assembly: type: signature</c> for a member; the signature is what <see cref="object.ToString"/> of its
    /// <see cref="MemberInfo"/> gives.
    /// </param>
    /// <param name="load">Finds an assembly by its simple name.</param>
    /// <exception cref="NotSupportedException">One is missing; the message says which, and which versions of ML.NET are supported.</exception>
    public static void Check(IEnumerable<string> members, Func<string, Assembly> load)
    {
        foreach (string member in members)
        {
            string[] parts = member.Split(Separator);
            Assembly assembly = load(parts[0]);
            if (!IsThere(assembly, parts[1], parts.Length > 2 ? parts[2] : null))
            {
                throw new NotSupportedException(
                    $"ZipIt.MLNet uses '{string.Join(Separator, parts[1..])}', which is not public and which {parts[0]} {VersionOf(assembly)} does not have. " +
                    $"Use the package Microsoft.ML in one of the versions {SupportedVersions}.");
            }
        }
    }

    /// <summary>The lines of the list.</summary>
    public static IReadOnlyList<string> ReadList()
    {
        using Stream stream = typeof(FriendMembers).Assembly.GetManifestResourceStream(ListName)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private static bool IsThere(Assembly assembly, string typeName, string? signature)
    {
        try
        {
            Type? type = assembly.GetType(typeName);
            return type is not null && (signature is null || type.GetMembers(All).Any(member => $"{member}" == signature));
        }
        catch (Exception unloadable) when (unloadable is TypeLoadException or FileNotFoundException)
        {
            // A type of the signature is gone.
            return false;
        }
    }

    private static string VersionOf(Assembly assembly)
    {
        string? version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return version?.Split('+')[0] ?? $"{assembly.GetName().Version}";
    }
}
