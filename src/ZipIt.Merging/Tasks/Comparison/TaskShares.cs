namespace ZipIt.Merging;

/// <summary>
/// How many of some images are each task's, told from the tasks' largest scores without labels, and the offsets by which each task wins as many.
/// </summary>
/// <remarks>
/// A member's largest score is higher on images of its own task than on others'. So the tasks' largest scores, standardized and taken relative to their mean
/// over the tasks, form one cluster for each task, and its size is the task's share (k-means: Lloyd, <i>IEEE Transactions on Information Theory</i>, 1982;
/// from equal shares on). Clusters that overlap come out more alike in size than they are, which errs to the safe side: equal shares. A mixture of normal
/// distributions is closer where its assumptions hold, and far off where they do not.
/// </remarks>
internal static class TaskShares
{
    private const int MostRounds = 100;
    private const int Sweeps = 30;

    /// <summary>Estimates the shares.</summary>
    /// <param name="best">Largest score of each task [images, tasks].</param>
    /// <returns>One positive share for each task; they sum to 1.</returns>
    public static double[] Estimate(double[,] best)
    {
        (int images, int tasks) = (best.GetLength(0), best.GetLength(1));
        double[] equal = [.. Enumerable.Repeat(1.0 / tasks, tasks)];
        if (tasks == 1 || Standardize(best) is not { } scores)
            return equal;
        int[] cluster = Start(scores, equal);
        for (int round = 0; round < MostRounds && Move(scores, cluster); round++)
        {
        }

        // No task is without images: its offset would be arbitrary.
        int[] sizes = [.. Enumerable.Range(0, tasks).Select(t => Math.Max(cluster.Count(own => own == t), 1))];
        return [.. sizes.Select(size => (double)size / sizes.Sum())];
    }

    /// <summary>One offset for each task, which sum to 0, so that each wins its share of the images by its largest score and its offset.</summary>
    /// <param name="best">Largest score of each task [images, tasks].</param>
    /// <param name="shares">Share of each task.</param>
    public static double[] Match(double[,] best, IReadOnlyList<double> shares)
    {
        (int images, int tasks) = (best.GetLength(0), best.GetLength(1));
        var offsets = new double[tasks];
        var needed = new double[images];
        bool moves = images > 1;
        for (int sweep = 0; sweep < Sweeps && moves; sweep++)
        {
            moves = false;
            for (int t = 1; t < tasks; t++)
            {
                for (int i = 0; i < images; i++)
                    needed[i] = LargestOf(best, offsets, i, t) - best[i, t];
                Array.Sort(needed);
                int count = Math.Clamp((int)Math.Round(shares[t] * images), 1, images - 1);
                double offset = (needed[count - 1] + needed[count]) / 2;
                moves |= offset != offsets[t];
                offsets[t] = offset;
            }
        }

        double mean = offsets.Average();
        return [.. offsets.Select(offset => offset - mean)];
    }

    /// <summary>Mean and deviation of each task's largest scores.</summary>
    public static (double[] Means, double[] Deviations) Measure(double[,] best)
    {
        (int images, int tasks) = (best.GetLength(0), best.GetLength(1));
        var means = new double[tasks];
        var deviations = new double[tasks];
        for (int t = 0; t < tasks; t++)
        {
            for (int i = 0; i < images; i++)
                means[t] += best[i, t] / images;
            for (int i = 0; i < images; i++)
                deviations[t] += (best[i, t] - means[t]) * (best[i, t] - means[t]) / images;
            deviations[t] = Math.Sqrt(deviations[t]);
        }

        return (means, deviations);
    }

    private static double LargestOf(double[,] best, double[] offsets, int image, int except)
    {
        double largest = double.NegativeInfinity;
        for (int t = 0; t < offsets.Length; t++)
        {
            if (t != except)
                largest = Math.Max(largest, best[image, t] + offsets[t]);
        }

        return largest;
    }

    /// <summary>The scores with mean 0 and deviation 1, less their mean over the tasks; null if a task's do not vary.</summary>
    private static double[,]? Standardize(double[,] best)
    {
        (int images, int tasks) = (best.GetLength(0), best.GetLength(1));
        (double[] means, double[] deviations) = Measure(best);
        if (images < 2 || !Array.TrueForAll(deviations, deviation => deviation > 0 && double.IsFinite(deviation)))
            return null;
        var scores = new double[images, tasks];
        for (int i = 0; i < images; i++)
        {
            double mean = 0;
            for (int t = 0; t < tasks; t++)
                mean += (scores[i, t] = (best[i, t] - means[t]) / deviations[t]) / tasks;
            for (int t = 0; t < tasks; t++)
                scores[i, t] -= mean;
        }

        return scores;
    }

    /// <summary>Clusters of equal size: the task that wins with the offsets for that.</summary>
    private static int[] Start(double[,] scores, double[] equal)
    {
        double[] offsets = Match(scores, equal);
        return [.. Enumerable.Range(0, scores.GetLength(0)).Select(i => Enumerable.Range(0, equal.Length).MaxBy(t => scores[i, t] + offsets[t]))];
    }

    /// <summary>Puts every image into the cluster with the nearest mean; says whether one has moved.</summary>
    private static bool Move(double[,] scores, int[] cluster)
    {
        int tasks = scores.GetLength(1);
        var means = new double[tasks, tasks];
        var sizes = new int[tasks];
        for (int i = 0; i < cluster.Length; i++)
        {
            sizes[cluster[i]]++;
            for (int t = 0; t < tasks; t++)
                means[cluster[i], t] += scores[i, t];
        }

        bool moves = false;
        for (int i = 0; i < cluster.Length; i++)
        {
            int nearest = Enumerable.Range(0, tasks).MinBy(own => Distance(i, own));
            moves |= nearest != cluster[i];
            cluster[i] = nearest;
        }

        return moves;

        double Distance(int image, int own)
        {
            double distance = 0;
            for (int t = 0; t < tasks; t++)
                distance += Math.Pow(scores[image, t] - means[own, t] / Math.Max(sizes[own], 1), 2);
            return distance;
        }
    }
}
