using System.Diagnostics;
using Microsoft.ML;

namespace ZipIt.MLNet.Tests.Faults;

/// <summary>A process that is killed while it saves leaves the old file whole, and nothing for good.</summary>
public sealed class KilledSaveTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("zipit");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void SaveZip_ProcessIsKilled_LeavesAWholeFile()
    {
        string path = Path.Combine(_folder.FullName, "zipped.zip");
        var random = new Random(1);
        var context = new MLContext(1);
        for (int kill = 0; kill < 4; kill++)
        {
            using Process process = Process.Start(new ProcessStartInfo("dotnet",
                [typeof(KilledSaveTests).Assembly.Location, "save", path]) { RedirectStandardOutput = true })!;
            Assert.Equal("saving", process.StandardOutput.ReadLine());
            Thread.Sleep(random.Next(100));
            process.Kill();
            process.WaitForExit();

            Assert.NotNull(context.Model.LoadZip(path, out DataViewSchema? schema));
            Assert.NotNull(schema);
        }

        foreach (FileInfo leftover in _folder.GetFiles("*.tmp"))
            leftover.LastWriteTimeUtc = DateTime.UtcNow.AddHours(-2);
        context.Model.SaveZip(Samples.Zipped, null, path);
        Assert.Single(_folder.GetFiles());
    }

    /// <summary>Saves a model again and again; says when the first file is there.</summary>
    internal static void SaveForever(string path)
    {
        var context = new MLContext(1);
        ITransformer model = Samples.Zipped;
        DataViewSchema schema = Samples.View(context, 1).Schema;
        context.Model.SaveZip(model, schema, path);
        Console.WriteLine("saving");
        while (true)
            context.Model.SaveZip(model, schema, path);
    }
}
