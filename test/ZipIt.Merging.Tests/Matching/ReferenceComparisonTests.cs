using ZipIt.Numerics;

namespace ZipIt.Merging.Tests.Matching;

/// <summary>Matchers against what the reference implementation of the method computed from the same covariances.</summary>
public class ReferenceComparisonTests
{
    private const double SmallestTrustedMargin = 1e-5;

    public static TheoryData<string, double, double> Settings => new()
    {
        { "", 0.3, 0.125 },
        { "zipit13/", 0.3, 0.125 },
        { "zipit20_a0001_b075/", 1e-4, 0.075 },
        { "zipit20_a01_b08/", 0.1, 0.8 },
        { "zipit20_a1_b1/", 1, 1 },
    };

    [Theory]
    [MemberData(nameof(Settings))]
    public void ZipMatcher_EveryStep_EqualsTheReference(string prefix, double alpha, double beta)
    {
        int compared = 0;
        foreach (int node in ReferenceData.Nodes.Where(node => ReferenceData.Has($"{prefix}trace_{node}")))
        {
            Matrix trace = ReferenceData.Read($"{prefix}trace_{node}"), similarities = ReferenceData.Read($"{prefix}tracesim_{node}");
            var steps = new List<ZipStep>();
            new ZipMatcher { Alpha = alpha, Beta = beta, Compatibility = true }.Match(ReferenceData.Problem(node), steps.Add);
            Assert.Equal(trace.Rows, steps.Count);
            for (int s = 0; s < trace.Rows; s++)
            {
                int[] actual = [steps[s].Row, steps[s].Column, steps[s].RowOrigin, steps[s].ColumnOrigin, .. steps[s].Budgets];
                int[] expected = [.. trace.Row(s).ToArray().Select(value => (int)value)];
                double margin = similarities[s, 0] - similarities[s, 1];
                if (margin != 0 && margin < SmallestTrustedMargin && !expected.SequenceEqual(actual))
                    break;
                Assert.True(expected.SequenceEqual(actual),
                    $"Node {node}, step {s}: [{string.Join(' ', expected)}] expected, [{string.Join(' ', actual)}] found.");
                Assert.Equal(similarities[s, 0], steps[s].Similarity, 1e-5);
                compared++;
            }
        }

        Assert.True(compared >= (prefix == "zipit13/" ? 192 : 400), $"Only {compared} steps compared.");
    }

    [Fact]
    public void ZipMatcher_Maps_EqualTheReference() => CompareMaps("", new ZipMatcher { Compatibility = true });

    [Fact]
    public void PermutationMatcher_Maps_EqualTheReference() => CompareMaps("permute20/", new PermutationMatcher { Compatibility = true });

    private static void CompareMaps(string prefix, IFeatureMatcher matcher)
    {
        foreach (int node in ReferenceData.Nodes)
        {
            FeatureMap map = matcher.Match(ReferenceData.Problem(node));
            foreach ((int model, string letter) in new[] { (0, "A"), (1, "B") })
            {
                Matrix merge = ReferenceData.Read($"{prefix}merge{letter}_{node}"), unmerge = ReferenceData.Read($"{prefix}unmerge{letter}_{node}");
                Matrix ourMerge = ToMergeMatrix(map, model), ourUnmerge = ToUnmergeMatrix(map, model);
                for (int k = 0; k < merge.Values.Length; k++)
                    Assert.Equal(merge.Values[k], 2 * ourMerge.Values[k], 1e-6);
                Assert.Equal(unmerge.Values.ToArray(), ourUnmerge.Values.ToArray());
            }
        }
    }

    /// <summary>The slice of M that a model's own features go through: merged × widths[model].</summary>
    private static Matrix ToMergeMatrix(FeatureMap map, int model)
    {
        int offset = map.OffsetOf(model), width = map.Widths[model];
        var matrix = new Matrix(map.MergedCount, width);
        for (int p = 0; p < map.MergedCount; p++)
        {
            foreach (FeatureMap.Entry entry in map.MergeRow(p))
            {
                if (entry.Index >= offset && entry.Index < offset + width)
                    matrix[p, entry.Index - offset] += entry.Weight;
            }
        }

        return matrix;
    }

    /// <summary>The slice of U that gives back a model's own features: widths[model] × merged.</summary>
    private static Matrix ToUnmergeMatrix(FeatureMap map, int model)
    {
        int offset = map.OffsetOf(model);
        var matrix = new Matrix(map.Widths[model], map.MergedCount);
        for (int j = 0; j < matrix.Rows; j++)
        {
            foreach (FeatureMap.Entry entry in map.UnmergeRow(offset + j))
                matrix[j, entry.Index] += entry.Weight;
        }

        return matrix;
    }
}
