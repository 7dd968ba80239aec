using System.Numerics;
using System.Runtime.ExceptionServices;

namespace ZipIt.Numerics;

/// <summary>
/// The threads that share some work: the caller, and helpers that are borrowed from the process for the time of a run. A helper that nobody else needs
/// joins; when all are busy elsewhere the caller does the work alone. Nobody ever waits for a helper that has not begun, so that teams
/// that work at the same time cannot lock each other out.
/// </summary>
internal sealed class WorkerTeam
{
    /// <summary>Largest number of threads: one bit of <see cref="_slots"/> for each helper, and one for <see cref="Closed"/>.</summary>
    public const int MaximumThreads = 64;

    private const ulong Closed = 1UL << 63;

    private readonly HelperPool _pool;
    private readonly HelperPool.Helper[] _helpers;
    private int _helperCount;
    private IParallelWork? _work;
    private int _blockCount;
    private int _nextBlock;
    private ulong _slots = Closed;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Makes a team; threads start when they are first needed.</summary>
    /// <param name="threads">Number of threads, the caller included; 0 for one per processor.</param>
    /// <param name="pool">Where helpers are borrowed; null for those of the process.</param>
    public WorkerTeam(int threads, HelperPool? pool = null)
    {
        Threads = Count(threads);
        _pool = pool ?? HelperPool.Shared;
        _helpers = new HelperPool.Helper[Threads - 1];
    }

    /// <summary>Number of threads, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Does all blocks of a piece of work, each once, with helpers that are borrowed for it alone.</summary>
    /// <param name="threads">Number of threads, the caller included; 0 for one per processor.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="work">Does a block.</param>
    public static void For(int threads, int blocks, IParallelWork work)
    {
        var team = new WorkerTeam(Math.Clamp(blocks, 1, Count(threads)));
        using (team.Gather())
            team.Run(work, blocks);
    }

    /// <summary>Does all blocks of a piece of work, each once, with helpers that are borrowed for it alone.</summary>
    /// <param name="threads">Number of threads, the caller included; 0 for one per processor.</param>
    /// <param name="blocks">Number of blocks.</param>
    /// <param name="work">Does a block, given its number and the thread's: see <see cref="IParallelWork.Run"/>.</param>
    public static void For(int threads, int blocks, Action<int, int> work) => For(threads, blocks, new DelegatedWork(work));

    /// <summary>Borrows helpers for a number of runs.</summary>
    /// <returns>Gives them back when it is disposed.</returns>
    public Loan Gather()
    {
        _helperCount = _pool.Rent(this, _helpers);
        return new Loan(this);
    }

    /// <summary>Does all blocks of a piece of work, each once, on some of the threads, and returns when they are done.</summary>
    public void Run(IParallelWork work, int blocks)
    {
        if (_helperCount == 0 || blocks == 1)
        {
            for (int block = 0; block < blocks; block++)
                work.Run(block, 0);
            return;
        }

        _work = work;
        _blockCount = blocks;
        _nextBlock = 0;
        Interlocked.Exchange(ref _slots, 0);
        int wanted = Math.Min(_helperCount, blocks - 1);
        for (int i = 0; i < wanted; i++)
            _helpers[i].Wake();

        Work(0);

        Interlocked.Or(ref _slots, Closed);
        var wait = new SpinWait();
        while (Volatile.Read(ref _slots) != Closed)
            wait.SpinOnce(sleep1Threshold: -1);
        _work = null;
        ExceptionDispatchInfo? failure = _failure;
        _failure = null;
        failure?.Throw();
    }

    /// <summary>Does all blocks of a piece of work, each once, on some of the threads, and returns when they are done.</summary>
    public void Run(Action<int, int> work, int blocks) => Run(new DelegatedWork(work), blocks);

    /// <summary>A helper takes part if there is work left. It gets a slot that nobody else has while it works: its number of scratch memory.</summary>
    internal bool TryHelp()
    {
        ulong slots = Volatile.Read(ref _slots);
        while (true)
        {
            if ((slots & Closed) != 0 || Volatile.Read(ref _nextBlock) >= _blockCount)
                return false;
            int slot = BitOperations.TrailingZeroCount(~slots);
            if (slot >= _helpers.Length)
                return false;
            ulong seen = Interlocked.CompareExchange(ref _slots, slots | 1UL << slot, slots);
            if (seen == slots)
            {
                Work(slot + 1);
                Interlocked.And(ref _slots, ~(1UL << slot));
                return true;
            }

            slots = seen;
        }
    }

    private static int Count(int threads) => Math.Clamp(threads == 0 ? Environment.ProcessorCount : threads, 1, MaximumThreads);

    private void Work(int worker)
    {
        try
        {
            int block;
            while ((block = Interlocked.Increment(ref _nextBlock) - 1) < _blockCount)
                _work!.Run(block, worker);
        }
        catch (Exception exception)
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(exception), null);
            Volatile.Write(ref _nextBlock, int.MaxValue / 2);
        }
    }

    /// <summary>Helpers that a team has borrowed.</summary>
    public readonly ref struct Loan(WorkerTeam team)
    {
        /// <summary>Gives them back.</summary>
        public void Dispose()
        {
            team._pool.Return(team._helpers.AsSpan(0, team._helperCount));
            team._helperCount = 0;
        }
    }

    private sealed class DelegatedWork(Action<int, int> work) : IParallelWork
    {
        public void Run(int block, int worker) => work(block, worker);
    }
}
