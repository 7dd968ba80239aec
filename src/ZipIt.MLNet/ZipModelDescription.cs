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
 * int32     joint scoring, plus 256 if tasks may know the same class
 * int32     batch size
 * int32     number of tasks
 *   string    name
 *   int32     number of classes
 *   string …  labels
 *   int32     length of the prototypes; 0 for class scores
 *   float32   scale                           (prototypes only)
 *   float32 … prototypes [classes, length]    (prototypes only)
 *   int32     1 if the task is calibrated, 0 if not   (joint scoring 3 only, which version 2 has brought)
 *   float32   temperature                             (calibrated tasks only)
 *   float32   offset                                  (calibrated tasks only)
 * string    the report as JSON; empty if there is none
 *
 * string = int32 length in bytes, UTF-8. All numbers are little-endian.
 */
internal sealed class ZipModelDescription
{
    public const int HashLength = SHA256.HashSizeInBytes;

    /// <summary>Longest name of a column, or the beginning of one, in characters.</summary>
    public const int MaximumNameLength = ClassificationTask.MaximumNameLength;

    /// <summary>Longest report in bytes.</summary>
    public const int MaximumReportLength = 4 << 20;

    /// <summary>Memory for the pixels and scores of a batch, beside that of the network, in bytes.</summary>
    private const long MostBatchBytes = 48L << 20;

    private const int MostBytesPerCharacter = 3;

    private const int SharedLabelsFlag = 256;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string _inputColumnName;
    private readonly string _outputColumnNamePrefix;
    private readonly JointScoring _scoring;
    private readonly bool _sharedLabels;
    private readonly int _batchSize;
    private readonly IReadOnlyList<ClassificationTask> _tasks;

    public ZipModelDescription(ZipTransformer transformer)
        : this(transformer.InputColumnName, transformer.OutputColumnNamePrefix, transformer.JointScoring, transformer.SharedLabels, transformer.Model.BatchSize,
            transformer.Tasks, transformer.Report)
    {
    }

    private ZipModelDescription(
        string inputColumnName, string outputColumnNamePrefix, JointScoring scoring, bool sharedLabels, int batchSize, IReadOnlyList<ClassificationTask> tasks,
        ZipReport? report)
    {
        (_inputColumnName, _outputColumnNamePrefix, _scoring, _sharedLabels) = (inputColumnName, outputColumnNamePrefix, scoring, sharedLabels);
        (_batchSize, _tasks, Report) = (batchSize, tasks, report);
    }

    /// <summary>What was merged; null if nothing was, or if that is not stored.</summary>
    public ZipReport? Report { get; init; }

    public static byte[] Hash(ReadOnlySpan<byte> bytes) => SHA256.HashData(bytes);

    public byte[] ToBytes()
    {
        var stream = new MemoryStream();
        WriteString(stream, CheckLength(_inputColumnName, MaximumNameLength));
        WriteString(stream, CheckLength(_outputColumnNamePrefix, MaximumNameLength));
        WriteInt32(stream, (int)_scoring + (_sharedLabels ? SharedLabelsFlag : 0));
        WriteInt32(stream, _batchSize);
        WriteInt32(stream, _tasks.Count);
        foreach (ClassificationTask task in _tasks)
        {
            WriteString(stream, task.Name);
            WriteInt32(stream, task.Labels.Count);
            foreach (string label in task.Labels)
                WriteString(stream, label);
            WriteInt32(stream, task.Prototypes?[1] ?? 0);
            if (task.Prototypes is { } prototypes)
            {
                WriteSingle(stream, task.Scale);
                foreach (float value in prototypes.Span)
                    WriteSingle(stream, value);
            }

            if (_scoring == JointScoring.Calibrated)
                WriteCalibration(stream, task.Calibration);
        }

        WriteString(stream, Report?.ToJson() ?? "");
        return stream.ToArray();
    }

    /// <summary>Reads a description; what it counts is held against the bytes that are left before anything is allocated.</summary>
    /// <exception cref="FormatException">The bytes are no description.</exception>
    public static ZipModelDescription FromBytes(ReadOnlySpan<byte> bytes)
    {
        string input = ReadName(ref bytes, "the name of the pixel column");
        string prefix = ReadName(ref bytes, "the prefix of the output columns");
        int stored = ReadInt32(ref bytes, "the joint scoring");
        bool sharedLabels = (stored & SharedLabelsFlag) != 0;
        var scoring = (JointScoring)(stored & ~SharedLabelsFlag);
        int batchSize = ReadInt32(ref bytes, "the batch size");
        if (input.Length == 0)
            throw new FormatException("The name of the pixel column is empty.");
        if (!Enum.IsDefined(scoring))
            throw new FormatException($"The joint scoring {(int)scoring} is not known.");
        if (batchSize is < 1 or > ZipEstimator.Options.Defaults.MaximumBatchSize)
            throw new FormatException($"The batch size {batchSize} is out of range.");
        var tasks = new ClassificationTask[ReadCount(ref bytes, 3 * sizeof(int), TaskScorer.MaximumTasks, "tasks")];
        for (int t = 0; t < tasks.Length; t++)
            tasks[t] = ReadTask(ref bytes, scoring);
        string report = ReadString(ref bytes, MaximumReportLength, "the report");
        if (!bytes.IsEmpty)
            throw new FormatException($"Its description goes on for {bytes.Length} bytes behind the report.");
        return new ZipModelDescription(input, prefix, scoring, sharedLabels, batchSize, tasks, report.Length == 0 ? null : ZipReport.FromJson(report));
    }

    /// <summary>Puts description and network together.</summary>
    /// <exception cref="ArgumentException">They do not fit.</exception>
    public ZipTransformer ToTransformer(IHostEnvironment env, Network network)
    {
        // What a file says of its network is refused or cut down here, before the first image is scored.
        var engine = new CpuEngine();
        SessionCost cost = engine.MeasureSession(network, new SessionOptions { MaximumBatchSize = 1 });
        long rowBytes = sizeof(float) * (network.Inputs.Sum(node => CountValues(network.ShapeOf(node))) + 2 * _tasks.Sum(task => (long)task.Labels.Count));
        int batchSize = (int)Math.Min(Math.Min(_batchSize, cost.ImagesWithinLimit), Math.Max(MostBatchBytes / rowBytes, 1));
        var model = new ScoringModel(network, _tasks, _scoring, _sharedLabels, engine, batchSize, 0);
        return new ZipTransformer(env, model, _inputColumnName, _outputColumnNamePrefix, Report);
    }

    private static long CountValues(ReadOnlySpan<int> shape)
    {
        long count = 1;
        foreach (int extent in shape)
            count *= extent;
        return count;
    }

    private static ClassificationTask ReadTask(ref ReadOnlySpan<byte> bytes, JointScoring scoring)
    {
        ClassificationTask task = ReadClasses(ref bytes);
        if (scoring != JointScoring.Calibrated)
            return task;
        int isCalibrated = ReadInt32(ref bytes, "the calibration of a task");
        if (isCalibrated is not (0 or 1))
            throw new FormatException($"Whether task '{task.Name}' is calibrated is said by a 0 or a 1, found {isCalibrated}.");
        if (isCalibrated == 0)
            return task;
        float temperature = ReadSingle(ref bytes, "a temperature");
        return task.With(new TaskCalibration(temperature, ReadSingle(ref bytes, "an offset")));
    }

    private static ClassificationTask ReadClasses(ref ReadOnlySpan<byte> bytes)
    {
        string name = ReadName(ref bytes, "the name of a task");
        var labels = new string[ReadCount(ref bytes, sizeof(int), TaskScorer.MaximumClasses, "classes")];
        for (int c = 0; c < labels.Length; c++)
            labels[c] = ReadName(ref bytes, "a label");
        int length = ReadInt32(ref bytes, "the length of prototypes");
        if (length == 0)
            return ClassificationTask.FromScores(name, labels);
        float scale = ReadSingle(ref bytes, "the scale of a task");
        if (length < 0 || (long)length * labels.Length * sizeof(float) > bytes.Length)
            throw new FormatException($"Task '{name}' claims prototypes of length {length}; {bytes.Length} bytes are left.");
        var prototypes = new Tensor(labels.Length, length);
        foreach (ref float value in prototypes.Span)
            value = ReadSingle(ref bytes, "a prototype");
        return ClassificationTask.FromPrototypes(name, labels, prototypes, scale);
    }

    private static int ReadCount(ref ReadOnlySpan<byte> bytes, int smallest, int most, string what)
    {
        int count = ReadInt32(ref bytes, "a number of things");
        if (count < 0 || (long)count * smallest > bytes.Length)
            throw new FormatException($"It claims {count} {what}; {bytes.Length} bytes are left.");
        return count <= most ? count : throw new FormatException($"It claims {count} {what}; at most {most} are supported.");
    }

    private static int ReadInt32(ref ReadOnlySpan<byte> bytes, string what) => BinaryPrimitives.ReadInt32LittleEndian(Take(ref bytes, sizeof(int), what));

    private static float ReadSingle(ref ReadOnlySpan<byte> bytes, string what) => BinaryPrimitives.ReadSingleLittleEndian(Take(ref bytes, sizeof(float), what));

    private static string ReadName(ref ReadOnlySpan<byte> bytes, string what)
    {
        string name = ReadString(ref bytes, MostBytesPerCharacter * MaximumNameLength, what);
        return name.Length <= MaximumNameLength ? name : throw new FormatException($"It is longer than {MaximumNameLength} characters: {what}.");
    }

    private static string ReadString(ref ReadOnlySpan<byte> bytes, int longest, string what)
    {
        int length = ReadInt32(ref bytes, what);
        if (length > longest && length <= bytes.Length)
            throw new FormatException($"It is longer than {longest} bytes: {what}.");
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

    private static string CheckLength(string name, int longest) => name.Length <= longest
        ? name
        : throw new InvalidOperationException($"A model whose column names have more than {longest} characters cannot be stored.");

    private static void WriteCalibration(MemoryStream stream, TaskCalibration? calibration)
    {
        WriteInt32(stream, calibration is null ? 0 : 1);
        if (calibration is not { } own)
            return;
        WriteSingle(stream, own.Temperature);
        WriteSingle(stream, own.Offset);
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
