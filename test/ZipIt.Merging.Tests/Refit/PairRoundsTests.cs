using ZipIt.Networks;
using ZipIt.Numerics;

namespace ZipIt.Merging.Tests;

public sealed class PairRoundsTests
{
    public static TheoryData<Activation, Activation?, int, int, int> Pairs => new()
    {
        { new ReLU(), new ReLU(), 1, 1, 1 },
        { new ReLU(), null, 1, 1, 1 },
        { new ReLU(), new ReLU(), 2, 1, 1 },
        { new ReLU(), new ReLU(), 1, 2, 1 },
        { new ReLU(), new LeakyReLU(0.3f), 1, 1, 2 },
        { new LeakyReLU(0.2f), new ReLU(), 1, 2, 1 },
        { new LeakyReLU(0.2f), new LeakyReLU(0.2f), 1, 1, 1 },
        { new Clip(-0.4f, 0.9f), new ReLU(), 2, 1, 1 },
        { new Clip(-0.4f, 0.9f), new Clip(-0.5f, 0.7f), 1, 1, 2 },
    };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Run_OneRound_IsThatOfPlainLoops(Activation hidden, Activation? last, int firstStride, int secondStride, int dilation) =>
        ExpectPlainLoops(new PairProblem(1, hidden, last, firstStride, secondStride, dilation), 1);

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Run_ThreeRounds_AreThoseOfPlainLoops(Activation hidden, Activation? last, int firstStride, int secondStride, int dilation) =>
        ExpectPlainLoops(new PairProblem(3, hidden, last, firstStride, secondStride, dilation), 3);

    [Theory]
    [InlineData(1, 8, true)] // one image in each of eight tiles: the first and the fifth decide about lengths
    [InlineData(1, 8, false)]
    [InlineData(2, 4, true)]
    [InlineData(2, 4, false)]
    [InlineData(3, 3, true)] // three, three and two
    [InlineData(3, 3, false)]
    public void Run_SeveralTiles_IsThatOfPlainLoops(int images, int tiles, bool areKept)
    {
        var problem = new PairProblem(3, new ReLU(), new ReLU());

        ExpectPlainLoops(problem, 2, tiles, images * problem.ImageBytes, areKept ? long.MaxValue : 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Run_TilesKeptOrFilledAgain_GivesTheSameBits(int images)
    {
        var problem = new PairProblem(4, new ReLU(), new ReLU(), secondStride: 2);
        (double error, Matrix first, Matrix second) = problem.Run(3, tileBytes: images * problem.ImageBytes, keptBytes: long.MaxValue);
        (double again, Matrix firstAgain, Matrix secondAgain) = problem.Run(3, tileBytes: images * problem.ImageBytes, keptBytes: 0);

        Assert.Equal(error, again);
        Assert.Equal(first.Values.ToArray(), firstAgain.Values.ToArray());
        Assert.Equal(second.Values.ToArray(), secondAgain.Values.ToArray());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(0)]
    public void Run_SeveralThreads_GivesTheBitsOfOne(int threads)
    {
        var problem = new PairProblem(5, new ReLU(), new ReLU());
        (double error, Matrix first, Matrix second) = problem.Run(3, 1);
        (double parallel, Matrix firstParallel, Matrix secondParallel) = problem.Run(3, threads);

        Assert.Equal(error, parallel);
        Assert.Equal(first.Values.ToArray(), firstParallel.Values.ToArray());
        Assert.Equal(second.Values.ToArray(), secondParallel.Values.ToArray());
    }

    [Fact]
    public void Run_MoreRounds_NeverRaiseTheError()
    {
        for (int seed = 0; seed < 6; seed++)
        {
            var problem = new PairProblem(seed, new ReLU(), new ReLU());
            double last = double.PositiveInfinity;
            foreach (int rounds in (int[])[0, 1, 2, 3, 5, 8])
            {
                (double error, Matrix first, Matrix second) = problem.Run(rounds);
                Assert.True(rounds == 1 ? error < last : error <= last, $"seed {seed}, {rounds} rounds: {error} after {last}");
                Assert.Equal(problem.ErrorOf(first, second), error, 1e-5);
                last = error;
            }
        }
    }

    [Fact]
    public void Run_RoundThatRaisesTheError_IsTakenBackAndTheLast()
    {
        const int Rounds = 40;
        PairProblem problem = Enumerable.Range(0, 40).Select(seed => new PairProblem(seed, new Clip(-0.2f, 0.2f), new Clip(-0.5f, 0.7f)))
            .First(candidate => candidate.RunNaively(Rounds).IsTakenBack);
        (double expected, Matrix first, Matrix second, _) = problem.RunNaively(Rounds);
        (double error, Matrix actualFirst, Matrix actualSecond) = problem.Run(Rounds);

        Assert.Equal(expected, error, 1e-3);
        Assert.Equal(problem.ErrorOf(actualFirst, actualSecond), error, 1e-5);
        Assert.Equal(first.Values.ToArray(), actualFirst.Values.ToArray(), (a, b) => Math.Abs(a - b) < 1e-2);
        Assert.Equal(second.Values.ToArray(), actualSecond.Values.ToArray(), (a, b) => Math.Abs(a - b) < 1e-2);
    }

    [Fact]
    public void Run_NoRounds_MeasuresAndLeavesTheWeights()
    {
        var problem = new PairProblem(6, new ReLU(), new ReLU());
        (double error, Matrix first, Matrix second) = problem.Run(0);

        Assert.Equal(problem.ErrorOf(problem.First, problem.Second), error, 1e-5);
        Assert.Equal(problem.First.Values.ToArray(), first.Values.ToArray());
        Assert.Equal(problem.Second.Values.ToArray(), second.Values.ToArray());
    }

    [Fact]
    public void Run_Cancelled_Throws() =>
        Assert.Throws<OperationCanceledException>(() => new PairProblem(7, new ReLU(), new ReLU()).Run(3, cancellationToken: new CancellationToken(true)));

    private static void ExpectPlainLoops(PairProblem problem, int rounds, int tiles = 1, long tileBytes = 1 << 24, long keptBytes = 1 << 28)
    {
        (double expected, Matrix first, Matrix second, bool isTakenBack) = problem.RunNaively(rounds, tiles);
        (double error, Matrix actualFirst, Matrix actualSecond) = problem.Run(rounds, 1, tileBytes, keptBytes);

        Assert.False(isTakenBack);
        Assert.True(expected < 0.97 * problem.ErrorOf(problem.First, problem.Second), $"{problem.ErrorOf(problem.First, problem.Second)} → {expected}");
        Assert.Equal(expected, error, 1e-4);
        Assert.Equal(first.Values.ToArray(), actualFirst.Values.ToArray(), (a, b) => Math.Abs(a - b) < 1e-4);
        Assert.Equal(second.Values.ToArray(), actualSecond.Values.ToArray(), (a, b) => Math.Abs(a - b) < 1e-4);
    }
}
