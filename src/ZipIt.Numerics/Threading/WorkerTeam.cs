using System.Numerics;
using System.Runtime.ExceptionServices;

namespace ZipIt.Numerics;

/// <summary>
/// The threads of one session: the caller, and helpers that are borrowed from the process for the time of a run. A helper that nobody else needs
/// joins; when all are busy elsewhere the caller does the work alone. Nobody ever waits for a helper that has not begun, so that sessions
/// that run at the same time cannot lock each other out.
/// </summary>
internal sealed class WorkerTeam
{
    /// <summary>Largest number of threads: one bit of <see cref="_slots"/> for each helper, and one for <see cref="Closed"/>.</summary>
    public const int MaximumThreads = 64;

    private const ulong Closed = 1UL << 63;

    private readonly Helper[] _helpers;
    private int _helperCount;
    private IParallelWork? _work;
    private int _blockCount;
    private int _nextBlock;
    private ulong _slots = Closed;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Makes a team; threads start when they are first needed.</summary>
    /// <param name="threads">Number of threads, the caller included.</param>
    public WorkerTeam(int threads)
    {
        Threads = Math.Clamp(threads, 1, MaximumThreads);
        _helpers = new Helper[Threads - 1];
    }

    /// <summary>Number of threads, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Borrows helpers for a number of <see cref="Run"/>s.</summary>
    public void Gather() => _helperCount = Helper.Rent(this, _helpers);

    /// <summary>Gives the helpers back.</summary>
    public void Dismiss()
    {
        Helper.Return(_helpers.AsSpan(0, _helperCount));
        _helperCount = 0;
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

    /// <summary>A helper takes part if there is work left. It gets a slot that nobody else has while it works: its number of scratch memory.</summary>
    private bool TryHelp()
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

    /// <summary>A thread of the process that helps one team after another. It looks for work for a few dozen microseconds, then sleeps.</summary>
    private sealed class Helper
    {
        private const int SpinsBeforeSleep = 400;
        private const int IterationsPerSpin = 8;

        private static readonly Lock Gate = new();
        private static readonly Stack<Helper> Idle = [];
        private static int _started;

        private readonly AutoResetEvent _wake = new(false);
        private volatile WorkerTeam? _team;
        private int _asleep;

        private Helper()
        {
            var thread = new Thread(Live) { IsBackground = true, Name = "ZipIt inference" };
            thread.Start();
        }

        /// <summary>Takes idle helpers, and starts new ones as long as there are fewer than processors (or than one team alone asks for).</summary>
        public static int Rent(WorkerTeam team, Span<Helper> helpers)
        {
            if (helpers.IsEmpty)
                return 0;
            int count = 0;
            lock (Gate)
            {
                int most = Math.Max(Environment.ProcessorCount - 1, helpers.Length);
                while (count < helpers.Length)
                {
                    if (!Idle.TryPop(out Helper? helper))
                    {
                        if (_started >= most)
                            break;
                        helper = new Helper();
                        _started++;
                    }

                    helper._team = team;
                    helpers[count++] = helper;
                }
            }

            return count;
        }

        public static void Return(ReadOnlySpan<Helper> helpers)
        {
            if (helpers.IsEmpty)
                return;
            lock (Gate)
            {
                for (int i = helpers.Length - 1; i >= 0; i--)
                {
                    helpers[i]._team = null;
                    Idle.Push(helpers[i]);
                }
            }
        }

        public void Wake()
        {
            if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1)
                _wake.Set();
        }

        private void Live()
        {
            int spins = 0;
            while (true)
            {
                if (_team is { } team && team.TryHelp())
                {
                    spins = 0;
                }
                else if (++spins < SpinsBeforeSleep)
                {
                    Thread.SpinWait(IterationsPerSpin);
                }
                else
                {
                    Sleep();
                    spins = 0;
                }
            }
        }

        /// <summary>
        /// Announces the sleep, looks for work once more, and only then sleeps: work is published before <see cref="Wake"/> looks at the
        /// announcement, so that one of the two sees the other.
        /// </summary>
        private void Sleep()
        {
            Interlocked.Exchange(ref _asleep, 1);
            if (_team is { } team && team.TryHelp())
            {
                // A wake-up may be on its way; then the next sleep ends at once, which does no harm.
                Interlocked.Exchange(ref _asleep, 0);
                return;
            }

            _wake.WaitOne();
        }
    }
}
