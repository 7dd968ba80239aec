using System.Reflection;
using ZipIt.MLNet.Friend;

namespace ZipIt.MLNet.Tests;

public sealed class FriendMembersTests
{
    private static readonly Assembly Library = typeof(ZipTransformer).Assembly;

    /// <summary>A member that appears here is one more that a new version of ML.NET may take away: it belongs into the list on purpose.</summary>
    [Fact]
    public void ReadList_AllThatTheAssemblyUses_IsListedInOrder() =>
        Assert.Equal(FriendReferences.Find(Library).Keys, FriendMembers.ReadList());

    [Fact]
    public void References_NonPublicMembersOfMLNet_AreUsedInTheFriendFolderOnly()
    {
        IEnumerable<string> elsewhere = FriendReferences.Find(Library)
            .SelectMany(reference => reference.Value, (reference, user) => $"{user} uses {reference.Key}")
            .Where(use => !use.StartsWith(typeof(FriendMembers).Namespace + '.', StringComparison.Ordinal));

        Assert.Empty(elsewhere);
    }

    /// <summary>The search must see what it is for: method bodies, signatures, and attributes of the assembly.</summary>
    [Fact]
    public void References_EachKindOfUse_IsFound()
    {
        IReadOnlyDictionary<string, SortedSet<string>> found = FriendReferences.Find(Library);

        Assert.Equal([typeof(ZipModelFile).FullName!], found["Microsoft.ML.Core: Microsoft.ML.ModelSaveContext: Void CheckAtModel()"]);
        Assert.Contains(typeof(ZipModelFile).FullName!, found["Microsoft.ML.Core: Microsoft.ML.ModelLoadContext"]);
        Assert.Empty(found["Microsoft.ML.Core: Microsoft.ML.SignatureLoadModel"]);
    }

    [Fact]
    public void Check_LoadedMLNet_HasAllMembers() => FriendMembers.Check();

    [Theory]
    [InlineData("Microsoft.ML.Core: Microsoft.ML.VersionInformation", "'Microsoft.ML.VersionInformation'")]
    [InlineData("Microsoft.ML.Core: Microsoft.ML.ModelSaveContext: Void CheckAtModels()", "'Microsoft.ML.ModelSaveContext: Void CheckAtModels()'")]
    [InlineData("Microsoft.ML.Core: Microsoft.ML.ModelSaveContext: Int32 CheckAtModel()", "'Microsoft.ML.ModelSaveContext: Int32 CheckAtModel()'")]
    public void Check_MissingMember_NamesItAndTheSupportedVersions(string member, string named)
    {
        var failure = Assert.Throws<NotSupportedException>(() => FriendMembers.Check([.. FriendMembers.ReadList(), member], Assembly.Load));

        Assert.Contains(named, failure.Message);
        Assert.Contains("Microsoft.ML.Core 5.0.1", failure.Message);
        Assert.Contains("[5.0.1, 5.1.0)", failure.Message);
    }

    [Fact]
    public void SupportedVersions_AreThoseOfThePackageReference() => Assert.StartsWith("[5.0.1,", FriendMembers.SupportedVersions);
}
