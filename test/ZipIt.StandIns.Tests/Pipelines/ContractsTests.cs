using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace ZipIt.StandIns.Tests.Pipelines;

public class ContractsTests
{
    private readonly IHost _host = ((IHostEnvironment)new MLContext()).Register("Host");

    [Fact]
    public void Checks_ThatFail_ThrowMLNetsTypes()
    {
        Assert.Throws<InvalidOperationException>(() => _host.Check(false));
        Assert.Throws<ArgumentNullException>(() => _host.CheckValue((string?)null, "name"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _host.CheckNonEmpty("", "name"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _host.CheckNonWhiteSpace(" ", "name"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _host.CheckParam(false, "name"));
        Assert.Throws<ArgumentOutOfRangeException>(() => _host.CheckUserArg(false, "name"));
        Assert.Throws<FormatException>(() => _host.CheckDecode(false));
        Assert.Throws<IOException>(() => Contracts.CheckIO(false));
        Assert.Throws<ArgumentNullException>(() => ((IHost?)null).CheckRef((string?)null, "name"));
        _host.Check(true);
        Assert.Equal("x", _host.CheckNonEmpty("x", "name"));
    }

    [Fact]
    public void ExceptSchemaMismatch_Messages_AreMLNets()
    {
        Assert.Equal("Could not find input column 'X' (Parameter 'inputSchema')", _host.ExceptSchemaMismatch("inputSchema", "input", "X").Message);
        Assert.Equal(
            "Schema mismatch for input column 'X': expected A, got B (Parameter 'inputSchema')",
            _host.ExceptSchemaMismatch("inputSchema", "input", "X", "A", "B").Message);
    }

    [Fact]
    public void Process_Exception_IsMarked()
    {
        var e = new TimeoutException();
        Assert.False(e.IsMarked());
        Assert.Same(e, ((IExceptionContext)_host).Process(e));
        Assert.Equal(1, e.Data["ML_IsMarked"]);
        Assert.True(_host.Except("message").IsMarked());
        Assert.True(Contracts.Except("message").IsMarked());
    }
}
