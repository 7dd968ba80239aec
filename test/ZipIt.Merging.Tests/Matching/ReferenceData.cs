using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace ZipIt.Merging.Tests.Matching;

/// <summary>The reference results of TestData, as matrices.</summary>
internal static class ReferenceData
{
    public static readonly int[] Nodes = [5, 11, 17, 21, 26, 32, 38, 42, 47, 53, 59, 63];

    private static readonly Lazy<(byte[] Bytes, Dictionary<string, JsonElement> Header, int Start)> File = new(Load);

    public static bool Has(string key) => File.Value.Header.ContainsKey(key);

    public static Matrix Read(string key)
    {
        (byte[] bytes, Dictionary<string, JsonElement> header, int start) = File.Value;
        JsonElement entry = header[key];
        int[] shape = [.. entry.GetProperty("shape").EnumerateArray().Select(extent => extent.GetInt32())];
        int[] offsets = [.. entry.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
        ReadOnlySpan<byte> data = bytes.AsSpan(start)[offsets[0]..offsets[1]];
        var matrix = new Matrix(shape[0], shape[1]);
        if (entry.GetProperty("dtype").GetString() == "F32")
        {
            ReadOnlySpan<float> values = MemoryMarshal.Cast<byte, float>(data);
            for (int k = 0; k < values.Length; k++)
                matrix.Values[k] = values[k];
        }
        else
        {
            ReadOnlySpan<int> values = MemoryMarshal.Cast<byte, int>(data);
            for (int k = 0; k < values.Length; k++)
                matrix.Values[k] = values[k];
        }

        return matrix;
    }

    /// <summary>The matching problem that the reference implementation solved at a node.</summary>
    public static MatchingProblem Problem(int node)
    {
        Matrix covariance = Read($"cov_{node}");
        int features = covariance.Rows;
        return new MatchingProblem(new FeatureStatistics([features / 2, features / 2], 1000, new double[features], covariance));
    }

    private static (byte[] Bytes, Dictionary<string, JsonElement> Header, int Start) Load()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !Directory.Exists(Path.Combine(folder, "test", "TestData")))
            folder = Path.GetDirectoryName(folder);
        byte[] bytes = System.IO.File.ReadAllBytes(Path.Combine(folder!, "test", "TestData", "reference-matching.safetensors"));
        int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var header = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(bytes.AsSpan(8, length))!;
        return (bytes, header, 8 + length);
    }
}
