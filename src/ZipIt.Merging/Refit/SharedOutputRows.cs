using System.Numerics.Tensors;
using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>Targets of an embedding that several tasks share; see <see cref="SharedOutputTarget"/>.</summary>
internal sealed class SharedOutputRows : TargetRows
{
    private readonly ClassificationTask?[] _tasks; // by source
    private readonly SharedOutputTarget _kind;
    private readonly Matrix? _correction; // (P·Pᵀ + ρI)⁻¹·P [classes, embedding]: from missing scores to the embedding

    private SharedOutputRows(NodeOrigin origin, int channels, ClassificationTask?[] tasks, SharedOutputTarget kind)
        : base(origin, channels)
    {
        (_tasks, _kind) = (tasks, kind);
        if (kind == SharedOutputTarget.Scores)
            _correction = Invert([.. tasks.Where(task => task is not null).Select(task => task!.Prototypes!)], channels);
    }

    /// <summary>The targets of a shared output, or null if nothing is known about it but its members.</summary>
    public static SharedOutputRows? TryCreate(NodeOrigin origin, int channels, IReadOnlyList<string> taskOfSource, RefitOptions options)
    {
        if (options.SharedOutput == SharedOutputTarget.Average)
            return null;
        ClassificationTask?[] tasks = [.. taskOfSource.Select(name => options.Tasks.FirstOrDefault(task => task.Name == name && task.Prototypes is { } known && known[1] == channels))];
        return tasks.Any(task => task is null) ? null : new SharedOutputRows(origin, channels, tasks, options.SharedOutput);
    }

    public override void Write(ReadOnlySpan<float[]> values, Span<float> target)
    {
        if (_kind == SharedOutputTarget.MostConfident)
        {
            int best = 0;
            double bestConfidence = -1;
            for (int s = 0; s < values.Length; s++)
            {
                double confidence = Confidence(_tasks[s]!, values[s]);
                if (confidence > bestConfidence)
                    (best, bestConfidence) = (s, confidence);
            }

            values[best].CopyTo(target);
            return;
        }

        base.Write(values, target);
        int first = 0;
        for (int s = 0; s < values.Length; s++)
        {
            Tensor prototypes = _tasks[s]!.Prototypes!;
            Span<float> mean = target;
            float[] difference = new float[target.Length];
            base.Write(values, difference);
            TensorPrimitives.Subtract(values[s], difference, difference);
            for (int c = 0; c < prototypes[0]; c++)
            {
                double missing = TensorPrimitives.Dot<float>(difference, prototypes.Span.Slice(c * target.Length, target.Length));
                ReadOnlySpan<double> row = _correction!.Row(first + c);
                for (int i = 0; i < mean.Length; i++)
                    mean[i] += (float)(missing * row[i]);
            }

            first += prototypes[0];
        }
    }

    private static double Confidence(ClassificationTask task, float[] output)
    {
        Tensor prototypes = task.Prototypes!;
        double norm = TensorPrimitives.Norm<float>(output), largest = double.NegativeInfinity, sum = 0;
        double factor = norm > 0 ? task.Scale / norm : 0;
        var logits = new double[prototypes[0]];
        for (int c = 0; c < logits.Length; c++)
        {
            logits[c] = factor * TensorPrimitives.Dot<float>(output, prototypes.Span.Slice(c * output.Length, output.Length));
            largest = Math.Max(largest, logits[c]);
        }

        foreach (double logit in logits)
            sum += Math.Exp(logit - largest);
        return 1 / sum;
    }

    private static Matrix Invert(Tensor[] prototypes, int length)
    {
        int classes = prototypes.Sum(part => part[0]);
        var stacked = new float[classes * length];
        int offset = 0;
        foreach (Tensor part in prototypes)
        {
            part.Span.CopyTo(stacked.AsSpan(offset));
            offset += part.Length;
        }

        var gram = new Matrix(classes, classes);
        for (int i = 0; i < classes; i++)
        {
            for (int j = 0; j < classes; j++)
                gram[i, j] = TensorPrimitives.Dot<float>(stacked.AsSpan(i * length, length), stacked.AsSpan(j * length, length));
        }

        Cholesky factor = Cholesky.TryFactor(gram, 1e-4) ?? throw new ArithmeticException("The prototypes are not finite.");
        var inverse = new Matrix(classes, classes);
        for (int i = 0; i < classes; i++)
            inverse[i, i] = 1;
        factor.SolveRows(inverse);
        var correction = new Matrix(classes, length);
        for (int i = 0; i < classes; i++)
        {
            Span<double> row = correction.Row(i);
            for (int j = 0; j < classes; j++)
            {
                for (int k = 0; k < length; k++)
                    row[k] += inverse[i, j] * stacked[j * length + k];
            }
        }

        return correction;
    }
}
