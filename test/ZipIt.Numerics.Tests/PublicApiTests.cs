using ZipIt.TestFramework;

namespace ZipIt.Numerics.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void Assembly_PublicApi_IsTheListedOne() => PublicApi.Check(typeof(Matrix).Assembly);
}
