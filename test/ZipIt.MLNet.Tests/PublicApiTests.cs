using ZipIt.TestFramework;

namespace ZipIt.MLNet.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void Assembly_PublicApi_IsTheListedOne() => PublicApi.Check(typeof(ZipTransformer).Assembly);
}
