using System.Numerics.Tensors;
using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging;

/// <summary>
/// What the outputs of a zipped network should be, once the tasks are known that they serve: worked out from the outputs of all members for all calibration
/// images, so that the scores of different tasks can be compared (our extension; unlabelled images, no gradients).
/// </summary>
internal sealed class OutputTargets
{
    private const double WholeClaim = 0.5; // of the root mean square: from here on an image is wholly another task's

    private const float Lengthening = 2; // in lengths of a mean embedding: shrinks cosines to 0.45

    private readonly ClassificationTask[] _tasks;
    private readonly float[][] _outputs; // by task: [images, output length]
    private readonly int _images;
    private readonly int _threads;
    private readonly double[] _confidence; // [images, tasks]: probability of the most probable class

    /// <summary>Prepares targets.</summary>
    /// <param name="tasks">The tasks.</param>
    /// <param name="outputs">For each task the outputs of its own member [images, output length].</param>
    /// <param name="threads">Number of threads; 0 for one per processor.</param>
    public OutputTargets(IReadOnlyList<ClassificationTask> tasks, IReadOnlyList<float[]> outputs, int threads)
    {
        (_tasks, _outputs, _threads) = ([.. tasks], [.. outputs], threads);
        _images = outputs[0].Length / tasks[0].OutputLength;
        _confidence = new double[_images * tasks.Count];
        for (int t = 0; t < _tasks.Length; t++)
        {
            for (int i = 0; i < _images; i++)
                _confidence[i * _tasks.Length + t] = Confidence(_tasks[t], Output(t, i));
        }
    }

    /// <summary>Targets [images, output length] of an output that several tasks with prototypes share.</summary>
    public float[] Shared(IReadOnlyList<int> tasks, SharedOutputTarget kind)
    {
        int length = _tasks[tasks[0]].OutputLength;
        var targets = new float[_images * length];
        if (kind == SharedOutputTarget.MostConfident)
        {
            for (int i = 0; i < _images; i++)
                Output(tasks.MaxBy(t => _confidence[i * _tasks.Length + t]), i).CopyTo(targets.AsSpan(i * length));
            return targets;
        }

        foreach (int t in tasks)
            TensorPrimitives.MultiplyAdd(_outputs[t], 1f / tasks.Count, targets, targets);
        if (kind == SharedOutputTarget.Scores)
            AddScores(tasks, targets, length);
        return targets;
    }

    /// <summary>
    /// Targets [images, output length] of an output that one task has for itself: on images that another task claims, its softmax shall not claim them too.
    /// Class scores become equal there. Embeddings get longer there, in a direction that no prototype looks at: all cosines shrink alike, and with them the
    /// certainty, but not their order.
    /// </summary>
    /// <param name="task">The task.</param>
    /// <param name="flattening">How far the targets are changed, 0 … 1.</param>
    public float[] Own(int task, double flattening)
    {
        ClassificationTask own = _tasks[task];
        int length = own.OutputLength;
        float[] targets = [.. _outputs[task]];
        double[] claims = Claims(task);
        double unit = WholeClaim * Math.Sqrt(claims.Average(claim => claim * claim));
        float[]? direction = own.Prototypes is null ? null : FindFreeDirection(length);
        float norm = Enumerable.Range(0, _images).Average(i => TensorPrimitives.Norm(Output(task, i)));
        for (int i = 0; i < _images; i++)
        {
            if (!(claims[i] > 0))
                continue;
            float strength = (float)(flattening * Math.Min(1, claims[i] / unit));
            Span<float> target = targets.AsSpan(i * length, length);
            if (direction is not null)
            {
                TensorPrimitives.MultiplyAdd(direction, strength * Lengthening * norm, target, target);
                continue;
            }

            float mean = TensorPrimitives.Sum<float>(target) / length;
            foreach (ref float score in target)
                score += strength * (mean - score);
        }

        return targets;
    }

    /// <summary>A unit vector at right angles to all prototypes and to every task's mean output.</summary>
    private float[]? FindFreeDirection(int length)
    {
        var basis = new List<float[]>();
        foreach (ClassificationTask task in _tasks.Where(task => task.Prototypes is not null && task.OutputLength == length))
        {
            for (int c = 0; c < task.Labels.Count; c++)
                Orthonormalize(task.Prototypes!.Span.Slice(c * length, length).ToArray());
        }

        for (int t = 0; t < _tasks.Length; t++)
        {
            var mean = new float[length];
            for (int i = 0; i < _images && _tasks[t].OutputLength == length; i++)
                TensorPrimitives.Add(mean, Output(t, i), mean);
            Orthonormalize(mean);
        }

        var random = new Random(1);
        int before = basis.Count;
        Orthonormalize([.. Enumerable.Range(0, length).Select(_ => random.NextSingle() - 0.5f)]);
        return basis.Count > before ? basis[^1] : null;

        void Orthonormalize(float[] vector)
        {
            float original = TensorPrimitives.Norm<float>(vector);
            for (int pass = 0; pass < 2; pass++)
            {
                foreach (float[] known in basis)
                    TensorPrimitives.MultiplyAdd(known, -TensorPrimitives.Dot<float>(known, vector), vector, vector);
            }

            float norm = TensorPrimitives.Norm<float>(vector);
            if (!(norm > 1e-3f * original))
                return;
            TensorPrimitives.Divide(vector, norm, vector);
            basis.Add(vector);
        }
    }

    /// <summary>
    /// For each image by how much the best score of another task exceeds the task's own, with offsets by which each task wins its share
    /// (<see cref="TaskShares"/>).
    /// </summary>
    private double[] Claims(int task)
    {
        int[] all = [.. Enumerable.Range(0, _tasks.Length)];
        var best = new double[_images, _tasks.Length];
        foreach (int t in all)
        {
            ClassificationTask own = _tasks[t];
            double norm = own.Prototypes is null ? 1 : Enumerable.Range(0, _images).Average(i => (double)TensorPrimitives.Norm(Output(t, i)));
            for (int i = 0; i < _images; i++)
            {
                best[i, t] = own.Prototypes is { } prototypes
                    ? Enumerable.Range(0, own.Labels.Count)
                        .Max(c => own.Scale / norm * TensorPrimitives.Dot(Output(t, i), prototypes.Span.Slice(c * own.OutputLength, own.OutputLength)))
                    : TensorPrimitives.Max(Output(t, i));
            }
        }

        double[] offsets = TaskShares.Match(best, TaskShares.Estimate(best));
        return [.. Enumerable.Range(0, _images).Select(i => all.Where(t => t != task).Max(t => best[i, t] + offsets[t]) - best[i, task] - offsets[task])];
    }

    private ReadOnlySpan<float> Output(int task, int image) => _outputs[task].AsSpan(image * _tasks[task].OutputLength, _tasks[task].OutputLength);

    /// <summary>Moves mean embeddings so that their products with each task's prototypes are those of the task's own member, on a common scale.</summary>
    private void AddScores(IReadOnlyList<int> tasks, float[] targets, int length)
    {
        int classes = tasks.Sum(t => _tasks[t].Labels.Count);
        double[,] inverse = Invert([.. tasks.Select(t => _tasks[t].Prototypes!)], length, _threads);
        double[] norms = [.. tasks.Select(t => Enumerable.Range(0, _images).Average(i => (double)TensorPrimitives.Norm(Output(t, i))))];
        double common = norms.Average();
        var scores = new double[_images, classes];
        var best = new double[_images, tasks.Count];
        int first = 0;
        for (int s = 0; s < tasks.Count; s++)
        {
            ClassificationTask task = _tasks[tasks[s]];
            double factor = norms[s] > 0 ? common / norms[s] : 1;
            for (int i = 0; i < _images; i++)
            {
                best[i, s] = double.NegativeInfinity;
                for (int c = 0; c < task.Labels.Count; c++)
                {
                    double score = factor * TensorPrimitives.Dot(Output(tasks[s], i), task.Prototypes!.Span.Slice(c * length, length));
                    scores[i, first + c] = score;
                    best[i, s] = Math.Max(best[i, s], score);
                }
            }

            first += task.Labels.Count;
        }

        double[] offsets = TaskShares.Match(best, TaskShares.Estimate(best));
        for (int i = 0; i < _images; i++)
        {
            Span<float> target = targets.AsSpan(i * length, length);
            float[] mean = target.ToArray();
            int c = 0;
            for (int s = 0; s < tasks.Count; s++)
            {
                ReadOnlySpan<float> prototypes = _tasks[tasks[s]].Prototypes!.Span;
                for (int own = 0; own < _tasks[tasks[s]].Labels.Count; own++, c++)
                {
                    double missing = scores[i, c] + offsets[s] - TensorPrimitives.Dot<float>(mean, prototypes.Slice(own * length, length));
                    for (int k = 0; k < length; k++)
                        target[k] += (float)(missing * inverse[c, k]);
                }
            }
        }
    }

    private static double Confidence(ClassificationTask task, ReadOnlySpan<float> output)
    {
        double largest = double.NegativeInfinity, sum = 0;
        var logits = new double[task.Labels.Count];
        double norm = TensorPrimitives.Norm(output);
        for (int c = 0; c < logits.Length; c++)
        {
            logits[c] = task.Prototypes is { } prototypes
                ? (norm > 0 ? task.Scale / norm : 0) * TensorPrimitives.Dot(output, prototypes.Span.Slice(c * output.Length, output.Length))
                : output[c];
            largest = Math.Max(largest, logits[c]);
        }

        foreach (double logit in logits)
            sum += Math.Exp(logit - largest);
        return 1 / sum;
    }

    /// <summary>(P·Pᵀ + ρI)⁻¹·P [classes, length] for the stacked prototypes P: the embeddings that change one score alone.</summary>
    private static double[,] Invert(Tensor[] parts, int length, int threads)
    {
        int classes = parts.Sum(part => part[0]);
        float[] stacked = [.. parts.SelectMany(part => part.Span.ToArray())];
        var gram = new Matrix(classes, classes);
        var solution = new Matrix(classes, classes);
        for (int i = 0; i < classes; i++)
        {
            solution[i, i] = 1;
            for (int j = 0; j < classes; j++)
                gram[i, j] = TensorPrimitives.Dot<float>(stacked.AsSpan(i * length, length), stacked.AsSpan(j * length, length));
        }

        Cholesky factor = Cholesky.TryFactor(gram, 1e-4, threads) ?? throw new ArithmeticException("The prototypes are not finite.");
        factor.SolveRows(solution, threads);
        var inverse = new double[classes, length];
        for (int i = 0; i < classes; i++)
        {
            for (int j = 0; j < classes; j++)
            {
                for (int k = 0; k < length; k++)
                    inverse[i, k] += solution[i, j] * stacked[j * length + k];
            }
        }

        return inverse;
    }
}
