using System.IO.Compression;
using ZipIt.Networks;

namespace ZipIt.Fuzzing.Targets;

/// <summary>The pickle of a PyTorch archive, in an archive whose checksums are right and which has the storages that the seeds refer to.</summary>
public sealed class PickleTarget : FuzzTarget
{
    /// <inheritdoc/>
    public override string Name => "pickle";

    /// <summary>An archive with a pickle.</summary>
    public static byte[] ToArchive(ReadOnlySpan<byte> pickle)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Write(archive, "data.pkl", pickle);
            for (int storage = 0; storage < PickleWriter.Storages; storage++)
                Write(archive, $"data/{storage}", new byte[PickleWriter.StorageLength]);
        }

        return bytes.ToArray();
    }

    /// <inheritdoc/>
    public override IEnumerable<byte[]> MakeSeeds() =>
        [new PickleWriter().Checkpoint(), new PickleWriter(4).Checkpoint(), new PickleWriter().Nested(), new PickleWriter().Script()];

    /// <inheritdoc/>
    protected override bool Read(byte[] input)
    {
        try
        {
            PyTorchCheckpoint.Load(new MemoryStream(ToArchive(input)), "fuzz");
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    private static void Write(ZipArchive archive, string name, ReadOnlySpan<byte> content)
    {
        using Stream entry = archive.CreateEntry("fuzz/" + name, CompressionLevel.NoCompression).Open();
        entry.Write(content);
    }
}
