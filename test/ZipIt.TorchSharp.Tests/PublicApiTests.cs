using ZipIt.TestFramework;

namespace ZipIt.TorchSharp.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void Library_PublicApi_IsAsListed() => PublicApi.Check(typeof(TorchSharpEngine).Assembly);
}
