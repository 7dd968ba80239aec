namespace ZipIt.Networks;

/// <summary>Weights of an untrained network, for tests and benchmarks.</summary>
internal static class RandomWeights
{
    /// <summary>
    /// Draws weights as He et al. (2015) initialize layers before a ReLU: variance 2 / inputs. Normalizations get statistics near 0 and 1,
    /// all different, so that a mistake in them shows.
    /// </summary>
    public static StateDictionary Create(int seed, string architecture, IEnumerable<ParameterShape> parameters)
    {
        var random = new Random(seed);
        IEnumerable<KeyValuePair<string, Tensor>> tensors = parameters.Select(parameter => KeyValuePair.Create(parameter.Name, Draw(random, parameter)));
        return new StateDictionary($"random {architecture}, seed {seed}", tensors);
    }

    private static Tensor Draw(Random random, ParameterShape parameter)
    {
        var tensor = new Tensor([.. parameter.Shape]);
        (double low, double high) = parameter.Role switch
        {
            ParameterRole.Weight => Symmetric(Math.Sqrt(6.0 * parameter.Shape[0] / parameter.Count)),
            ParameterRole.NormScale => (0.7, 1.3),
            ParameterRole.RunningVariance => (0.5, 1.5),
            _ => Symmetric(0.1),
        };
        foreach (ref float value in tensor.Span)
            value = (float)(low + (high - low) * random.NextDouble());
        return tensor;
    }

    private static (double Low, double High) Symmetric(double bound) => (-bound, bound);
}
