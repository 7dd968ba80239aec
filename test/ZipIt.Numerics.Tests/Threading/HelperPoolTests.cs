namespace ZipIt.Numerics.Tests;

public sealed class HelperPoolTests
{
    [Fact]
    public void Rent_NoThreadCanStart_LeavesTheWorkToTheCaller()
    {
        var pool = new HelperPool(_ => throw new OutOfMemoryException());
        var team = new WorkerTeam(4, pool);
        var workers = new List<int>();
        using (team.Gather())
            team.Run((_, worker) => workers.Add(worker), 10);

        Assert.Equal(Enumerable.Repeat(0, 10), workers);
        Assert.Equal(0, pool.LoanCount);
    }

    [Fact]
    public void Rent_FewThreadsCanStart_WorksWithThose()
    {
        int starts = 0;
        var pool = new HelperPool(work =>
        {
            if (++starts > 2)
                throw new OutOfMemoryException();
            Start(work);
        });

        // Three blocks that wait for each other need the caller and two helpers, whoever asks first.
        for (int repeat = 1; repeat <= 3; repeat++)
        {
            AssertWorksTogether(new WorkerTeam(8, pool), 3);
            Assert.Equal(2 * repeat, pool.LoanCount);
        }
    }

    [Fact]
    public void Rent_ThreadsCanStartLater_StartsThemThen()
    {
        bool canStart = false;
        var pool = new HelperPool(work =>
        {
            if (!canStart)
                throw new OutOfMemoryException();
            Start(work);
        });
        var team = new WorkerTeam(2, pool);
        team.Gather().Dispose();
        canStart = true;

        AssertWorksTogether(team, 2);
    }

    [Fact]
    public void Rent_StartFailsForAnotherReason_ThrowsAndKeepsTheOthers()
    {
        int starts = 0;
        var pool = new HelperPool(work =>
        {
            if (++starts > 1)
                throw new InvalidTimeZoneException();
            Start(work);
        });

        Assert.Throws<InvalidTimeZoneException>(() => new WorkerTeam(3, pool).Gather().Dispose());
        AssertWorksTogether(new WorkerTeam(2, pool), 2);
    }

    [Fact]
    public void Return_BlockThrows_HelpersCanBeBorrowedAgain()
    {
        int starts = 0;
        var pool = new HelperPool(work =>
        {
            starts++;
            Start(work);
        });
        for (int repeat = 0; repeat < 3; repeat++)
        {
            Assert.Throws<InvalidTimeZoneException>(() =>
            {
                var team = new WorkerTeam(3, pool);
                using (team.Gather())
                    team.Run((_, _) => throw new InvalidTimeZoneException(), 10);
            });
        }

        AssertWorksTogether(new WorkerTeam(3, pool), 3);
        Assert.Equal(2, starts);
    }

    private static void Start(ThreadStart work) => new Thread(work) { IsBackground = true }.Start();

    /// <summary>Blocks that all wait for each other are done only if each has a thread of its own.</summary>
    private static void AssertWorksTogether(WorkerTeam team, int threads)
    {
        using var barrier = new Barrier(threads);
        using (team.Gather())
            team.Run((_, _) => Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(30)), "A helper did not come."), threads);
    }
}
