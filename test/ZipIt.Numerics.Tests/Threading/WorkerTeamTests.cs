namespace ZipIt.Numerics.Tests;

public class WorkerTeamTests
{
    [Theory]
    [InlineData(1, 100)]
    [InlineData(2, 1)]
    [InlineData(4, 1000)]
    [InlineData(64, 7)]
    public void Run_AnyNumberOfBlocks_DoesEachOnce(int threads, int blocks)
    {
        var team = new WorkerTeam(threads);
        team.Gather();
        for (int repeat = 0; repeat < 20; repeat++)
        {
            var work = new CountingWork(blocks, threads);
            team.Run(work, blocks);
            Assert.All(work.Counts, count => Assert.Equal(1, count));
            Assert.False(work.SharedWorker);
        }

        team.Dismiss();
    }

    [Fact]
    public void Run_BlockThrows_ThrowsTheSameAndCanRunAgain()
    {
        var team = new WorkerTeam(3);
        team.Gather();
        Assert.Throws<InvalidTimeZoneException>(() => team.Run(new ThrowingWork(), 50));
        var work = new CountingWork(50, 3);
        team.Run(work, 50);
        team.Dismiss();
        Assert.All(work.Counts, count => Assert.Equal(1, count));
    }

    [Fact]
    public void Run_ManyTeamsAtOnce_AllFinish()
    {
        var threads = Enumerable.Range(0, 12).Select(_ => new Thread(() =>
        {
            var team = new WorkerTeam(4);
            for (int repeat = 0; repeat < 50; repeat++)
            {
                team.Gather();
                team.Run(new CountingWork(20, 4), 20);
                team.Dismiss();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromMinutes(1)), "A team did not finish."));
    }

    /// <summary>Counts how often each block is done, and notices two threads that work under one number.</summary>
    private sealed class CountingWork(int blocks, int threads) : IParallelWork
    {
        private readonly int[] _busy = new int[threads];

        public int[] Counts { get; } = new int[blocks];

        public bool SharedWorker { get; private set; }

        public void Run(int block, int worker)
        {
            if (Interlocked.Increment(ref _busy[worker]) != 1)
                SharedWorker = true;
            Interlocked.Increment(ref Counts[block]);
            Thread.SpinWait(50);
            Interlocked.Decrement(ref _busy[worker]);
        }
    }

    private sealed class ThrowingWork : IParallelWork
    {
        public void Run(int block, int worker)
        {
            if (block == 20)
                throw new InvalidTimeZoneException();
        }
    }
}
