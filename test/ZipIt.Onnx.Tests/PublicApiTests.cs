using ZipIt.TestFramework;

namespace ZipIt.Onnx.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void Assembly_PublicApi_IsTheListedOne() => PublicApi.Check(typeof(OnnxNetwork).Assembly);
}
