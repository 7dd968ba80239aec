namespace ZipIt.Networks.Tests.Formats;

public sealed class AtomicFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zipit");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Write_LeftoversOfKilledProcesses_AreRemoved()
    {
        string target = Path.Combine(_folder.FullName, "a.bin");
        string leftover = Leave(target, TimeSpan.FromDays(1));
        string young = Leave(target, TimeSpan.Zero);
        string ofAnother = Leave(Path.Combine(_folder.FullName, "b.bin"), TimeSpan.FromDays(1));
        string userFile = Path.Combine(_folder.FullName, "a.bin.backup.tmp");
        File.WriteAllText(userFile, "mine");
        File.SetLastWriteTimeUtc(userFile, DateTime.UtcNow.AddDays(-1));

        AtomicFile.Write(target, stream => stream.WriteByte(1));

        Assert.False(File.Exists(leftover));
        Assert.All([young, ofAnother, userFile, target], file => Assert.True(File.Exists(file)));
    }

    [Fact]
    public void Write_LeftoverThatIsOpen_Stays()
    {
        string target = Path.Combine(_folder.FullName, "a.bin");
        string open = Leave(target, TimeSpan.FromDays(1));
        using (new FileStream(open, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            AtomicFile.Write(target, stream => stream.WriteByte(1));

        Assert.True(File.Exists(open));
        Assert.Equal([1], File.ReadAllBytes(target));
    }

    [Fact]
    public void Write_ThatFails_LeavesTheOldFileAndNoOther()
    {
        string target = Path.Combine(_folder.FullName, "a.bin");
        File.WriteAllText(target, "old");
        Assert.Throws<IOException>(() => AtomicFile.Write(target, _ => throw new IOException("full")));
        Assert.Equal("old", File.ReadAllText(target));
        Assert.Single(_folder.GetFiles());
    }

    private static string Leave(string target, TimeSpan age)
    {
        string path = $"{target}.{Guid.NewGuid():N}.tmp";
        File.WriteAllText(path, "half");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow - age);
        return path;
    }
}
