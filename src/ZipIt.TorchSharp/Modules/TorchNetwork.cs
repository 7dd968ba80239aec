using TorchSharp;
using ZipIt.Networks;
using Modules = TorchSharp.Modules;

namespace ZipIt.TorchSharp;

/// <summary>Networks from live modules of TorchSharp.</summary>
public static class TorchNetwork
{
    private const int SampleImages = 2;

    /// <summary>How far the network's outputs may be from the module's, relative to the largest.</summary>
    private const float Tolerance = 1e-3f;

    /// <summary>Reads a network from a module, with copies of its weights and with its configuration (strides, paddings, ε …).</summary>
    /// <remarks>
    /// <para>A <c>Sequential</c> of known modules, nested or not, is read as it stands. A <see cref="NetworkModule"/> knows its network.</para>
    /// <para>
    /// Any other module, as those of <c>torchvision.models</c>, is run on images of noise, in evaluation mode, and watched: each call of a known module
    /// becomes a node, and what happens between two calls (sums, activations, poolings, flattenings, concatenations) is told from the numbers. Such a module
    /// must call its parts with <c>call</c>, not with <c>forward</c>. Where that fails, its <c>state_dict</c> is read as a checkpoint of a known architecture
    /// (<see cref="Architecture"/>).
    /// </para>
    /// <para>What was found is run on other images and held against the module. Its mode and the state of libtorch's random numbers stay as they are.</para>
    /// </remarks>
    /// <param name="module">The module: images [batch, channels, height, width] → [batch, outputs].</param>
    /// <param name="imageSize">Size of the images in pixels.</param>
    /// <param name="imageChannels">Channels of the images; null for what the first convolution takes.</param>
    /// <param name="headName">Name of the output.</param>
    /// <exception cref="NotSupportedException">Something in the module cannot be followed; the message names it.</exception>
    /// <exception cref="ArgumentException">The module does not take images of that size.</exception>
    public static Network FromModule(torch.nn.Module<torch.Tensor, torch.Tensor> module, Size2 imageSize, int? imageChannels = null, string headName = "output")
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentException.ThrowIfNullOrEmpty(headName);
        if (imageSize.Height < 1 || imageSize.Width < 1)
            throw new ArgumentOutOfRangeException(nameof(imageSize), $"Expected a positive image size, found {imageSize}.");
        LibTorch.Load();
        int channels = imageChannels ?? FindChannels(module);
        int[] shape = [channels, imageSize.Height, imageSize.Width];
        (torch.nn.Module Part, bool IsTraining)[] modes =
            [.. module.named_modules().Select(part => part.module).Prepend(module).Select(part => (part, part.training))];
        module.eval();
        try
        {
            using DisposeScope scope = torch.NewDisposeScope();
            using var noGradients = torch.no_grad();
            Network network = SequentialReader.CanRead(module) ? SequentialReader.Read(module, shape, headName) : TraceOrRecognize(module, shape, headName);
            if (FindDifference(module, network, shape) is { } difference)
                throw new NotSupportedException($"What was read from the module is not what it computes: {difference}.");
            return network;
        }
        finally
        {
            foreach ((torch.nn.Module part, bool isTraining) in modes)
                part.train(isTraining);
        }
    }

    private static Network TraceOrRecognize(torch.nn.Module<torch.Tensor, torch.Tensor> module, int[] shape, string headName)
    {
        try
        {
            return ModuleTracer.Trace(module, DrawImages(module, shape, 1), headName);
        }
        catch (NotSupportedException lost)
        {
            try
            {
                return Recognize(module, shape, headName);
            }
            catch (Exception unknown) when (unknown is InvalidDataException or ArgumentException)
            {
                throw new NotSupportedException($"{lost.Message} Nor are its weights those of a known architecture: {unknown.Message}", lost);
            }
        }
    }

    /// <summary>Reads the weights as a checkpoint.</summary>
    private static Network Recognize(torch.nn.Module module, int[] shape, string headName)
    {
        IEnumerable<KeyValuePair<string, Tensor>> weights = module.state_dict()
            .Where(pair => pair.Value.is_floating_point())
            .Select(pair => KeyValuePair.Create(pair.Key, TorchTensors.ToNetworks(pair.Value)));
        return Architecture.FromCheckpoint(new StateDictionary(module.GetName(), weights), new Size2(shape[1], shape[2]), null, headName);
    }

    /// <summary>What differs between module and network on images of noise; null if nothing does.</summary>
    private static string? FindDifference(torch.nn.Module<torch.Tensor, torch.Tensor> module, Network network, int[] shape)
    {
        torch.Tensor images = DrawImages(module, shape, 2);
        torch.Tensor result = module.call(images);
        int[] found = network.ShapeOf(network.Heads[0].Node).ToArray();
        if (!result.shape.AsSpan(1).ToArray().SequenceEqual(found.Select(extent => (long)extent)))
            return $"it gives [{string.Join(", ", result.shape)}], the network [{SampleImages}, {string.Join(", ", found)}]";
        if (result.dim() == 4)
            result = result.permute(0, 2, 3, 1);
        var expected = new float[result.NumberOfElements];
        TorchTensors.CopyTo(result, expected);

        // The module's own application trusts it, whatever it costs.
        var options = new SessionOptions { MaximumBatchSize = SampleImages, Limits = SessionLimits.None };
        using INetworkSession session = new CpuEngine().CreateSession(network, options);
        session.Run(TorchTensors.ToNetworks(images).Span, SampleImages);
        ReadOnlySpan<float> outputs = session.GetOutput(0);
        float largest = expected.Select(Math.Abs).Append(1e-6f).Max();
        float tolerance = images.dtype == torch.ScalarType.Float32 ? Tolerance : 30 * Tolerance;
        for (int i = 0; i < expected.Length; i++)
        {
            if (!(Math.Abs(expected[i] - outputs[i]) <= tolerance * largest))
                return $"on images of noise it gives {expected[i]:G4}, the network {outputs[i]:G4}";
        }

        return null;
    }

    private static int FindChannels(torch.nn.Module module) => module is Modules.Conv2d own
        ? checked((int)own.in_channels)
        : module.named_modules().Select(part => part.module).OfType<Modules.Conv2d>().FirstOrDefault() is { } first
            ? checked((int)first.in_channels)
            : throw new ArgumentException("The module has no convolution that would tell the channels of the images; name their number.", nameof(module));

    /// <summary>Normally distributed images, where and of what type the module's weights are; the state of libtorch's random numbers is not touched.</summary>
    private static torch.Tensor DrawImages(torch.nn.Module module, int[] shape, int seed)
    {
        var random = new Random(seed);
        var values = new float[SampleImages * shape[0] * shape[1] * shape[2]];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        torch.Tensor images = TorchTensors.FromSpan(values, [SampleImages, shape[0], shape[1], shape[2]]);
        return module.parameters().FirstOrDefault() is { } weight ? images.to(weight.dtype, weight.device) : images;
    }
}
