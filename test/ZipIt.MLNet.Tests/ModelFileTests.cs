using System.IO.Compression;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using ZipIt.Merging;
using ZipIt.Networks;
using ZipIt.TestFramework;

namespace ZipIt.MLNet.Tests;

public sealed class ModelFileTests
{
    private const long MostBytesPerLoad = 64 << 20;

    private readonly MLContext _context = new(1);

    [Fact]
    public void Load_SavedModel_GivesTheSameModel()
    {
        IDataView data = Samples.View(_context, 40);
        var options = new ZipEstimator.Options { OutputColumnNamePrefix = "P.", BatchSize = 9, JointScoring = JointScoring.Cosine,
            Cut = ZipCut.AfterLayers(4) };
        ZipTransformer saved = Samples.Fit(_context, options);

        ITransformer model = EstimatorWorkout.SaveAndLoad(_context, saved, data.Schema, out DataViewSchema schema);

        ZipTransformer loaded = Assert.IsType<ZipTransformer>(model);
        EstimatorWorkout.CheckSameSchema(data.Schema, schema);
        Assert.Equal(saved.InputColumnName, loaded.InputColumnName);
        Assert.Equal("P.", loaded.OutputColumnNamePrefix);
        Assert.Equal(JointScoring.Cosine, loaded.JointScoring);
        Assert.Equal(saved.Labels, loaded.Labels);
        Assert.Equal(saved.Report!.ToText(), loaded.Report!.ToText());
        EstimatorWorkout.CheckSameValues(saved.Transform(data), loaded.Transform(data));
    }

    [Fact]
    public void Load_LoadedModelSavedAgain_GivesTheSameFile()
    {
        DataViewSchema schema = Samples.View(_context, 1).Schema;
        ITransformer loaded = EstimatorWorkout.SaveAndLoad(_context, Samples.Zipped, schema, out _);

        List<(string Name, byte[] Bytes)> expected = ReadEntries(Save(Samples.Zipped, schema)), actual = ReadEntries(Save(loaded, schema));
        Assert.Equal(expected.Select(entry => entry.Name), actual.Select(entry => entry.Name));
        Assert.Equal(expected.Select(entry => entry.Bytes), actual.Select(entry => entry.Bytes));
    }

    [Fact]
    public void Save_NamesLoaderAndVersionAsMLNetWantsThem()
    {
        byte[] key = KeyOf(Samples.Zipped);

        Assert.Equal("ZIPITMOD", Encoding.ASCII.GetString(key, 0x40, 8));
        Assert.Equal("ZipItTransformer", Encoding.ASCII.GetString(key, 0x50, 24).TrimEnd('\0'));
        Assert.Equal(0x00010002, BitConverter.ToInt32(key, 0x48));
    }

    [Fact]
    public void Save_WithoutCalibration_StaysReadableByTheFirstVersion()
    {
        ZipTransformer model = Samples.Fit(_context, new ZipEstimator.Options { JointScoring = JointScoring.Softmax });

        Assert.Equal(0x00010001, BitConverter.ToInt32(KeyOf(model), 0x48));
    }

    [Fact]
    public void Load_CalibratedModel_KeepsTheCalibration()
    {
        IDataView data = Samples.View(_context, 10);

        var loaded = (ZipTransformer)EstimatorWorkout.SaveAndLoad(_context, Samples.Zipped, data.Schema, out _);

        Assert.All(Samples.Zipped.Tasks, task => Assert.NotNull(task.Calibration));
        Assert.Equal(Samples.Zipped.Tasks.Select(task => task.Calibration), loaded.Tasks.Select(task => task.Calibration));
        EstimatorWorkout.CheckSameValues(Samples.Zipped.Transform(data), loaded.Transform(data));
    }

    private byte[] KeyOf(ZipTransformer model) => ReadEntries(Save(model, Samples.View(_context, 1).Schema)).Single(entry => entry.Name.EndsWith("Model.key"))
        .Bytes;

    [Fact]
    public void Load_NewerVersion_IsRefused()
    {
        byte[] file = ReplaceEntry(Save(Samples.Zipped, Samples.View(_context, 1).Schema), "Model.key", bytes =>
        {
            bytes[0x48] = bytes[0x4C] = 9;
            return bytes;
        });

        Exception failure = Assert.ThrowsAny<Exception>(() => Load(file));
        Assert.Contains("version", $"{failure}", StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Load_NetworkMissing_NamesIt()
    {
        byte[] file = ReplaceEntry(Save(Samples.Zipped, Samples.View(_context, 1).Schema), "Network", _ => null);

        Assert.Contains("'Network'", $"{Assert.ThrowsAny<Exception>(() => Load(file))}");
    }

    [Theory]
    [InlineData("Model.key", 0x100, "length")]
    [InlineData("Model.key", 0x110, "hash")]
    [InlineData("Network", 200, "Network")]
    public void Load_DamagedEntry_SaysWhatIsWrongAndIsMarked(string entry, int position, string expected)
    {
        byte[] file = ReplaceEntry(Save(Samples.Zipped, Samples.View(_context, 1).Schema), entry, bytes =>
        {
            bytes[position + 3] ^= 0x40;
            return bytes;
        });

        var failure = Assert.Throws<InvalidOperationException>(() => Load(file));
        Assert.Contains(expected, $"{failure}");
        Exception? cause = failure;
        while (cause is not null and not FormatException)
            cause = cause.InnerException;
        Assert.True(cause!.Data.Contains("ML_IsMarked"));
    }

    /// <summary>The file was written by the first version; every later one must read it.</summary>
    [Fact]
    public void Load_FileOfVersion1_GivesTheScoresOfThatTime()
    {
        var loaded = (ZipTransformer)Load(File.ReadAllBytes(TestFiles.InTestData("zipped-model-v1.zip")));

        Assert.Equal(["a", "b"], loaded.Tasks.Select(task => task.Name));
        Assert.Equal(["x", "y", "u", "v"], loaded.Labels);
        Assert.Null(loaded.Tasks[0].Prototypes);
        Assert.Equal(10, loaded.Tasks[1].Scale);
        Assert.Equal("ZipIt! (α 0.3, β 0.125)", loaded.Report!.Matcher);
        float[] expected = [0.26419434f, 0.23580566f, 0.0029653448f, 0.49703467f];
        Assert.All(Score(loaded)[0].Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 1e-5f));
    }

    [Fact]
    public void Load_SmallModelCutOrFlippedAnywhere_FailsOrGivesTheSameScores()
    {
        ZipTransformer small = FitSmall();
        byte[] file = Save(small, SmallView(2).Schema);
        float[][] expected = Score(small);

        for (int length = 0; length < file.Length; length++)
            CheckDamaged(file[..length], expected, $"cut at {length} of {file.Length}");
        for (int position = 0; position < file.Length; position++)
        {
            byte[] damaged = [.. file];
            damaged[position] ^= (byte)(1 << (position % 8));
            CheckDamaged(damaged, expected, $"byte {position} of {file.Length}");
        }
    }

    [Fact]
    public void Load_LargerModelFlippedInThousandsOfPlaces_FailsOrGivesTheSameScores()
    {
        // Stored entries show every byte to the loader; in compressed ones most damage ends in the decompression.
        byte[] file = Store(Save(Samples.Zipped, Samples.View(_context, 1).Schema));
        float[][] expected = Score(Samples.Zipped);
        var random = new Random(11);
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. file];
            int position = i % 2 == 0 ? random.Next(file.Length) : random.Next(Math.Min(4096, file.Length));
            damaged[position] ^= (byte)(1 << random.Next(8));
            CheckDamaged(damaged, expected, $"byte {position}");
        }
    }

    private void CheckDamaged(byte[] file, float[][] expected, string where)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        ZipTransformer loaded;
        try
        {
            loaded = (ZipTransformer)Load(file);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Assert.False(IsOurAccident(exception), $"{where}: {exception}");
            loaded = null!;
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MostBytesPerLoad, $"Too much memory: {where}.");
        if (loaded is not null)
            Assert.Equal(expected, Score(loaded));
    }

    /// <summary>Whether our code ran into something that it should have seen coming.</summary>
    private static bool IsOurAccident(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            string? place = cause.StackTrace?.Split('\n').FirstOrDefault();
            if (cause is (NullReferenceException or IndexOutOfRangeException or InvalidCastException or OverflowException)
                && place?.Contains("ZipIt.", StringComparison.Ordinal) == true)
                return true;
        }

        return false;
    }

    private float[][] Score(ZipTransformer model)
    {
        IDataView data = model.Network.ShapeOf(model.Network.Inputs[0])[1] == 4 ? SmallView(2) : Samples.View(_context, 2);
        return [.. _context.Data.CreateEnumerable<ScoreRow>(model.Transform(data), reuseRowObject: false).Select(row => row.Score!)];
    }

    private ZipTransformer FitSmall()
    {
        var options = new ZipEstimator.Options { Cut = ZipCut.BeforeHeads };
        ChannelAffine normalization = ChannelAffine.FromNormalization([0.5, 0.5, 0.5], [0.25, 0.25, 0.25]);
        ZipClassifier first = ZipClassifier.FromNetwork("a", Samples.Tiny(1, 2), ["x", "y"], normalization: normalization);
        ZipClassifier second = ZipClassifier.FromNetwork("b", Samples.Tiny(5, 2), ["u", "v"], new ClassPrototypes(Samples.RandomTensor(3, 2, 2), 10),
            normalization);
        return _context.Transforms.Zip(options, first, second).Fit(SmallView(20));
    }

    private IDataView SmallView(int count)
    {
        var random = new Random(3);
        return _context.Data.LoadFromEnumerable(Enumerable.Range(0, count)
            .Select(_ => new SmallRow { Pixels = [.. Enumerable.Range(0, 48).Select(_ => (float)random.Next(256))] }).ToArray());
    }

    private byte[] Save(ITransformer model, DataViewSchema schema)
    {
        using var stream = new MemoryStream();
        _context.Model.Save(model, schema, stream);
        return stream.ToArray();
    }

    private static ITransformer Load(byte[] file) => new MLContext().Model.Load(new MemoryStream(file), out _);

    private static List<(string Name, byte[] Bytes)> ReadEntries(byte[] file)
    {
        using var archive = new ZipArchive(new MemoryStream(file), ZipArchiveMode.Read);
        return [.. archive.Entries.Select(entry =>
        {
            using Stream stream = entry.Open();
            var copy = new MemoryStream();
            stream.CopyTo(copy);
            return (entry.FullName, copy.ToArray());
        })];
    }

    private static byte[] ReplaceEntry(byte[] file, string name, Func<byte[], byte[]?> replace) =>
        Write([.. ReadEntries(file).Select(entry => entry.Name.EndsWith(name) ? (entry.Name, replace(entry.Bytes)) : (entry.Name, entry.Bytes))]);

    private static byte[] Store(byte[] file) => Write([.. ReadEntries(file).Select(entry => (entry.Name, (byte[]?)entry.Bytes))]);

    private static byte[] Write(List<(string Name, byte[]? Bytes)> entries)
    {
        using var target = new MemoryStream();
        using (var archive = new ZipArchive(target, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[]? bytes) in entries)
            {
                if (bytes is null)
                    continue;
                using Stream stream = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
                stream.Write(bytes);
            }
        }

        return target.ToArray();
    }

    private sealed class SmallRow
    {
        [VectorType(48)]
        public float[]? Pixels { get; set; }
    }

    private sealed class ScoreRow
    {
        public float[]? Score { get; set; }
    }
}
