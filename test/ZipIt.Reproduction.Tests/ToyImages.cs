namespace ZipIt.Reproduction.Tests;

/// <summary>A folder in CIFAR's binary layout whose classes can be told apart by their colours.</summary>
internal static class ToyImages
{
    private const int Pixels = 32 * 32;

    /// <summary>Writes CIFAR-10 or CIFAR-100, with few images.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="perClass">Training images of each class; there are as many for tests.</param>
    public static void WriteCifar(string folder, int classes, int perClass)
    {
        var random = new Random(1);
        foreach (string name in (string[])["train.bin", "test.bin"])
        {
            using FileStream stream = File.Create(Path.Combine(folder, name));
            for (int i = 0; i < classes * perClass; i++)
                WriteRecord(stream, i % classes, classes, random);
        }
    }

    private static void WriteRecord(FileStream stream, int number, int classes, Random random)
    {
        var record = new byte[1 + 3 * Pixels];
        record[0] = (byte)number;
        for (int channel = 0; channel < 3; channel++)
        {
            double level = 128 + 100 * Math.Sin(2 * Math.PI * (number / (double)classes + channel / 3.0));
            for (int p = 0; p < Pixels; p++)
                record[1 + channel * Pixels + p] = (byte)Math.Clamp(level + 40 * (random.NextDouble() - 0.5), 0, 255);
        }

        stream.Write(record);
    }
}
