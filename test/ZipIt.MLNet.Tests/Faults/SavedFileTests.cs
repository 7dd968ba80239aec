using System.IO.Compression;
using Microsoft.ML;
using ZipIt.TestFramework;

namespace ZipIt.MLNet.Tests.Faults;

/// <summary>Saving and loading where disks are full, targets may not be written, or files are damaged.</summary>
public sealed class SavedFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zipit");
    private readonly MLContext _context = new(1);
    private readonly DataViewSchema _schema = Samples.View(new MLContext(1), 1).Schema;

    private string Target => Path.Combine(_folder.FullName, "zipped.zip");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void SaveZip_AnyModel_WritesWhatMLNetWrites()
    {
        _context.Model.SaveZip(Samples.Zipped, _schema, Target);
        _context.Model.SaveZip(Samples.Zipped, _schema, Target);

        using var expected = new MemoryStream();
        _context.Model.Save(Samples.Zipped, _schema, expected);
        Assert.Equal(ReadEntries(expected.ToArray()), ReadEntries(File.ReadAllBytes(Target)));
        Assert.IsType<ZipTransformer>(_context.Model.Load(Target, out _));
        Assert.IsType<ZipTransformer>(_context.Model.LoadZip(Target, out DataViewSchema? schema));
        EstimatorWorkout.CheckSameSchema(_schema, schema!);
        Assert.Single(_folder.GetFiles());
    }

    [Fact]
    public void LoadZip_ModelWithoutSchema_GivesNone()
    {
        _context.Model.SaveZip(Samples.Zipped, null, Target);
        Assert.NotNull(_context.Model.LoadZip(Target, out DataViewSchema? schema));
        Assert.Null(schema);
    }

    /// <summary>ML.NET ignores a failure at the end of the archive, where the list of its entries stands.</summary>
    [Fact]
    public void Save_DiskThatIsFullAnywhere_Fails()
    {
        using var whole = new MemoryStream();
        ModelArchive.Save(_context.Model, Samples.Zipped, _schema, whole);
        long end = whole.Length - 200; // from where on several places are tried, however long the file is
        int ignored = 0;
        for (long room = 0; room < whole.Length; room += room < end ? Math.Min(whole.Length / 15, end - room) : 50)
        {
            using var stream = new FullStream(room);
            Assert.Equal(FullStream.Message, Assert.Throws<IOException>(() => ModelArchive.Save(_context.Model, Samples.Zipped, _schema, stream)).Message);
            using var own = new FullStream(room);
            ignored += Record.Exception(() => _context.Model.Save(Samples.Zipped, _schema, own)) is null ? 1 : 0;
        }

        Assert.True(ignored > 0, "ML.NET fails by itself now; the library need not look for failures.");
    }

    [Fact]
    public void SaveZip_TargetThatCannotBeWritten_FailsAndLeavesNothing()
    {
        Directory.CreateDirectory(Target);
        Assert.True(IsTrouble(Record.Exception(() => _context.Model.SaveZip(Samples.Zipped, _schema, Target))));
        Assert.Empty(_folder.GetFiles());
        Assert.True(IsTrouble(Record.Exception(() => _context.Model.SaveZip(Samples.Zipped, _schema, Path.Combine(_folder.FullName, "no", "such.zip")))));
        if (OperatingSystem.IsLinux())
            Assert.True(IsTrouble(Record.Exception(() => _context.Model.SaveZip(Samples.Zipped, _schema, "/proc/zipped.zip"))));

        static bool IsTrouble(Exception? failure) => failure is IOException or UnauthorizedAccessException;
    }

    [Fact]
    public void SaveZip_ModelThatCannotBeSaved_LeavesTheOldFile()
    {
        File.WriteAllText(Target, "old");
        var unsavable = new ZipTransformer(_context, Samples.Zipped.Model, new string('x', 2000), "", null);

        Assert.ThrowsAny<Exception>(() => _context.Model.SaveZip(unsavable, _schema, Target));

        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Single(_folder.GetFiles());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(1000)]
    public void LoadZip_CutFile_IsCalledDamagedByName(int length)
    {
        _context.Model.SaveZip(Samples.Zipped, _schema, Target);
        File.WriteAllBytes(Target, File.ReadAllBytes(Target)[..length]);

        Assert.Contains(Target, Assert.Throws<InvalidDataException>(() => _context.Model.LoadZip(Target, out _)).Message);
    }

    [Fact]
    public void LoadZip_FileOfTheFirstVersion_IsLoaded() => Assert.NotNull(_context.Model.LoadZip(TestFiles.InTestData("zipped-model-v1.zip"), out _));

    [Fact]
    public void LoadZip_MissingFile_SaysSo() => Assert.Throws<FileNotFoundException>(() => _context.Model.LoadZip(Target, out _));

    /// <summary>ML.NET unpacks models to temporary files. If it cannot, the model is not damaged.</summary>
    [Fact]
    public void LoadZip_NoRoomForTemporaryFiles_IsNotCalledDamage()
    {
        _context.Model.SaveZip(Samples.Zipped, _schema, Target);
        var full = new MLContext(1) { TempFilePath = Target }; // no folder

        Assert.ThrowsAny<IOException>(() => full.Model.LoadZip(Target, out _));
        Assert.NotNull(_context.Model.LoadZip(Target, out _));
    }

    private static List<(string Name, string Content)> ReadEntries(byte[] file)
    {
        using var archive = new ZipArchive(new MemoryStream(file), ZipArchiveMode.Read);
        return [.. archive.Entries.Select(entry =>
        {
            using Stream stream = entry.Open();
            var copy = new MemoryStream();
            stream.CopyTo(copy);
            return (entry.FullName, Convert.ToBase64String(copy.ToArray()));
        })];
    }

    /// <summary>A disk with a limited number of bytes.</summary>
    private sealed class FullStream(long room) : MemoryStream
    {
        public const string Message = "No space left on device";

        // All other ways to write to a derived stream lead here.
        public override void Write(byte[] buffer, int offset, int count)
        {
            if (Position + count > room)
                throw new IOException(Message, 28);
            base.Write(buffer, offset, count);
        }
    }
}
