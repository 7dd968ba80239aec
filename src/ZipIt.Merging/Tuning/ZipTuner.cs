using ZipIt.Networks;

namespace ZipIt.Merging;

/// <summary>
/// Searches matchers (α, β) and cuts, and gives the curve of accuracy against cost: on held-out images by joint accuracy if they are labelled, or by agreement
/// with the ensemble if they are not; or by the loss that is estimated on the calibration images alone.
/// </summary>
/// <remarks>
/// One pass over the calibration images gives the statistics of all candidates, and a matcher matches each feature space once for all cuts that ask it the
/// same; per candidate remain the merge, the repair
/// (<see cref="Zipper.Finish(IReadOnlyList{SpaceMap}, IImageSource, IProgress{ZipProgress}?, CancellationToken)"/>, as in every zip) and the scoring. Held-out
/// images should not be calibration images. Results do not depend on the order of candidates.
/// </remarks>
public sealed class ZipTuner
{
    private readonly IReadOnlyList<ZipMember> _members;
    private readonly IReadOnlyList<ClassificationTask> _tasks;
    private readonly Zipper[] _candidates;
    private readonly Zipper _ensemble;

    /// <summary>Prepares a search, and checks all its candidates.</summary>
    /// <param name="members">Two or more networks.</param>
    /// <param name="tasks">One task for each of their outputs, of its name.</param>
    /// <param name="options">What to try; null for the defaults.</param>
    /// <exception cref="ArgumentException">There is nothing to try, tasks and outputs do not fit, or the members cannot be merged up to one of the
    /// cuts.</exception>
    public ZipTuner(IReadOnlyList<ZipMember> members, IReadOnlyList<ClassificationTask> tasks, ZipTunerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(tasks);
        Options = options ?? new ZipTunerOptions();
        (_members, _tasks) = ([.. members], [.. tasks]);
        ZipOptions common = Options.Zip with { Tasks = _tasks, MaximumLoss = null };
        _ensemble = new Zipper(_members, common with { Cut = ZipCut.Nothing, Start = ZipCut.Nothing, FlopsBudget = null });
        _ = new TaskScorer(_ensemble.Merge([]), tasks, Options.Scoring, Options.SharedLabels);
        IReadOnlyList<ZipCut> cuts = Options.Cuts ?? DefaultCuts();
        IReadOnlyList<IMatcher> matchers = Options.ListMatchers();
        if (cuts.Count == 0 || matchers.Count == 0)
            throw new ArgumentException("Expected at least one cut and one matcher to try.", nameof(options));
        _candidates = [.. cuts
            .SelectMany(cut => matchers.Select(matcher => new Zipper(_members, common with { Cut = cut, Matcher = matcher })))
            .OrderBy(candidate => ZipCost.CountMultiplyAdds(candidate.Structure))];
    }

    /// <summary>What is tried.</summary>
    public ZipTunerOptions Options { get; }

    /// <summary>Number of candidates.</summary>
    public int CandidateCount => _candidates.Length;

    /// <summary>Scores all candidates by their joint accuracy.</summary>
    /// <param name="calibration">Calibration images of all tasks; no labels needed.</param>
    /// <param name="heldOut">Labelled images; labels count the classes of all tasks in their order, unlabelled ones (−1) are skipped.</param>
    /// <param name="progress">Is told after each calibration batch and each candidate.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are too few images, none with a label, or they have the wrong shape.</exception>
    /// <exception cref="InvalidOperationException">A member cannot have been trained on the calibration images
    /// (<see cref="ZipOptions.CalibrationCheck"/>).</exception>
    public ZipTuning TuneByAccuracy(
        IImageSource calibration, IImageSource heldOut, IProgress<ZipProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckShape(calibration, "calibration");
        CheckShape(heldOut, "held-out");
        ZipResult ensemble = _ensemble.Zip(calibration, null, cancellationToken);
        double accuracy = Score(ensemble, heldOut, cancellationToken).JointAccuracy;
        return new ZipTuning([.. Evaluate(calibration, heldOut, progress, cancellationToken)]) { EnsembleScore = accuracy };
    }

    /// <summary>
    /// Scores all candidates by 1 − <see cref="ZipReport.Loss"/>: without labels, and without images beside those for calibration. One call gives the curve,
    /// and
    /// <see cref="ZipTuning.CheapestWithin"/> picks from it; <see cref="ZipOptions.MaximumLoss"/> finds the same network without trying costlier ones.
    /// </summary>
    /// <param name="calibration">Calibration images of all tasks.</param>
    /// <param name="progress">Is told after each calibration batch and each candidate.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are too few images, or they have the wrong shape.</exception>
    public ZipTuning TuneByLoss(IImageSource calibration, IProgress<ZipProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckShape(calibration, "calibration");
        IEnumerable<ZipResult> results = CandidateZips.Run(_candidates, Options.Zip, calibration, progress, cancellationToken);
        return new ZipTuning([.. results.Select((result, i) =>
            new ZipCandidate(_candidates[i].Options, result.Report.Cost, null) { Loss = result.Report.Loss })]);
    }

    /// <summary>Scores all candidates by the share of images for which they name the same class among all as the ensemble does.</summary>
    /// <param name="calibration">Calibration images of all tasks.</param>
    /// <param name="heldOut">Images without labels; labels are ignored.</param>
    /// <param name="progress">Is told after each calibration batch and each candidate.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="ArgumentException">There are too few images, or they have the wrong shape.</exception>
    /// <exception cref="InvalidOperationException">A member cannot have been trained on the calibration images
    /// (<see cref="ZipOptions.CalibrationCheck"/>).</exception>
    public ZipTuning TuneByAgreement(
        IImageSource calibration, IImageSource heldOut, IProgress<ZipProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckShape(calibration, "calibration");
        CheckShape(heldOut, "held-out");
        var labelled = new LabelledImages(heldOut, AskEnsemble(calibration, heldOut, cancellationToken));
        return new ZipTuning([.. Evaluate(calibration, labelled, progress, cancellationToken)]);
    }

    /// <summary>
    /// The largest sharing that keeps an accuracy: tries the cheapest candidates first and stops at the first multiply-adds for which one is accurate enough.
    /// Of the matchers that are tried there the most accurate is taken.
    /// </summary>
    /// <param name="calibration">Calibration images of all tasks; no labels needed.</param>
    /// <param name="heldOut">Labelled images; labels count the classes of all tasks in their order.</param>
    /// <param name="accuracy">Smallest joint accuracy, from 0 to 1.</param>
    /// <param name="progress">Is told after each calibration batch and each candidate.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <returns>The candidate, or null if none is accurate enough.</returns>
    /// <exception cref="ArgumentException">There are too few images, none with a label, or they have the wrong shape.</exception>
    /// <exception cref="InvalidOperationException">A member cannot have been trained on the calibration images
    /// (<see cref="ZipOptions.CalibrationCheck"/>).</exception>
    public ZipCandidate? FindLargestSharing(
        IImageSource calibration, IImageSource heldOut, double accuracy, IProgress<ZipProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckShape(calibration, "calibration");
        CheckShape(heldOut, "held-out");
        ZipCandidate? found = null;
        foreach (ZipCandidate candidate in Evaluate(calibration, heldOut, progress, cancellationToken))
        {
            if (found is not null && candidate.Cost.MultiplyAdds > found.Cost.MultiplyAdds)
                break;
            if (candidate.Score >= accuracy && candidate.Score > (found?.Score ?? -1))
                found = candidate;
        }

        return found;
    }

    private IEnumerable<ZipCandidate> Evaluate(IImageSource calibration, IImageSource heldOut, IProgress<ZipProgress>? progress,
        CancellationToken cancellationToken) => CandidateZips
        .Run(_candidates, Options.Zip, calibration, progress, cancellationToken)
        .Select((result, i) => new ZipCandidate(_candidates[i].Options, result.Report.Cost,
            Score(result, heldOut, cancellationToken)) { Loss = result.Report.Loss });

    private ZipEvaluation Score(ZipResult result, IImageSource images, CancellationToken cancellationToken) => ZipEvaluation.Evaluate(
        result.Network, result.Tasks, images, Options.Zip.Engine, Options.Scoring, Options.Zip.BatchSize, Options.Zip.Threads, cancellationToken,
        Options.SharedLabels);

    /// <summary>For each image the class that wins in the ensemble.</summary>
    private int[] AskEnsemble(IImageSource calibration, IImageSource images, CancellationToken cancellationToken)
    {
        ZipResult ensemble = _ensemble.Zip(calibration, null, cancellationToken);
        var scorer = new TaskScorer(ensemble.Network, ensemble.Tasks, Options.Scoring, Options.SharedLabels);
        var labels = new List<int>();
        var joint = new float[scorer.ClassCount];
        var perTask = new float[scorer.TaskClassCount];
        using INetworkSession session = Options.Zip.Engine.CreateSession(
            ensemble.Network, new SessionOptions { MaximumBatchSize = Options.Zip.BatchSize, Threads = Options.Zip.Threads });
        foreach (ImageBatch batch in images.ReadBatches(Options.Zip.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            session.Run(batch.Pixels.Span, batch.Count);
            for (int i = 0; i < batch.Count; i++)
            {
                scorer.Score(session, i, joint, perTask);
                labels.Add(Array.IndexOf(joint, joint.Max()));
            }
        }

        return [.. labels];
    }

    private IReadOnlyList<ZipCut> DefaultCuts()
    {
        var cuts = new List<ZipCut>();
        if (_tasks.All(task => task.Prototypes is not null && task.OutputLength == _tasks[0].OutputLength))
            cuts.Add(ZipCut.Everything);
        cuts.Add(ZipCut.BeforeHeads);
        cuts.AddRange(ZipCut.ListStages(_members[0].Network).Skip(1));
        return cuts;
    }

    private void CheckShape(IImageSource images, string kind)
    {
        ArgumentNullException.ThrowIfNull(images);
        ReadOnlySpan<int> expected = _members[0].Network.ShapeOf(_members[0].Network.Inputs[0]);
        if (!images.Shape.SequenceEqual(expected))
        {
            throw new ArgumentException(
                $"The networks take images of shape {Tensor.FormatShape(expected)}, the {kind} images have {Tensor.FormatShape(images.Shape)}.",
                nameof(images));
        }
    }
}
