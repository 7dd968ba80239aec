using System.Collections.Concurrent;

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
        using (team.Gather())
        {
            for (int repeat = 0; repeat < 20; repeat++)
            {
                var work = new CountingWork(blocks, threads);
                team.Run(work, blocks);
                Assert.All(work.Counts, count => Assert.Equal(1, count));
                Assert.False(work.SharedWorker);
            }
        }
    }

    [Fact]
    public void Run_BlockThrows_ThrowsTheSameAndCanRunAgain()
    {
        var team = new WorkerTeam(3);
        var work = new CountingWork(50, 3);
        using (team.Gather())
        {
            Assert.Throws<InvalidTimeZoneException>(() => team.Run(new ThrowingWork(), 50));
            team.Run(work, 50);
        }

        Assert.All(work.Counts, count => Assert.Equal(1, count));
    }

    [Fact]
    public void Run_ManyTeamsAtOnce_AllFinish()
    {
        var threads = Enumerable.Range(0, 12).Select(_ => new Thread(() =>
        {
            for (int repeat = 0; repeat < 50; repeat++)
                WorkerTeam.For(4, 20, new CountingWork(20, 4));
        })).ToList();
        threads.ForEach(thread => thread.Start());
        Assert.All(threads, thread => Assert.True(thread.Join(TimeSpan.FromMinutes(1)), "A team did not finish."));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5)]
    public void For_AnyNumberOfThreads_DoesEachBlockOnce(int threads)
    {
        foreach (int blocks in (int[])[0, 1, 2, 300])
        {
            var counts = new int[blocks];
            WorkerTeam.For(threads, blocks, (block, _) => Interlocked.Increment(ref counts[block]));
            Assert.All(counts, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void For_OneThread_StaysOnTheCallingThread()
    {
        int caller = Environment.CurrentManagedThreadId;
        WorkerTeam.For(1, 1000, (_, worker) => Assert.Equal((caller, 0), (Environment.CurrentManagedThreadId, worker)));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void For_SomeThreads_UsesNoMore(int threads)
    {
        var used = new ConcurrentDictionary<int, int>();
        for (int repeat = 0; repeat < 20; repeat++)
        {
            used.Clear();
            WorkerTeam.For(threads, 200, (_, worker) =>
            {
                Assert.InRange(worker, 0, threads - 1);
                used.TryAdd(Environment.CurrentManagedThreadId, worker);
                Thread.SpinWait(200);
            });
            Assert.InRange(used.Count, 1, threads);
        }
    }

    [Fact]
    public void For_BlockThrows_ThrowsTheSame() =>
        Assert.Throws<InvalidTimeZoneException>(() => WorkerTeam.For(3, 50, new ThrowingWork()));

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
