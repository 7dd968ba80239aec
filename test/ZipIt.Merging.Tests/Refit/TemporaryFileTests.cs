namespace ZipIt.Merging.Tests;

public sealed class TemporaryFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zipit-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_AnyPlace_GivesWhatWasWritten()
    {
        using TemporaryFile file = TemporaryFile.TryCreate(100, _folder)!;
        file.Write(90, [1, 2, 3]);
        file.Write(7, [4, 5]);

        var bytes = new byte[3];
        file.Read(90, bytes);
        Assert.Equal([1, 2, 3], bytes);
        file.Read(6, bytes);
        Assert.Equal([0, 4, 5], bytes);
    }

    [Fact]
    public void Read_BehindTheEnd_IsRefused()
    {
        using TemporaryFile file = TemporaryFile.TryCreate(0, _folder)!;
        file.Write(0, [1, 2]);

        Assert.Throws<EndOfStreamException>(() => file.Read(1, new byte[2]));
    }

    [Fact]
    public void Dispose_File_IsGone()
    {
        using (TemporaryFile file = TemporaryFile.TryCreate(100, _folder)!)
            file.Write(0, [1]);

        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void TryCreate_NoSuchFolder_GivesNull() => Assert.Null(TemporaryFile.TryCreate(100, Path.Combine(_folder, "none")));

    [Fact]
    public void TryCreate_LongerThanTheDisk_GivesNull()
    {
        Assert.Null(TemporaryFile.TryCreate(long.MaxValue, _folder));
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Fact]
    public void TryCreate_NoFolder_TakesTheSystems()
    {
        using TemporaryFile? file = TemporaryFile.TryCreate(100);

        Assert.NotNull(file);
    }
}
