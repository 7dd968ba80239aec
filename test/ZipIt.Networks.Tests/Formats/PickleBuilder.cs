using System.Buffers.Binary;
using System.Text;

namespace ZipIt.Networks.Tests.Formats;

/// <summary>Writes pickles opcode by opcode, honest and hostile ones.</summary>
internal sealed class PickleBuilder
{
    private readonly MemoryStream _bytes = new();

    public PickleBuilder(int protocol = 2) => Raw(0x80, (byte)protocol);

    public PickleBuilder Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }

    public PickleBuilder Op(char opcode) => Raw((byte)opcode);

    public PickleBuilder Global(string module, string name) => Op('c').Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    public PickleBuilder StackGlobal(string module, string name) => Text(module).Text(name).Raw(0x93);

    public PickleBuilder Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Op('X').Int32(utf8.Length).Raw(utf8);
    }

    public PickleBuilder Int(long value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return Raw(0x8a, 8).Raw(bytes);
    }

    public PickleBuilder Tuple(params ReadOnlySpan<long> values)
    {
        Op('(');
        foreach (long value in values)
            Int(value);
        return Op('t');
    }

    /// <summary>A reference to a storage of the given Python class.</summary>
    public PickleBuilder Storage(string type, string key, long count, string module = "torch") =>
        Op('(').Text("storage").Global(module, type).Text(key).Text("cpu").Int(count).Op('t').Op('Q');

    /// <summary>A tensor; name and tensor are meant to become an entry of a dictionary.</summary>
    public PickleBuilder Tensor(string type, string key, long count, long offset, long[] shape, long[] strides) =>
        Global("torch._utils", "_rebuild_tensor_v2").Op('(').Storage(type, key, count).Int(offset).Tuple(shape).Tuple(strides).Raw(0x89)
            .Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');

    /// <summary>A tensor whose element type stands beside its untyped storage.</summary>
    public PickleBuilder UntypedTensor(string dtype, string key, long bytes, long[] shape, long[] strides) =>
        Global("torch._utils", "_rebuild_tensor_v3").Op('(').Storage("UntypedStorage", key, bytes, "torch.storage").Int(0).Tuple(shape).Tuple(strides).Raw(0x89)
            .Global("collections", "OrderedDict").Op(')').Op('R').Global("torch", dtype).Op('t').Op('R');

    public byte[] Stop()
    {
        Op('.');
        return _bytes.ToArray();
    }

    private PickleBuilder Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Raw(bytes);
    }
}
