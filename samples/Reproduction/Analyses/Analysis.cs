using System.Globalization;
using Reproduction.Commands;
using Reproduction.Data;
using Reproduction.Pairs;
using Reproduction.Results;
using Reproduction.Tables;
using ZipIt.Merging;
using ZipIt.MLNet;

namespace Reproduction.Analyses;

/// <summary>The paper's analyses, on pairs of the halves of CIFAR-10 with prototypes.</summary>
/// <param name="setting">What is paired.</param>
/// <param name="data">The data set.</param>
/// <param name="settings">Classifiers and numbers of images.</param>
/// <param name="pairs">Number of pairs.</param>
/// <param name="width">Width of the networks.</param>
/// <param name="prototypes">A vector for each class; null to draw them.</param>
/// <param name="cancellation">Ends the work.</param>
internal sealed class Analysis(
    PairSetting setting, DataSet data, ExperimentSettings settings, int pairs, int width, ClassPrototypes? prototypes = null,
    CancellationToken cancellation = default)
{
    private const int Layers = 20;

    private static readonly ZipCut Whole = ZipCut.Everything;

    /// <summary>The paper's figure of accuracy against the number of layers that are zipped.</summary>
    public ResultSection AgainstLayers(IReadOnlyList<int> counts)
    {
        var sweep = new Sweep("Accuracy against the number of zipped layers", "layers zipped", ["select and refit", "ZipIt!", "permute", "weight averaging"])
        {
            ForComparison = [3],
        };
        MergeCase[] cases = CreateCases(settings, width);
        foreach (int layers in counts)
        {
            ZipCut cut = layers == Layers ? Whole : ZipCut.AfterLayers(layers);
            sweep.Measure($"{layers}", [
                TableRow.Best($"select and refit {layers}", cut),
                TableRow.AsInPaper($"ZipIt! {layers}", new ZipMatcher(), cut),
                TableRow.AsInPaper($"permute {layers}", new PermutationMatcher(), cut),
                TableRow.AsInPaper($"weight averaging {layers}", new IdentityMatcher(), cut),
            ], cases, cancellation);
        }

        return sweep.ToSection("ZipIt! with its authors' defaults, α 0.3 and β 0.125. Behind the cut each task has layers of its own.");
    }

    /// <summary>Accuracy against the budget for merges within a model, and how much a merged feature may be merged again.</summary>
    public ResultSection AgainstAlphaAndBeta(IReadOnlyList<double> alphas, IReadOnlyList<double> betas)
    {
        var sweep = new Sweep("Accuracy against α and β", "β", [.. alphas.Select(alpha => $"α {Text(alpha)}")]);
        MergeCase[] cases = CreateCases(settings, width);
        foreach (double beta in betas)
        {
            sweep.Measure(
                Text(beta), [.. alphas.Select(alpha =>
                    TableRow.AsInPaper($"α {Text(alpha)}, β {Text(beta)}", new ZipMatcher { Alpha = alpha, Beta = beta }, Whole))],
                cases, cancellation);
        }

        return sweep.ToSection("ZipIt! 20/20. β is the share of merges that may lie within one model, α how much the similarity of a merged feature counts.");
    }

    /// <summary>Accuracy against the width of the networks.</summary>
    public ResultSection AgainstWidth(IReadOnlyList<int> widths)
    {
        var sweep = new Sweep(
            "Accuracy against the width of the networks", "width", ["ensemble", "select and refit 20/20", "ZipIt! 20/20", "permute 20/20", "weight averaging"])
        {
            ForComparison = [0, 4],
        };
        foreach (int own in widths)
        {
            sweep.Measure($"{own}", [
                TableRow.Ensemble("ensemble", JointScoring.Calibrated),
                TableRow.Best("select and refit 20/20", Whole),
                TableRow.AsInPaper("ZipIt! 20/20", new ZipMatcher { Alpha = 0.01, Beta = 1 }, Whole),
                TableRow.AsInPaper("permute", new PermutationMatcher(), Whole),
                TableRow.AsInPaper("weight averaging", new IdentityMatcher(), Whole),
            ], CreateCases(settings, own), cancellation);
        }

        return sweep.ToSection("The same architecture with more channels in every layer; pairs of one width have the same classes as those of another.");
    }

    /// <summary>Accuracy against the number of images that statistics and weights are taken from.</summary>
    public ResultSection AgainstCalibrationImages(IReadOnlyList<int> counts)
    {
        var sweep = new Sweep(
            "Accuracy against the number of calibration images", "calibration images", ["select and refit 13/20", "select and refit 20/20", "ZipIt! 20/20"]);
        foreach (int count in counts)
        {
            sweep.Measure($"{count}", [
                TableRow.Best("select and refit 13/20", setting.Cuts[1].Cut),
                TableRow.Best("select and refit 20/20", Whole),
                TableRow.AsInPaper("ZipIt! 20/20", new ZipMatcher { Alpha = 0.01, Beta = 1 }, Whole),
            ], CreateCases(settings with { CalibrationImages = count }, width), cancellation);
        }

        return sweep.ToSection("Images of all tasks together, evenly over the classes. The refit learns weights from them, ZipIt! statistics alone.");
    }

    /// <summary>Accuracy and time of the matching algorithms.</summary>
    public ResultSection CompareMatchers() => new MatcherComparison(cancellation).Run(CreateCases(settings, width));

    /// <summary>The cases, whose classifiers are trained if they are not there.</summary>
    private MergeCase[] CreateCases(ExperimentSettings own, int ownWidth)
    {
        var factory = new PairFactory(setting, data, own, prototypes);
        return [.. Enumerable.Range(1, pairs).Select(pair => factory.Get(pair, ownWidth, cancellation))];
    }

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
