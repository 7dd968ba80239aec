using System.Reflection;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace ZipIt.StandIns.Tests.Models;

/// <summary>Damaged model files: each a clear exception, or the same model.</summary>
public class ModelDamageTests
{
    private const string ChainKey = "TransformerChain/Model.key";
    private const string ResizerKey = "TransformerChain/Transform_001/Model.key";

    private readonly MLContext _context = new();
    private readonly ITransformer _model;
    private readonly byte[] _file;

    public ModelDamageTests()
    {
        _model = SavedModel.ImageChain(_context, out IDataView data);
        _file = SavedModel.Save(_context, _model, data.Schema);
    }

    [Fact]
    public void Load_FileCutAnywhere_SaysSo()
    {
        for (int length = 0; length < _file.Length; length++)
            Assert.Throws<FormatException>(() => SavedModel.Load(_file[..length], out _));
    }

    [Fact]
    public void Load_AnyByteChanged_SaysSoOrGivesTheSameModel()
    {
        byte[] plain = SavedModel.Save(_context, _model, null);
        foreach (byte change in new byte[] { 0x01, 0xFF })
        {
            for (int i = 0; i < _file.Length; i++)
            {
                _file[i] ^= change;
                try
                {
                    ITransformer loaded = SavedModel.Load(_file, out _);
                    Assert.Equal(plain, SavedModel.Save(_context, loaded, null));
                }
                catch (Exception e)
                {
                    Assert.True(IsClear(e), $"byte {i} ^ {change:X2}: {e}");
                }
                _file[i] ^= change;
            }
        }
    }

    [Theory]
    [InlineData(ChainKey)]
    [InlineData("TransformerChain/Transform_000/Model.key")]
    [InlineData(ResizerKey)]
    [InlineData("TransformerChain/Transform_002/Model.key")]
    [InlineData("Schema")]
    public void Load_EntryChangedUnderARightChecksum_SaysSoOrLoads(string path)
    {
        byte[] content = SavedModel.Entry(_file, path);
        for (int i = 0; i < content.Length; i++)
        {
            foreach (byte change in new byte[] { 0x01, 0xFF })
            {
                content[i] ^= change;
                AssertLoadsOrIsClear(SavedModel.With(_file, path, content), $"{path} byte {i} ^ {change:X2}");
                content[i] ^= change;
            }
        }
        for (int length = 0; length < content.Length; length++)
            Assert.True(IsClear(Record.Exception(() => SavedModel.Load(SavedModel.With(_file, path, content[..length]), out _))), $"{path} cut at {length}");
    }

    [Fact]
    public void Load_MissingMember_NamesIt()
    {
        Exception e = Record.Exception(() => SavedModel.Load(SavedModel.With(_file, ResizerKey, null), out _))!;
        Assert.Contains("TransformerChain/Transform_001", Innermost(e).Message);
        Assert.Contains("TransformerChain", Assert.Throws<FormatException>(() => SavedModel.Load(SavedModel.With(_file, ChainKey, null), out _)).Message);
    }

    [Fact]
    public void Load_FactoryThatReadsTooLittle_Throws()
    {
        byte[] longer = ModelLayoutTests.Component(
            "IMGSCALF", 0x00010003, 0x00010003, "ImageScalerTransform", "Microsoft.ML.ImageAnalytics", ["Out", "In"],
            [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0, 5, 0, 0, 0, 0, 1, 99]);
        var e = Assert.Throws<FormatException>(() => SavedModel.Load(SavedModel.With(_file, ChainKey, longer), out _));
        Assert.Contains("22 of the 23 bytes", e.Message);
    }

    [Fact]
    public void Load_HugeCounts_AllocateNothingForThem()
    {
        byte[] chain = ModelLayoutTests.Component(
            "XF\0CHAIN", 0x00010001, 0x00010001, "TransformerChain", "Microsoft.ML.Data", [], [255, 255, 255, 127, 7, 0, 0, 0]);
        byte[] resizer = ModelLayoutTests.Component(
            "IMGSCALF", 0x00010003, 0x00010003, "ImageScalerTransform", "Microsoft.ML.ImageAnalytics", ["a", "b"], [255, 255, 255, 127, 0, 0, 0, 0, 1, 0, 0, 0]);
        foreach (byte[] key in new[] { chain, resizer })
        {
            byte[] file = SavedModel.With(_file, ChainKey, key);
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(IsClear(Record.Exception(() => SavedModel.Load(file, out _))));
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 3_000_000);
        }
    }

    [Fact]
    public void Load_NewerAssembly_FindsNone()
    {
        byte[] newer = ModelLayoutTests.Component(
            "IMGSCALF", 0x00010003, 0x00010003, "ImageScalerTransform",
            "Microsoft.ML.ImageAnalytics, Version=9.0.0.0, Culture=neutral, PublicKeyToken=cc7b13ffcd2ddd51", ["Out", "In"], []);
        Assert.Throws<FileNotFoundException>(() => SavedModel.Load(SavedModel.With(_file, ChainKey, newer), out _));
    }

    [Fact]
    public void Load_UnknownLoaderOrNewerFormat_SaysWhich()
    {
        byte[] unknown = ModelLayoutTests.Component("IMGSCALF", 0x00010003, 0x00010003, "Nobody", "Microsoft.ML.ImageAnalytics", ["Out", "In"], []);
        Assert.Contains("Nobody", Assert.Throws<FormatException>(() => SavedModel.Load(SavedModel.With(_file, ChainKey, unknown), out _)).Message);

        byte[] newer = ModelLayoutTests.Component("IMGSCALF", 0x00020000, 0x00020000, "ImageScalerTransform", "Microsoft.ML.ImageAnalytics", ["Out", "In"], []);
        Exception e = Record.Exception(() => SavedModel.Load(SavedModel.With(_file, ChainKey, newer), out _))!;
        Assert.Contains("too new", Innermost(e).Message);
    }

    [Fact]
    public void Save_ThatFails_LeavesTheOldFile()
    {
        string folder = Directory.CreateTempSubdirectory("models").FullName;
        try
        {
            string path = Path.Combine(folder, "model.zip");
            File.WriteAllText(path, "old");
            Assert.Throws<InvalidOperationException>(() => _context.Model.Save(new Unsavable(), null, path));
            Assert.Equal("old", File.ReadAllText(path));
            Assert.Equal([path], Directory.GetFiles(folder));

            _context.Model.Save(_model, null, path);
            Assert.NotNull(_context.Model.Load(path, out DataViewSchema schema));
            Assert.Null(schema);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Save_NullModel_DoesNotLoadBack() =>
        Assert.Throws<FormatException>(() => SavedModel.Load(SavedModel.Save(_context, null!, null), out _));

    [Fact]
    public void Load_FactoryThatThrows_SurfacesMarkedAndUnmarkedExceptionsDifferently()
    {
        string assembly = typeof(FailingComponent).Assembly.GetName().Name!;
        byte[] Key(byte marked) => ModelLayoutTests.Component("FAILCOMP", 1, 1, FailingComponent.LoaderSignature, assembly, [], [marked]);

        var marked = Assert.Throws<InvalidOperationException>(() => SavedModel.Load(SavedModel.With(_file, ChainKey, Key(1)), out _));
        Assert.Equal("Error during class instantiation", marked.Message);
        Assert.IsType<FormatException>(marked.InnerException!.InnerException);

        var unmarked = Assert.Throws<TargetInvocationException>(() => SavedModel.Load(SavedModel.With(_file, ChainKey, Key(0)), out _));
        Assert.IsType<FormatException>(unmarked.InnerException);
    }

    private static void AssertLoadsOrIsClear(byte[] file, string what)
    {
        Exception? e = Record.Exception(() => SavedModel.Load(file, out _));
        Assert.True(e == null || IsClear(e), $"{what}: {e}");
    }

    // What ML.NET raises on purpose, or what the runtime says of an assembly that is not there.
    private static bool IsClear(Exception? e) => e switch
    {
        FormatException => e.Message.Length > 0,
        InvalidOperationException { InnerException: TargetInvocationException { InnerException: { } inner } } => IsClear(inner),
        ArgumentOutOfRangeException or InvalidOperationException => e.Message.Length > 0,
        FileNotFoundException or FileLoadException or BadImageFormatException => true,
        _ => false,
    };

    private static Exception Innermost(Exception e) => e.InnerException == null ? e : Innermost(e.InnerException);

    private sealed class Unsavable : ITransformer
    {
        public bool IsRowToRowMapper => false;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inputSchema;

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => throw new NotSupportedException();

        public void Save(ModelSaveContext ctx) => throw new InvalidOperationException("not today");

        public IDataView Transform(IDataView input) => input;
    }
}
