using System.IO.Compression;
using System.Text;
using static ZipIt.Networks.Tests.Formats.TorchArchive;

namespace ZipIt.Networks.Tests.Formats;

/// <summary>Files that are no checkpoints are called by their names.</summary>
public sealed class ForeignFileTests
{
    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "Git LFS")]
    [InlineData("\n<!DOCTYPE html><html><body>Sign in</body></html>", "web page")]
    [InlineData("<html><head></head></html>", "web page")]
    [InlineData("\u0089HDF\r\n\u001a\n\0\0", "HDF5")]
    [InlineData("\u0093NUMPY\u0001\0v\0{'descr': '<f4'}", "NumPy")]
    [InlineData("\u001f\u008b\u0008\0\0\0", "gzip")]
    [InlineData("\u0028\u00b5\u002f\u00fd\0\0", "zstd")]
    [InlineData("{\"metadata\": {\"total_size\": 3}, \"weight_map\": {}}", "several files")]
    [InlineData("{\"architectures\": [\"ResNet\"]}", "JSON")]
    [InlineData("\u0008\u0007\u0012\u0007pytorch", "ONNX")]
    [InlineData("\u001c\0\0\0TFL3\0\0", "TensorFlow Lite")]
    public void Load_OtherKindOfFile_IsNamed(string content, string kind)
    {
        string message = LoadDamaged(Encoding.Latin1.GetBytes(content)).Message;
        Assert.Contains(kind, message);
    }

    [Theory]
    [InlineData("arr_0.npy", "NumPy")]
    [InlineData("model.weights.h5", "Keras")]
    [InlineData("m/code/__torch__.py", "TorchScript")]
    [InlineData("TransformerChain/Model.key", "ML.NET")]
    [InlineData("weights/model.pth", "unpack it first")]
    public void Load_OtherArchive_IsNamed(string entry, string kind)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
            archive.CreateEntry(entry);
        Assert.Contains(kind, LoadDamaged(bytes.ToArray()).Message);
    }

    [Fact]
    public void Load_TorchScriptArchive_SaysHowToConvertIt()
    {
        byte[] file = WithTensor(Begin().Tensor("FloatStorage", "0", 1, 0, [1], [1]), ("data/0", Floats(4)), ("constants.pkl", []));
        Assert.Contains("torch.jit.load", LoadDamaged(file).Message);
    }
}
