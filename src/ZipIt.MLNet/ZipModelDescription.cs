using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Runtime;
using ZipIt.Merging;
using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>What a stored model holds beside its network: column names, tasks and how they are scored.</summary>
/*
 * string    name of the pixel column
 * string    prefix of the output columns
 * int32     joint scoring
 * int32     batch size
 * int32     number of tasks
 *   string    name
 *   int32     number of classes
 *   string …  labels
 *   int32     length of the prototypes; 0 for class scores
 *   float32   scale                           (prototypes only)
 *   float32 … prototypes [classes, length]    (prototypes only)
 * string    the report as JSON; empty if there is none
 *
 * string = int32 length in bytes, UTF-8. All numbers are little-endian.
 */
internal sealed class ZipModelDescription
{
    public const int HashLength = SHA256.HashSizeInBytes;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _inputColumnName;
    private readonly string _outputColumnNamePrefix;
    private readonly JointScoring _scoring;
    private readonly int _batchSize;
    private readonly IReadOnlyList<ClassificationTask> _tasks;
    private readonly ZipReport? _report;

    public ZipModelDescription(ZipTransformer transformer)
        : this(transformer.InputColumnName, transformer.OutputColumnNamePrefix, transformer.JointScoring, transformer.Model.BatchSize, transformer.Tasks, transformer.Report)
    {
    }

    private ZipModelDescription(
        string inputColumnName, string outputColumnNamePrefix, JointScoring scoring, int batchSize, IReadOnlyList<ClassificationTask> tasks, ZipReport? report)
    {
        (_inputColumnName, _outputColumnNamePrefix, _scoring, _batchSize, _tasks, _report) = (inputColumnName, outputColumnNamePrefix, scoring, batchSize, tasks, report);
    }

    public static byte[] Hash(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes);

    public byte[] ToBytes()
    {
        var stream = new MemoryStream();
        WriteString(stream, _inputColumnName);
        WriteString(stream, _outputColumnNamePrefix);
        WriteInt32(stream, (int)_scoring);
        WriteInt32(stream, _batchSize);
        WriteInt32(stream, _tasks.Count);
        foreach (ClassificationTask task in _tasks)
        {
            WriteString(stream, task.Name);
            WriteInt32(stream, task.Labels.Count);
            foreach (string label in task.Labels)
                WriteString(stream, label);
            if (task.Prototypes is not { } prototypes)
            {
                WriteInt32(stream, 0);
                continue;
            }

            WriteInt32(stream, prototypes[1]);
            WriteSingle(stream, task.Scale);
            foreach (float value in prototypes.Span)
                WriteSingle(stream, value);
        }

        WriteString(stream, _report?.ToJson() ?? "");
        return stream.ToArray();
    }

    /// <summary>Reads a description; what it counts is held against the bytes that are left before anything is allocated.</summary>
    /// <exception cref="FormatException">The bytes are no description.</exception>
    public static ZipModelDescription FromBytes(ReadOnlySpan<byte> bytes)
    {
        string input = ReadString(ref bytes, "the name of the pixel column");
        string prefix = ReadString(ref bytes, "the prefix of the output columns");
        var scoring = (JointScoring)ReadInt32(ref bytes, "the joint scoring");
        int batchSize = ReadInt32(ref bytes, "the batch size");
        if (input.Length == 0)
            throw new FormatException("The name of the pixel column is empty.");
        if (!Enum.IsDefined(scoring))
            throw new FormatException($"The joint scoring {(int)scoring} is not known.");
        if (batchSize is < 1 or > ZipEstimator.Options.Defaults.MaximumBatchSize)
            throw new FormatException($"The batch size {batchSize} is out of range.");
        var tasks = new ClassificationTask[ReadCount(ref bytes, 3 * sizeof(int), "tasks")];
        for (int t = 0; t < tasks.Length; t++)
            tasks[t] = ReadTask(ref bytes);
        string report = ReadString(ref bytes, "the report");
        if (!bytes.IsEmpty)
            throw new FormatException($"Its description goes on for {bytes.Length} bytes behind the report.");
        return new ZipModelDescription(input, prefix, scoring, batchSize, tasks, report.Length == 0 ? null : ZipReport.FromJson(report));
    }

    /// <summary>Puts description and network together.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public ZipTransformer ToTransformer(IHostEnvironment env, Network network) =>
        new(env, new ScoringModel(network, _tasks, _scoring, new CpuEngine(), _batchSize, 0), _inputColumnName, _outputColumnNamePrefix, _report);

    private static ClassificationTask ReadTask(ref ReadOnlySpan<byte> bytes)
    {
        string name = ReadString(ref bytes, "the name of a task");
        var labels = new string[ReadCount(ref bytes, sizeof(int), $"classes of task '{name}'")];
        for (int c = 0; c < labels.Length; c++)
            labels[c] = ReadString(ref bytes, $"a label of task '{name}'");
        int length = ReadInt32(ref bytes, $"the length of the prototypes of task '{name}'");
        if (length == 0)
            return ClassificationTask.FromScores(name, labels);
        float scale = BinaryPrimitives.ReadSingleLittleEndian(Take(ref bytes, sizeof(float), $"the scale of task '{name}'"));
        if (length < 0 || (long)length * labels.Length * sizeof(float) > bytes.Length)
            throw new FormatException($"Task '{name}' claims prototypes of length {length}; {bytes.Length} bytes are left.");
        var prototypes = new Tensor(labels.Length, length);
        foreach (ref float value in prototypes.Span)
            value = BinaryPrimitives.ReadSingleLittleEndian(Take(ref bytes, sizeof(float), "a prototype"));
        return ClassificationTask.FromPrototypes(name, labels, prototypes, scale);
    }

    private static int ReadCount(ref ReadOnlySpan<byte> bytes, int smallest, string what)
    {
        int count = ReadInt32(ref bytes, $"the number of {what}");
        return count >= 0 && (long)count * smallest <= bytes.Length
            ? count
            : throw new FormatException($"It claims {count} {what}; {bytes.Length} bytes are left.");
    }

    private static int ReadInt32(ref ReadOnlySpan<byte> bytes, string what) => BinaryPrimitives.ReadInt32LittleEndian(Take(ref bytes, sizeof(int), what));

    private static string ReadString(ref ReadOnlySpan<byte> bytes, string what)
    {
        int length = ReadInt32(ref bytes, what);
        try
        {
            return Utf8.GetString(Take(ref bytes, length, what));
        }
        catch (DecoderFallbackException invalid)
        {
            throw new FormatException($"The bytes of {what} are no text.", invalid);
        }
    }

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int count, string what)
    {
        if (count < 0 || count > bytes.Length)
            throw new FormatException($"Its description ends inside {what}: {count} bytes are needed, {bytes.Length} are left.");
        ReadOnlySpan<byte> taken = bytes[..count];
        bytes = bytes[count..];
        return taken;
    }

    private static void WriteString(MemoryStream stream, string value)
    {
        byte[] bytes = Utf8.GetBytes(value);
        WriteInt32(stream, bytes.Length);
        stream.Write(bytes);
    }

    private static void WriteInt32(MemoryStream stream, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        stream.Write(bytes);
    }

    private static void WriteSingle(MemoryStream stream, float value) => WriteInt32(stream, BitConverter.SingleToInt32Bits(value));
}
