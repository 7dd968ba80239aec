namespace ZipIt.StandIns.Tests.Api;

/// <summary>Compares a type with the listing: it may lack members, and have none that differ.</summary>
internal static class ApiComparison
{
    /// <summary>In what a type differs from what is listed for it.</summary>
    public static IEnumerable<string> FindFaults(ApiFormatter formatter, Type type, ApiType real)
    {
        string assembly = type.Assembly.GetName().Name!;
        if (assembly != real.Assembly)
            yield return $"{type.FullName}: it is in {assembly} and should be in {real.Assembly}";
        (string declaration, string[] bases) = formatter.Declare(type);
        if (declaration != real.Declaration)
            yield return $"{type.FullName}: it is declared{Environment.NewLine}  {declaration}{Environment.NewLine}and should be{Environment.NewLine}  {real.Declaration}";

        // The listing names the bases that a declaration needs; an interface may come with one of them.
        HashSet<string> allowed = [.. real.Bases];
        foreach (string missing in bases.Where(name => !allowed.Contains(name) && !IsInherited(type, name, allowed)))
            yield return $"{type.FullName}: the real type is no {missing}";
        foreach (string member in formatter.Members(type).Where(member => !real.Members.Contains(member)))
            yield return $"{type.FullName}: the real type has no member{Environment.NewLine}  {member}";
    }

    private static bool IsInherited(Type type, string name, HashSet<string> allowed)
    {
        IEnumerable<Type> bases = type.BaseType == null ? type.GetInterfaces() : [type.BaseType, .. type.GetInterfaces()];
        return bases.Where(contract => allowed.Contains(ApiFormatter.NameOf(contract)))
            .Any(contract => contract.GetInterfaces().Any(inner => ApiFormatter.NameOf(inner) == name));
    }
}
