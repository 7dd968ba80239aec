namespace ZipIt.Numerics;

/// <summary>
/// Threads that help one <see cref="WorkerTeam"/> after another. They start when they are first needed, and then stay. Where no more can be started, teams make
/// do with fewer.
/// </summary>
/// <param name="start">Starts a thread; throws if there can be none.</param>
internal sealed class HelperPool(Action<ThreadStart> start)
{
    private readonly Lock _gate = new();
    private readonly Stack<Helper> _idle = [];
    private int _started;
    private long _loans;

    /// <summary>The helpers of the process.</summary>
    public static HelperPool Shared { get; } = new(work => new Thread(work) { IsBackground = true, Name = "ZipIt helper" }.Start());

    /// <summary>How many helpers have been borrowed so far, each as often as it was.</summary>
    public long LoanCount => Interlocked.Read(ref _loans);

    /// <summary>Takes idle helpers, and starts new ones as long as there are fewer than processors (or than one team alone asks for).</summary>
    /// <param name="team">The team that they help.</param>
    /// <param name="helpers">Receives as many as there are, the first ones.</param>
    /// <returns>Their number.</returns>
    public int Rent(WorkerTeam team, Span<Helper> helpers)
    {
        if (helpers.IsEmpty)
            return 0;
        int count = 0;
        lock (_gate)
        {
            int most = Math.Max(Environment.ProcessorCount - 1, helpers.Length);
            try
            {
                while (count < helpers.Length)
                {
                    if (!_idle.TryPop(out Helper? helper) && (_started >= most || (helper = TryStart()) is null))
                        break;
                    helper.Team = team;
                    helpers[count++] = helper;
                }
            }
            catch
            {
                Return(helpers[..count]);
                throw;
            }

            _loans += count;
        }

        return count;
    }

    /// <summary>Takes helpers back.</summary>
    public void Return(ReadOnlySpan<Helper> helpers)
    {
        if (helpers.IsEmpty)
            return;
        lock (_gate)
        {
            for (int i = helpers.Length - 1; i >= 0; i--)
            {
                helpers[i].Team = null;
                _idle.Push(helpers[i]);
            }
        }
    }

    private Helper? TryStart()
    {
        try
        {
            var helper = new Helper();
            start(helper.Live);
            _started++;
            return helper;
        }
        catch (Exception exception) when (exception is OutOfMemoryException or ThreadStartException)
        {
            // The process may have no more threads, or no memory for their stacks.
            return null;
        }
    }

    /// <summary>A thread that looks for work for a few dozen microseconds, then sleeps.</summary>
    internal sealed class Helper
    {
        private const int SpinsBeforeSleep = 400;
        private const int IterationsPerSpin = 8;

        private readonly AutoResetEvent _wake = new(false);
        private volatile WorkerTeam? _team;
        private int _asleep;

        /// <summary>The team that it helps; null for none.</summary>
        public WorkerTeam? Team
        {
            set => _team = value;
        }

        public void Wake()
        {
            if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1)
                _wake.Set();
        }

        /// <summary>What the thread does.</summary>
        public void Live()
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
