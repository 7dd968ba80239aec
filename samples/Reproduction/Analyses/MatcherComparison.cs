using System.Diagnostics;
using System.Globalization;
using Reproduction.Results;
using Reproduction.Tables;
using Spectre.Console;
using ZipIt.Merging;
using ZipIt.Networks;

namespace Reproduction.Analyses;

/// <summary>The paper's comparison of matching algorithms: accuracy of the whole zip, and the time that matching alone takes.</summary>
/// <param name="cancellation">Ends the work.</param>
internal sealed class MatcherComparison(CancellationToken cancellation)
{
    private const double ShortSeconds = 2; // matching that takes less is timed again, until everything has been compiled
    private const int Repetitions = 20;

    private static readonly (string Name, IFeatureMatcher Matcher, double? PaperSeconds, double? PaperJoint)[] Matchers =
    [
        ("identity (weight averaging)", new IdentityMatcher(), 0.0018, 43.0),
        ("permute", new PermutationMatcher(), 0.028, 58.4),
        ("K-means", new KMeansMatcher(), 19, 29.1),
        ("greedy (ZipIt!)", new ZipMatcher { Alpha = 1, Beta = 1 }, 1.1, 79.0),
        ("greedy, α 0.1", new ZipMatcher { Alpha = 0.1, Beta = 1 }, 1.2, 79.1),
        ("optimal", new OptimalMatcher(), 660, 79.6),
        ("selection", new SelectionMatcher(), null, null),
    ];

    /// <summary>Compares the algorithms.</summary>
    public ResultSection Run(IReadOnlyList<MergeCase> cases)
    {
        var table = new MergeTable([], cancellation);
        var rows = new List<ResultRow>();
        foreach ((string name, IFeatureMatcher matcher, _, _) in Matchers)
        {
            var measured = new List<Measurement>();
            foreach (MergeCase merge in cases)
            {
                cancellation.ThrowIfCancellationRequested();
                var zipper = new Zipper(merge.Members, ZipOptions.For(ZipMethod.Paper, merge.Tasks) with { Matcher = matcher, Cut = ZipCut.Everything });
                IReadOnlyList<SpaceStatistics> statistics = zipper.CollectStatistics(merge.Calibration, cancellationToken: cancellation);
                (IReadOnlyList<SpaceMap> maps, double seconds) = Match();
                for (int i = 0; i < Repetitions && seconds < ShortSeconds; i++)
                    seconds = Math.Min(seconds, Match().Seconds);
                ZipResult result = zipper.Finish(maps, merge.Calibration, cancellationToken: cancellation);
                double unit = merge.Members.Max(member => (double)NetworkCost.Of(member.Network).MultiplyAdds);
                measured.Add(table.Evaluate(result.Network, merge.Tasks, JointScoring.Reference, merge, unit, seconds));
                AnsiConsole.MarkupLineInterpolated($"{merge.Name}: {name}: joint {measured[^1].Joint:P2}, matching {seconds:F4} s");

                (IReadOnlyList<SpaceMap> Maps, double Seconds) Match()
                {
                    var clock = Stopwatch.StartNew();
                    IReadOnlyList<SpaceMap> own = zipper.Match(statistics, cancellationToken: cancellation);
                    return (own, clock.Elapsed.TotalSeconds);
                }
            }

            rows.Add(new ResultRow(new Tables.TableRow(name), measured));
        }

        return new ResultSection("Matching algorithms",
        [
            "Whole zips (20/20) with averages of matched features and reset of batch normalization; the time is that of matching all spaces, "
                + "statistics at hand, the shortest of several. The paper's figures are of width 4, its times of a graphics processor's host.",
        ], new ResultTable(
            ["matching", "joint %", "average %", "time, ms", "paper, joint %", "paper, time, ms"],
            [.. rows.Select((row, i) => (string[])
            [
                row.Row.Name, AccuracyTable.Spread(row.Joint), AccuracyTable.Spread(row.Average), Milliseconds(row.Seconds),
                Matchers[i].PaperJoint is { } joint ? joint.ToString("0.0", CultureInfo.InvariantCulture) : "–", Milliseconds(Matchers[i].PaperSeconds),
            ])]));
    }

    private static string Milliseconds(double? seconds) => seconds is { } known
        ? (1000 * known).ToString(known < 0.1 ? "0.0" : "0", CultureInfo.InvariantCulture)
        : "–";
}
