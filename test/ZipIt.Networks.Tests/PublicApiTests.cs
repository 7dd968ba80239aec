using ZipIt.TestFramework;

namespace ZipIt.Networks.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void Assembly_PublicApi_IsTheListedOne() => PublicApi.Check(typeof(Network).Assembly);
}
