using ZipIt.Networks;

namespace ZipIt.MLNet;

/// <summary>
/// Networks with one output, whose sigmoid is the probability of yes: the same as a softmax over two outputs, of which the first is always 0.
/// </summary>
internal static class OneOutput
{
    public const string Advice = "A network with one output needs two labels: the class that a low score stands for, then the one that a high score stands for.";

    /// <summary>The network with two outputs: 0 and the one that it has. A sigmoid behind it is left out.</summary>
    /// <param name="network">A network with one output of one value.</param>
    /// <param name="name">Name of the task, for messages.</param>
    /// <param name="labels">Number of its classes.</param>
    /// <exception cref="ArgumentException">There are not two classes, or the output is not made by a fully connected layer.</exception>
    public static Network Split(Network network, string name, int labels)
    {
        if (labels != 2)
            throw new ArgumentException($"The network of task '{name}' has one output, and {labels} {(labels == 1 ? "label was" : "labels were")} given. {Advice}", nameof(labels));
        Node score = network.Heads[0].Node;
        if (score.Layer is Sigmoid)
            score = score.Inputs[0];
        if (score.Layer is not Linear linear)
        {
            throw new ArgumentException(
                $"The network of task '{name}' has one output, which '{score.Name}' ({score.Layer.Kind}) makes; only those of a fully connected layer are supported.", nameof(network));
        }

        var weight = new Tensor(2, linear.Weight[1]);
        linear.Weight.Span.CopyTo(weight.Span[linear.Weight[1]..]);
        var bias = new Tensor(2);
        bias.Span[1] = linear.Bias?.Span[0] ?? 0;
        var split = new Node(score.Name, new Linear(weight, bias), score.Inputs[0]);
        return new Network(new Head(network.Heads[0].Name, split));
    }
}
