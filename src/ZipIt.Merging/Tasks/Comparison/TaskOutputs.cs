using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>What the members and the zipped network give for each task, on the same images.</summary>
/// <param name="Tasks">The tasks.</param>
/// <param name="Members">For each task the outputs of its own member [images, output length].</param>
/// <param name="Zipped">The same of the zipped network; where it was fitted to the images, of a fit without the image.</param>
internal sealed record TaskOutputs(IReadOnlyList<ClassificationTask> Tasks, IReadOnlyList<float[]> Members, IReadOnlyList<float[]> Zipped)
{
    private const int MostImages = 1000;
    private const long MostValues = 16 << 20;

    /// <summary>The images that tell what was lost, since nothing was fitted to them; null for all.</summary>
    public IReadOnlyList<int>? Compared { get; init; }

    /// <summary>Number of images.</summary>
    public int ImageCount => Members[0].Length / Tasks[0].OutputLength;

    /// <summary>An even selection of the images: all, or so many that their values take little memory.</summary>
    /// <param name="holdsOut">Whether the zipped network was fitted to the images but for those that are held out (<see cref="HeldOutImages"/>).</param>
    public TaskOutputs Thin(bool holdsOut)
    {
        int images = ImageCount, most = (int)Math.Clamp(MostValues / Tasks.Sum(task => (long)task.OutputLength), 1, images);
        var subset = new ImageSubset(most, images);
        int[] chosen = [.. Enumerable.Range(0, images).Where(image => subset.PlaceOf(image) >= 0)];
        return new TaskOutputs(Tasks, [.. Members.Select(Choose)], [.. Zipped.Select(Choose)])
        {
            Compared = holdsOut ? [.. Enumerable.Range(0, chosen.Length).Where(place => HeldOutImages.Contains(chosen[place]))] : null,
        };

        float[] Choose(float[] values)
        {
            int length = values.Length / images;
            return chosen.Length == images ? values : [.. chosen.SelectMany(image => values.AsSpan(image * length, length).ToArray())];
        }
    }

    /// <summary>Runs a network on calibration images whose outputs of the members are known.</summary>
    /// <param name="network">The network; it has an output for each task.</param>
    /// <param name="members">What the members gave.</param>
    /// <param name="images">The same images in the same order; an even selection of them is run.</param>
    /// <param name="heldOutOnly">Whether it was fitted to the others than those that are held out, so that only these tell something.</param>
    /// <param name="options">Engine, tasks and batch size.</param>
    /// <param name="clock">Is told after each batch.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    public static TaskOutputs Run(
        Network network, RecordedOutputs members, IImageSource images, bool heldOutOnly, ZipOptions options, StageClock clock,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<ClassificationTask> tasks = options.Tasks;
        var subset = new ImageSubset(Math.Min(MostImages, members.ImageCount), members.ImageCount);
        int[] selected = [.. Enumerable.Range(0, subset.Total)
            .Where(image => heldOutOnly ? HeldOutImages.Contains(image) : subset.PlaceOf(image) >= 0)
            .Take(MostImages)];
        var isSelected = new bool[subset.Total];
        foreach (int image in selected)
            isSelected[image] = true;
        int[] heads = [.. tasks.Select(task => network.TryFindHead(task.Name, out int head)
            ? head
            : throw new ArgumentException($"The network has no output for task '{task.Name}'.", nameof(network)))];
        float[][] known = [.. tasks.Select(task => new float[checked(selected.Length * task.OutputLength)])];
        float[][] own = [.. known.Select(values => new float[values.Length])];
        using INetworkSession session = options.Engine.CreateSession(
            network, new SessionOptions { MaximumBatchSize = options.BatchSize, Threads = options.Threads });
        int length = images.Shape[0] * images.Shape[1] * images.Shape[2], first = 0, done = 0;
        var chosen = new float[options.BatchSize * length];
        foreach (ImageBatch batch in images.ReadBatches(options.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = 0;
            for (int i = 0; i < batch.Count && first + i < subset.Total; i++)
            {
                if (!isSelected[first + i])
                    continue;
                batch.Pixels.Span.Slice(i * length, length).CopyTo(chosen.AsSpan(count++ * length));
                for (int t = 0; t < tasks.Count; t++)
                    members.Get(t, first + i).CopyTo(known[t].AsSpan((done + count - 1) * tasks[t].OutputLength));
            }

            first += batch.Count;
            if (count == 0)
                continue;
            session.Run(chosen.AsSpan(0, count * length), count);
            for (int t = 0; t < tasks.Count; t++)
                session.GetOutput(heads[t])[..(count * tasks[t].OutputLength)].CopyTo(own[t].AsSpan(done * tasks[t].OutputLength));
            done += count;
            clock.Report(done, selected.Length);
        }

        return new TaskOutputs(tasks, known, own);
    }
}
