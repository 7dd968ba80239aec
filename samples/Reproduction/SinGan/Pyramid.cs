using System.Globalization;
using ZipIt.Networks;

namespace Reproduction.SinGan;

/// <summary>A trained SinGAN: a generator for each scale, coarsest first, and what they were trained with.</summary>
/// <param name="name">What it is called in figures.</param>
/// <param name="weights">The generators' weights.</param>
/// <param name="amplitudes">Strength of the noise at each scale.</param>
/// <param name="sizes">Size of the image at each scale in pixels.</param>
/// <param name="reconstruction">The noise from which the image comes that it was trained on, with its border; empty if it is not known.</param>
/// <param name="image">The image that it was trained on, at the finest scale; null if it is not known.</param>
internal sealed class Pyramid(
    string name, IReadOnlyList<StateDictionary> weights, IReadOnlyList<float> amplitudes, IReadOnlyList<Size2> sizes,
    IReadOnlyList<Tensor> reconstruction, Tensor? image)
{
    public string Name => name;

    public int Scales => weights.Count;

    public IReadOnlyList<Size2> Sizes => sizes;

    public IReadOnlyList<Tensor> Reconstruction => reconstruction;

    public Tensor? Image => image;

    /// <summary>Width of the border that the generators take away.</summary>
    public int Border { get; } = ZipIt.Networks.SinGan.Border(weights[0]);

    /// <summary>Ratio of the sizes of one scale and the one before.</summary>
    public double Factor => Math.Pow((double)sizes[^1].Width / sizes[0].Width, 1.0 / Math.Max(Scales - 1, 1));

    /// <summary>
    /// Reads what the authors' program has saved, with each scale's weights in a file of its own: <c>netG-0.pth</c> and so on (coarsest first),
    /// <c>NoiseAmp.pth</c>, <c>reals.pth</c>, and if it is there <c>Zs.pth</c>.
    /// </summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InvalidDataException">A file holds something else, or the files do not belong together.</exception>
    /// <exception cref="IOException">A file is missing.</exception>
    public static Pyramid Load(string folder)
    {
        var weights = new List<StateDictionary>();
        while (File.Exists(Path.Combine(folder, $"netG-{weights.Count}.pth")))
            weights.Add(Checkpoint.Load(Path.Combine(folder, $"netG-{weights.Count}.pth")));
        if (weights.Count == 0)
            throw new FileNotFoundException($"'{folder}' holds no 'netG-0.pth': the state_dict() of the coarsest scale's generator.");

        StateDictionary amplitudes = Checkpoint.Load(Path.Combine(folder, "NoiseAmp.pth"));
        Tensor[] images = ReadList(Path.Combine(folder, "reals.pth"), weights.Count);
        string noise = Path.Combine(folder, "Zs.pth");
        return new Pyramid(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            weights,
            [.. Enumerable.Range(0, weights.Count).Select(scale => amplitudes.TryGetValue(KeyOf(scale), out Tensor? amplitude) ? amplitude.Span[0] : 1)],
            [.. images.Select(image => new Size2(image[1], image[2]))],
            File.Exists(noise) ? ReadList(noise, weights.Count) : [],
            images[^1]);
    }

    /// <summary>The network of a scale for images of a size.</summary>
    public Network CreateNetwork(int scale, Size2 size) => ZipIt.Networks.SinGan.FromCheckpoint(weights[scale], size, headName: name);

    /// <summary>Strength of the noise at a scale.</summary>
    public float AmplitudeOf(int scale) => amplitudes[scale];

    private static Tensor[] ReadList(string path, int count)
    {
        StateDictionary list = Checkpoint.Load(path);
        return [.. Enumerable.Range(0, count).Select(i => list.TryGetValue(KeyOf(i), out Tensor? tensor) && tensor.Rank == 4 && tensor[0] == 1
            ? new Tensor(tensor.Span.ToArray(), [.. tensor.Shape[1..]])
            : throw new InvalidDataException($"'{path}' holds no image [1, channels, height, width] for scale {i}; there are {count} generators."))];
    }

    private static string KeyOf(int index) => index.ToString(CultureInfo.InvariantCulture);
}
