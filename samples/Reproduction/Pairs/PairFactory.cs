using Reproduction.Commands;
using Reproduction.Data;
using Reproduction.Tables;
using Reproduction.Training;
using ZipIt.MLNet;

namespace Reproduction.Pairs;

/// <summary>Makes pairs of classifiers of the halves of a data set's classes.</summary>
/// <param name="setting">What is paired.</param>
/// <param name="data">The data set.</param>
/// <param name="settings">Classifiers and numbers of images.</param>
/// <param name="prototypes">A vector for each class; null to draw them.</param>
internal sealed class PairFactory(PairSetting setting, DataSet data, ExperimentSettings settings, ClassPrototypes? prototypes = null)
{
    private readonly ClassPrototypes? _prototypes = setting.HasPrototypes ? prototypes ?? RandomPrototypes.Draw(setting.Classes) : null;

    /// <summary>The pair of a number; its classifiers are trained if they are not there.</summary>
    /// <param name="pair">Number of the pair, from 1.</param>
    /// <param name="width">Width of the networks.</param>
    /// <param name="cancellation">Ends passes over its images.</param>
    public MergeCase Get(int pair, int width, CancellationToken cancellation)
    {
        (int[] first, int[] second) = ClassSplit.Of(data.Labels.Count, pair);
        DataSet own = data.OfClasses(setting.DataSet, [.. first, .. second]).Take(null, settings.TestImages);
        return new MergeCase(
            $"pair {pair}",
            [.. new[] { first, second }.Select((classes, i) => settings.Classifiers.Get(Plan(pair, width, i, classes)))],
            own.Training.Take(settings.CalibrationImages).Shuffle(seed: 1).ToSource(cancellation),
            own.Test.ToSource(cancellation));
    }

    private ClassifierPlan Plan(int pair, int width, int task, int[] classes) => new(
        $"{setting.DataSet}-{setting.ArchitectureName(width)}-{(setting.HasPrototypes ? "prototypes" : "classes")}-{pair}{(char)('a' + task)}",
        $"{(char)('A' + task)}",
        data.Training.OfClasses(classes).Take(settings.TrainingImages),
        setting.Architecture(width))
    {
        Prototypes = _prototypes is null ? null : PrototypeSelection.Of(_prototypes, classes),
        Seed = 2 * pair + task,
    };
}
