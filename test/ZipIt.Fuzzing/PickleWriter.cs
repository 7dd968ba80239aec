using System.Buffers.Binary;
using System.Text;

namespace ZipIt.Fuzzing;

/// <summary>Writes small pickles as <c>torch.save</c> does.</summary>
internal sealed class PickleWriter(int protocol = 2)
{
    /// <summary>Number of storages that the tensors refer to.</summary>
    public const int Storages = 2;

    /// <summary>Bytes of each.</summary>
    public const int StorageLength = 64;

    private const int Elements = StorageLength / sizeof(float);

    private readonly List<byte> _bytes = [];

    /// <summary>A dictionary of tensors: whole, part of a storage, transposed, expanded and shared ones, of several types.</summary>
    public byte[] Checkpoint()
    {
        Begin();
        WriteTensors();
        return Stop();
    }

    /// <summary>The same inside another dictionary, beside other values.</summary>
    public byte[] Nested()
    {
        Begin();
        Op('}').Text("epoch").Op('K').Raw(7).Op('s').Text("lr").Op('G').Raw(0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a).Op('s');
        Text("names").Op(']').Op('(').Text("a").Op('N').Raw(0x88).Op('e').Op('s').Text("state_dict");
        WriteTensors();
        return Op('s').Stop();
    }

    /// <summary>
    /// Tensors beside what training scripts leave in a checkpoint: objects, calls, bound functions, a quantized tensor, two dictionaries of weights.
    /// </summary>
    public byte[] Script()
    {
        Begin();
        Op('}').Text("args").Op('c').Raw("argparse\nNamespace\n"u8).Op(')').Raw(0x81).Op('}').Text("lr").Op('K').Raw(1).Op('s').Op('b').Op('s');
        Text("milestones").Op('c').Raw("collections\nCounter\n"u8).Op('}').Op('K').Raw(5).Op('K').Raw(1).Op('s').Raw(0x85).Op('R').Op('s');
        Text("step").Op('c').Raw("builtins\ngetattr\n"u8).Op('N').Text("f").Raw(0x86).Op('R').Op('s');
        Text("list").Op('c').Raw("a\nList\n"u8).Op(')').Op('R').Op('(').Op('N').Op('N').Op('e').Op('s');
        Text("q.weight").Op('c').Raw("torch._utils\n_rebuild_qtensor\n"u8).Op(')').Op('R').Op('s').Text("ema").Op('}').Text("module");
        WriteTensors();
        Op('s').Op('s').Text("model");
        WriteTensors();
        return Op('s').Stop();
    }

    /// <summary>A file of the older form: five pickles, then the storages.</summary>
    public byte[] Legacy()
    {
        Begin();
        Raw(0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19).Op('.');
        Begin();
        Op('M').Raw(0xe9, 3).Op('.');
        Begin();
        Op('}').Text("little_endian").Raw(0x88).Op('s').Op('.');
        Begin();
        WriteTensors();
        Op('.');
        Begin();
        Op(']').Op('(').Text("0").Text("1").Op('e').Op('.');
        for (int storage = 0; storage < Storages; storage++)
        {
            var count = new byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(count, Elements);
            Raw(count).Raw(new byte[StorageLength]);
        }

        return [.. _bytes];
    }

    private void WriteTensors()
    {
        Op('}').Op('(');
        Text("whole").Tensor("FloatStorage", 0, 0, [4, 4], [4, 1]);
        Text("part").Tensor("FloatStorage", 0, 3, [5], [1]);
        Text("turned").Tensor("FloatStorage", 0, 0, [4, 4], [1, 4]);
        Text("expanded").Tensor("IntStorage", 1, 1, [3, 2], [0, 1]);
        Text("empty").Tensor("IntStorage", 1, 0, [0], [1]);
        Op('u');
    }

    private PickleWriter Tensor(string type, int storage, int offset, int[] shape, int[] strides)
    {
        Op('c').Raw(Encoding.ASCII.GetBytes("torch._utils\n_rebuild_tensor_v2\n")).Op('(');
        Op('(').Text("storage").Op('c').Raw(Encoding.ASCII.GetBytes($"torch\n{type}\n")).Text($"{storage}").Text("cpu").Op('K').Raw(Elements).Op('t').Op('Q');
        Op('K').Raw((byte)offset).Tuple(shape).Tuple(strides).Raw(0x89);
        return Op('c').Raw(Encoding.ASCII.GetBytes("collections\nOrderedDict\n")).Op(')').Op('R').Op('t').Op('q').Raw(1).Op('R');
    }

    private PickleWriter Tuple(int[] values)
    {
        Op('(');
        foreach (int value in values)
            Op('K').Raw((byte)value);
        return Op('t');
    }

    private PickleWriter Text(string text) => protocol >= 4
        ? Raw(0x8c, (byte)text.Length).Raw(Encoding.ASCII.GetBytes(text))
        : Op('X').Raw((byte)text.Length, 0, 0, 0).Raw(Encoding.ASCII.GetBytes(text));

    private void Begin() => Raw(0x80, (byte)protocol);

    private byte[] Stop()
    {
        Op('.');
        return [.. _bytes];
    }

    private PickleWriter Op(char opcode) => Raw((byte)opcode);

    private PickleWriter Raw(params ReadOnlySpan<byte> bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }
}
