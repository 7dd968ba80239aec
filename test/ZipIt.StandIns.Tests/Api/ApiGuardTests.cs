using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.Api;

/// <summary>Holds the stand-ins against the listing of the real API: they may have less, but nothing else.</summary>
public class ApiGuardTests
{
    private static readonly Assembly[] StandIns = [typeof(IDataView).Assembly, typeof(ITransformer).Assembly, typeof(MLContext).Assembly, typeof(MLImage).Assembly];

    private static readonly ApiListing PublicApi = ApiListing.Load("public-api.txt");
    private static readonly ApiListing FriendApi = ApiListing.Load("friend-api.txt");

    [Fact]
    public void PublicSurface_OfEveryAssembly_IsPartOfTheRealOne()
    {
        var formatter = new ApiFormatter(friends: false);
        Type[] types = [.. StandIns.SelectMany(assembly => assembly.GetTypes()).Where(formatter.IsVisible)];

        string[] faults = [.. types.SelectMany(type => PublicApi.Find(type) is { } real
            ? ApiComparison.FindFaults(formatter, type, real)
            : [$"{type.FullName}: the real package has no such public type"])];

        Assert.True(faults.Length == 0, string.Join(Environment.NewLine, faults));
        Assert.True(types.Length > 100, $"only {types.Length} public types were compared");
    }

    [Fact]
    public void FriendSurface_OfListedTypes_IsPartOfTheRealOne()
    {
        var formatter = new ApiFormatter(friends: true);
        Type[] types = [.. StandIns.SelectMany(assembly => assembly.GetTypes()).Where(formatter.IsVisible)];

        (Type Type, ApiType? Real)[] listed = [.. types.Select(type => (type, FriendApi.Find(type))).Where(pair => pair.Item2 != null)];
        string[] faults = [.. listed.SelectMany(pair => ApiComparison.FindFaults(formatter, pair.Type, pair.Real!))];

        Assert.True(faults.Length == 0, string.Join(Environment.NewLine, faults));
        Assert.True(listed.Length > 50, $"only {listed.Length} types with friend members were compared");
    }

    [Fact]
    public void Compare_TypeThatDiffersFromTheListing_NamesEachDifference()
    {
        var formatter = new ApiFormatter(friends: false);
        ApiType real = PublicApi.Find(typeof(KeyDataViewType))!;
        string[] members = [.. real.Members];
        ApiType different = real with
        {
            Assembly = "Microsoft.ML.Core",
            Declaration = real.Declaration.Replace("sealed ", ""),
            Members = [.. members.Where(member => !member.Contains("ulong Count")).Select(member => member.Replace("Type type, int count", "Type type, int size"))],
        };

        string[] faults = [.. ApiComparison.FindFaults(formatter, typeof(KeyDataViewType), different)];

        Assert.Empty(ApiComparison.FindFaults(formatter, typeof(KeyDataViewType), real));
        Assert.Equal(4, faults.Length);
        Assert.Contains(faults, fault => fault.Contains("public ulong Count { get; }"));
        Assert.Contains(faults, fault => fault.Contains("public KeyDataViewType(Type type, int count);"));
    }
}
