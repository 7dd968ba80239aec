using ZipIt.TestFramework;

namespace ZipIt.Merging.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void Assembly_PublicApi_IsTheListedOne() => PublicApi.Check(typeof(Zipper).Assembly);
}
