using System.Diagnostics;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Reclamation;

// A domain's reclaimer: the one thread that runs user code (O8) and that looks after what other threads leave behind.
//
//              AppendFlags.Idle set, asleep  ◄──── nothing waits, checked after the barrier [E] ────┐
//                         │ first append, StartPoll or async waiter: Wake                         │
//                         ▼                                                                       │
//              gather for ReclaimDelay ──► pass: free, run, snapshot, advance ──► pause ► pass … ┘
//
// O9  Going idle: set the bit, process-wide barrier [E], look at everything again. If the look misses an append, its
//     thread had not stored it at the barrier; its read of AppendFlags comes later and sees the bit (Producer.cs). The
//     same holds for requests and waiters, which are stored before an interlocked operation in Wake. The first wake
//     starts the thread, so a domain that only reads and synchronises has none. If it cannot be started, the bit is set
//     again and the next append tries again.
// O8  No thread is started under a lock: a start that fails lets first-chance handlers in, which may come back here. So
//     two callers may start a thread each. The one that claims the domain first is the reclaimer, the other one ends.
//     A caller relies on a thread that has started: it claims the domain, or another one has, or the domain is closed.
internal sealed class Reclaimer(DomainCore core)
{
    // The time between two looks at a reader in the way, once spinning and yielding have not helped.
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(1);

    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(10);

    private readonly ReclaimerPass _pass = new(core, core.Options.CallbackBatchLimit);
    private CallbackStallTimer? _stallTimer;
    private ThreadDefaults _defaults; // The state that the thread started with.
    private Thread? _thread;
    private ulong _osThreadId;
    private Signal? _signal;
    private int _gate;
    private int _started;
    private int _expedited;
    private int _stopping;
    private PollRequest _request;

    public AsyncWaiters Waiters { get; } = new(core.Engine, core.Disposed);

    public bool IsCurrentThread => Order.Acquire(in _thread) == Thread.CurrentThread;

    public bool IsStarted => Order.Acquire(in _thread) is not null;

    /// <summary>Whether function callbacks or blocks of user deallocators wait, run, or are pending.</summary>
    public bool IsCodeWaiting => BarrierTarget.AnythingWaits(core, codeOnly: true) || core.Pending.Any;

    /// <summary>Starts the thread, or wakes it from idleness. Cannot fail: if the thread cannot be started, the next
    /// append tries again.</summary>
    public unsafe void Wake()
    {
        if ((Order.And(ref core.State->AppendFlags, ~AppendFlags.Idle) & AppendFlags.Idle) == 0)
        {
            return;
        }

        if (Order.Acquire(in _thread) is not null || TryStart())
        {
            SetSignal();
        }
        else
        {
            Order.Or(ref core.State->AppendFlags, AppendFlags.Idle);
        }
    }

    /// <summary>Cuts the gathering of a batch short: there is more than enough.</summary>
    public void Expedite()
    {
        Wake();
        SetSignal();
    }

    /// <summary>Until <see cref="EndExpedited"/> the reclaimer gathers no batches, and takes what it would leave to
    /// active owners.</summary>
    public void BeginExpedited()
    {
        Order.Add(ref _expedited, 1);
        Expedite();
    }

    public void EndExpedited() => Order.Add(ref _expedited, -1);

    /// <summary>Asks for a grace period that nobody waits for (StartPoll).</summary>
    /// <exception cref="OutOfMemoryException">The thread cannot be started.</exception>
    public void Request(ulong target)
    {
        RequireThread();
        _request.Raise(target);
        StartStallTimer();
        Expedite();
    }

    /// <summary>Asks for the grace period, and completes when it has ended.</summary>
    /// <exception cref="OutOfMemoryException">The thread cannot be started.</exception>
    public Task WaitAsync(ulong target, CancellationToken cancellationToken)
    {
        RequireThread();
        Task task = Waiters.Add(target, cancellationToken);
        Request(target);
        return task;
    }

    /// <summary>Completes when the condition holds, evaluated by the reclaimer.</summary>
    /// <exception cref="OutOfMemoryException">The thread cannot be started.</exception>
    public Task WaitAsync(Func<bool> isDone, CancellationToken cancellationToken)
    {
        RequireThread();
        Task task = Waiters.Add(isDone, cancellationToken);
        StartStallTimer();
        Expedite();
        return task;
    }

    /// <summary>Ends the thread once nothing waits, and waits for its end; the domain takes nothing more. False: the
    /// process is exiting, and the thread has not ended in its share of time.</summary>
    public bool TryStop()
    {
        Thread? thread;
        using (TryLock.Hold(ref _gate))
        {
            Order.Release(ref _stopping, 1);
            thread = _thread;
        }

        Expedite();
        if (!TryJoin(thread))
        {
            return false;
        }

        Waiters.Close();
        _stallTimer?.End();
        return true;
    }

    /// <summary>Hands this thread's work to the stepping thread: no thread is started from here on.</summary>
    /// <exception cref="InvalidOperationException">The reclaimer runs already.</exception>
    public void BeginSteps()
    {
        if (!TryBeginSteps())
        {
            throw new InvalidOperationException(
                "The domain is in use, stepped already, or disposed: step it from its first use on.");
        }
    }

    /// <summary>Returns to a thread of the reclaimer's own, and starts it for what waits.</summary>
    public unsafe void EndSteps()
    {
        core.Engine.Stepping.End();

        // A thread that queued during a step took the stepping thread for the reclaimer, and started none.
        Order.Or(ref core.State->AppendFlags, AppendFlags.Idle);
        Wake();
    }

    /// <summary>One pass by the stepping thread, in the reclaimer's place: reclaims what has expired and takes
    /// snapshots of what waits. Returns whether anything was reclaimed.</summary>
    public bool RunStep()
    {
        Order.Release(ref _thread, Thread.CurrentThread);
        try
        {
            _pass.Begin(ThreadDefaults.OfCurrent());
            bool progress = _pass.Run(maySnapshot: true, isExpedited: true);
            CloseLeftOpen();
            return progress | Waiters.CompleteReady();
        }
        finally
        {
            Order.Release(ref _thread, null);
        }
    }

    /// <summary>The neighbours among the reclaimers with a thread: the list of <see cref="ProcessExit"/>.</summary>
    public Reclaimer? NextAtExit { get; set; }

    public Reclaimer? PreviousAtExit { get; set; }

    private bool IsRequested => _request.TryGetPending(core.Engine, out _);

    private bool IsStepped => core.Engine.Stepping.IsOn;

    /// <summary>The thread that runs the callbacks, for reports.</summary>
    public ReaderIdentity Identify()
    {
        Thread? thread = Order.Acquire(in _thread);
        ulong osThreadId = Order.Acquire(in _osThreadId);
        return new ReaderIdentity(thread?.Name, thread?.ManagedThreadId ?? 0, osThreadId) { Sections = 0 };
    }

    // Waiters without a thread of their own could not report that the reclaimer is stuck. The process's first timer
    // waits for event listeners; the caller must not, so that wait goes without.
    private void StartStallTimer()
    {
        try
        {
            if (PlatformPools.AreUsed)
            {
                _stallTimer?.Begin();
            }
        }
        catch (OutOfMemoryException)
        {
            // Without the timer they wait all the same.
        }
    }

    // An append can leave the start to the next one; a request that nobody follows up would wait for ever.
    private void RequireThread()
    {
        if (Order.Acquire(in _thread) is null && !TryStart() && !IsStepped && Order.Acquire(in _stopping) == 0)
        {
            throw new InsufficientMemoryException("The reclaimer of the domain cannot be started.");
        }
    }

    private bool TryStart()
    {
        if (Order.Acquire(in _thread) is not null || Order.Acquire(in _stopping) != 0 || IsStepped)
        {
            return Order.Acquire(in _thread) is not null;
        }

        CountStarted(1);
        try
        {
            Once.Keep(ref _stallTimer, new CallbackStallTimer(
                core, () => Waiters.Any || IsRequested, core.Options.StallTimeout));
            ProcessExit.Prepare();

            // Made with the thread, not with the domain: a finalizer that starts the thread may run after the signal's
            // own finalizer.
            Signal signal = new();
            FaultInjection.ThrowIfDue(FaultSite.ThreadStart);
            Threads.Start(Threads.Create(() => Run(signal), $"rcu reclaimer ({core.Options.Name})"));
            return true;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            CountStarted(-1);
            return false;
        }
    }

    // A thread that was started, or is about to be, uses the slots and may run callbacks.
    private void CountStarted(int change)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        _started += change;
        core.Slots.IsServed = _started != 0;
        if (_started == 0)
        {
            ProcessExit.Forget(this);
        }
        else if (change > 0 && _started == 1)
        {
            ProcessExit.Add(this);
        }
    }

    private bool TryBeginSteps()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_started != 0 || _stopping != 0 || IsStepped)
        {
            return false;
        }

        core.Engine.Stepping.Begin();
        return true;
    }

    // Nothing here may end the process for want of memory: even code that runs for the first time takes some.
    private void Run(Signal signal)
    {
        bool? hasClaimed = null;
        while (hasClaimed is null)
        {
            try
            {
                hasClaimed = TryClaim(signal);
            }
            catch (OutOfMemoryException)
            {
                // The thread that started this one relies on it.
                hasClaimed = Order.Acquire(in _thread) == Thread.CurrentThread ? true : null;
            }
        }

        if (hasClaimed.Value)
        {
            Serve();
        }

        CountStarted(-1);
    }

    // Not before the thread runs: a caller that sees a thread relies on it.
    private bool TryClaim(Signal signal)
    {
        using (TryLock.Hold(ref _gate))
        {
            if (_thread is not null || _stopping != 0 || IsStepped)
            {
                return false;
            }

            Order.Release(ref _osThreadId, OsThread.CurrentId());
            Order.Release(ref _signal, signal);
            Order.Release(ref _thread, Thread.CurrentThread);
        }

        Order.Fence(); // A caller that found no signal to set stored what it wants before: it is seen from here on.
        return true;
    }

    private void Serve()
    {
        bool hasBegun = false;
        while (true)
        {
            try
            {
                if (!hasBegun)
                {
                    _defaults = ThreadDefaults.OfCurrent();
                    hasBegun = true;
                }

                if (HasWork())
                {
                    RunUntilNothingWaits();
                }
                else if (Order.Acquire(in _stopping) != 0)
                {
                    return;
                }
                else
                {
                    Sleep();
                }
            }
            catch (OutOfMemoryException)
            {
                // Takes up again what could not be reported or completed for lack of memory; no queue is left half-way.
                Rest(s_poll);
            }
        }
    }

    // From waking to idleness. Gathers a batch for ReclaimDelay, measured from the last snapshot.
    private void RunUntilNothingWaits()
    {
        TimeSpan delay = core.Options.ReclaimDelay;
        long snapshotAt = Stopwatch.GetTimestamp();
        Backoff backoff = default;
        _pass.Begin(_defaults);
        do
        {
            bool isExpedited = Order.Acquire(in _expedited) != 0
                || Waiters.Any
                || core.Backlog.IsOverLimit
                || Order.Acquire(in _stopping) != 0;
            bool maySnapshot = isExpedited || Stopwatch.GetElapsedTime(snapshotAt) >= delay;
            if (maySnapshot)
            {
                snapshotAt = Stopwatch.GetTimestamp();
            }

            if (_request.TryGetPending(core.Engine, out ulong target))
            {
                _pass.Await(target);
            }

            bool progress = _pass.Run(maySnapshot, isExpedited);
            CloseLeftOpen();
            progress |= Waiters.CompleteReady();
            if (core.Engine.Events.AreDue)
            {
                Report();
            }

            if (progress)
            {
                backoff.Restart();
                continue;
            }

            TimeSpan untilNext = delay - Stopwatch.GetElapsedTime(snapshotAt);
            bool gathers = !isExpedited && !_pass.IsGracePeriodAwaited && untilNext > TimeSpan.Zero;
            if (gathers || backoff.IsSleeping)
            {
                Report();
                Rest(gathers ? UntilNextLook(untilNext) : s_poll);
            }
            else
            {
                backoff.PauseUninterrupted();
            }
        }
        while (HasWork());

        ReportIfDue();
    }

    private void ReportIfDue()
    {
        if (core.HasReports)
        {
            Report();
        }
    }

    // Handlers, like callbacks, must leave nothing on this thread.
    private void Report()
    {
        core.Reports.ReportReaders();
        _defaults.Restore();
    }

    // A section that a callback or an event handler opened and did not end would hold up everything that this thread
    // waits for.
    private unsafe void CloseLeftOpen()
    {
        if (IsLeftOpen)
        {
            core.Engine.CloseAll(core.Registrar.Known);
        }
    }

    private unsafe bool IsLeftOpen
    {
        get
        {
            ReaderSlot* slot = core.Registrar.Known;
            return slot != null && ReaderHandles.IsAnyOpen(slot);
        }
    }

    // Once stopping, only queued items count: asynchronous waits for a grace period fail instead.
    private bool HasWork() =>
        BarrierTarget.AnythingWaits(core, codeOnly: false)
        || IsLeftOpen
        || (Order.Acquire(in _stopping) == 0 && (Waiters.Any || IsRequested));

    private unsafe void Sleep()
    {
        Order.Or(ref core.State->AppendFlags, AppendFlags.Idle);
        Order.FenceAllThreads(); // [E] partner: [D] in Producer.cs; outcomes there and above at O9.
        if (HasWork() || core.Engine.Events.AreDue || Order.Acquire(in _stopping) != 0)
        {
            Order.And(ref core.State->AppendFlags, ~AppendFlags.Idle);
            ReportIfDue();
            return;
        }

        Rest(Timeout.InfiniteTimeSpan);
    }

    private void SetSignal() => Order.Acquire(in _signal)?.Set();

    private static bool TryJoin(Thread? thread)
    {
        Backoff backoff = default;
        ExitShare exit = default;
        bool hasRunOut = false;
        while (thread is not null && !hasRunOut && !Threads.HasEnded(thread))
        {
            backoff.PauseUninterrupted();
            hasRunOut = backoff.IsSleeping && exit.HasRunOut();
        }

        backoff.RestoreInterrupt();
        return !hasRunOut;
    }

    // Only this thread writes the events of grace periods that end inside Free: soon, however long it gathers a batch.
    private static TimeSpan UntilNextLook(TimeSpan untilNext) =>
        TelemetryListeners.HearsEnds && untilNext > s_soon ? s_soon : untilNext;

    // Ends early when somebody expedites or stops the thread.
    private void Rest(TimeSpan time)
    {
        try
        {
            _signal!.Wait(time);
        }
        catch (ThreadInterruptedException)
        {
            // A callback may have interrupted this thread, which nobody should. The loop looks for work again.
        }
    }
}
