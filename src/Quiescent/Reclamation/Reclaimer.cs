using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Reclamation;

// A domain's reclaimer: the one thread that runs user code (O8) and that looks after what other threads leave behind.
// A domain without user code shares its thread with others.
//
//                AppendFlags.Idle set    ◄──── no slot is listed, after the barrier [E] ──────────┐
//                    │            │                                                               │
//      its own       │ at once,   │ first append, StartPoll or async waiter: Wake                 │
//      thread, for   │ if shared  ▼                                                               │
//      some seconds  │    gather for ReclaimDelay ──► pass: free, run, snapshot, advance ──► pause ► pass … ┘
//                    ▼                   ▲     │
//                no thread  ─────────────┘     │ user code waits, or a report is due: from the shared thread
//                                              ▼ to one of its own
//                                        the same, with user code
//
// O9 (nothing sleeps on work)  ReclaimerRun.cs says why nothing is missed in going idle. The first wake finds a thread,
//     so a domain that only reads and synchronises has none. If none can be had, the bit is set again and the next
//     append tries again.
//     A thread leaves an idle domain, so that one that nobody uses any more is collected once nobody refers to it. It
//     gives the claim up, fences [W], and looks at Idle and for work. Wake clears Idle by an interlocked operation [X],
//     then looks who has the claim. Outcomes:
//       - Wake sees that nobody has it, and finds a thread;
//       - it sees the thread that is about to leave, and signals in vain; then that thread sees the bit cleared, and
//         takes the claim again.
//     Both may happen: of two threads one gets the claim. A caller that must know (RequireThread) looks again after
//     Wake. If it sees a thread, that one sees the caller's request behind [W], should it be about to leave. The bit
//     would not do: another caller may have cleared it, failed to find a thread, and set it again.
// O8  No thread is started under a lock: a start that fails lets first-chance handlers in, which may come back here.
//     ReclaimerClaim.cs says why two callers may start one each.
internal sealed class Reclaimer
{
    private readonly DomainCore _core;
    private readonly ReclaimerClaim _claim;
    private readonly ReclaimerRun _run;
    private WaiterAlarm? _stallTimer;
    private PollRequest _request;
    private int _expedited;
    private int _isOnOwnThread; // Or is to be.

    public Reclaimer(DomainCore core)
    {
        _core = core;
        _claim = new ReclaimerClaim(core, this);
        _run = new ReclaimerRun(core, this);
        Waiters = new AsyncWaiters(core.Engine, core.Disposed);
        BlockWaiters = new BlockWaiters(core);
        Served = new ServedDomain(core, this, _claim, _run);
    }

    public AsyncWaiters Waiters { get; }

    /// <summary>Those that await blocks alone, and so no callback.</summary>
    public BlockWaiters BlockWaiters { get; }

    /// <summary>The domain as a thread sees it that serves others too.</summary>
    public ServedDomain Served { get; }

    public bool IsCurrentThread => _claim.IsCurrentThread;

    /// <summary>The thread that looks after the domain; null if none does.</summary>
    public Thread? Thread => _claim.Thread;

    public bool IsStopping => _claim.IsStopping;

    /// <summary>Whether somebody waits, or nobody may have to: no batch is gathered then.</summary>
    public bool IsExpedited => IsAnybodyWaiting || _claim.IsStopping || _core.Options.StrictGracePeriod;

    /// <summary>Whether function callbacks or blocks of user deallocators wait, run, or are pending.</summary>
    public bool IsCodeWaiting => BarrierTarget.AnythingWaits(_core, codeOnly: true) || _core.Pending.Any;

    /// <summary>The neighbours among the reclaimers with a thread: the list of <see cref="ProcessExit"/>.</summary>
    public Reclaimer? NextAtExit { get; set; }

    public Reclaimer? PreviousAtExit { get; set; }

    /// <summary>Whether a task is awaited that a pass may complete.</summary>
    public bool HasWaiters => Waiters.Any || BlockWaiters.Any;

    private bool IsAnybodyWaiting => Order.Acquire(in _expedited) != 0 || HasWaiters;

    private bool IsStepped => _core.Engine.Stepping.IsOn;

    /// <summary>Finds the domain a thread, or wakes the one that it has from idleness. Cannot fail: if there is no
    /// thread to be had, the next append tries again.</summary>
    public unsafe void Wake()
    {
        // [X] partner: [W] in TryLeave; outcomes above at O9.
        if ((Order.And(ref _core.State->AppendFlags, ~AppendFlags.Idle) & AppendFlags.Idle) == 0)
        {
            return;
        }

        if (_claim.Thread is not null || TryStart())
        {
            _claim.SetSignal();
        }
        else
        {
            Order.Or(ref _core.State->AppendFlags, AppendFlags.Idle);
            _core.Listing.UnlistAll();
        }

        GC.KeepAlive(_core); // O5 (slot visible before use): the flags are the domain's.
    }

    /// <summary>As <see cref="Wake"/>, for a thread that waits for the reclaimer. Whoever clears Idle finds the domain
    /// a thread, or sets the bit again: but not before a first-chance handler has returned, if the start
    /// fails.</summary>
    public void EnsureThread()
    {
        Wake();
        TryStart();
    }

    /// <summary>Cuts the gathering of a batch short: there is more than enough.</summary>
    public void Expedite()
    {
        Wake();
        Served.MakeDue();
        _claim.SetSignal();
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
        RequireThread(); // The one from before may have left meanwhile.
    }

    /// <summary>Whether a grace period is asked for that has not ended.</summary>
    public bool TryGetRequest(out ulong target) => _request.TryGetPending(_core.Engine, out target);

    /// <summary>Asks for the grace period, and completes when it has ended.</summary>
    /// <exception cref="OutOfMemoryException">The thread cannot be started.</exception>
    public Task WaitAsync(ulong target, CancellationToken cancellationToken)
    {
        RequireThread();
        AsyncWaiters.TaskWaiter waiter = Waiters.Add(target, cancellationToken);
        Serve(Waiters, waiter);
        return waiter.Task;
    }

    /// <summary>Completes when the condition holds, evaluated by the reclaimer.</summary>
    /// <exception cref="OutOfMemoryException">The thread cannot be started.</exception>
    public Task WaitAsync(Func<bool> isDone, CancellationToken cancellationToken) =>
        WaitAsync(isDone, forBlocks: false, cancellationToken);

    /// <summary>Completes when everything in the target has been reclaimed. If that is blocks alone, it waits for no
    /// callback.</summary>
    /// <exception cref="OutOfMemoryException">The thread cannot be started.</exception>
    public Task WaitAsync(BarrierTarget target, CancellationToken cancellationToken) =>
        WaitAsync(target.IsDone, forBlocks: !target.Scope.HasCode, cancellationToken);

    /// <summary>Completes the waiters that are done, as far as it evaluates them. Returns whether there were
    /// any.</summary>
    /// <param name="onPool">Whether pool threads complete them.</param>
    public bool CompleteReady(bool onPool) =>
        Waiters.CompleteReady(onPool) | BlockWaiters.All.CompleteReady(onPool);

    /// <summary>Looks after a waiter with a condition, which was made before.</summary>
    /// <exception cref="OutOfMemoryException">The thread cannot be started.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public void Await(AsyncWaiters.Waiter waiter)
    {
        RequireThread();
        if (!Waiters.TryAdd(waiter))
        {
            throw _core.Disposed();
        }

        Serve(Waiters, waiter);
    }

    /// <summary>The same, though there be no thread to be had: the next wake-up of the domain asks for one again.
    /// False: the domain is disposed.</summary>
    public bool TryAwait(AsyncWaiters.Waiter waiter)
    {
        if (!Waiters.TryAdd(waiter))
        {
            return false;
        }

        Expedite();
        TryStart(); // As in RequireThread: the thread from before may have left meanwhile.
        return true;
    }

    /// <summary>From here on no thread takes the claim, and the domain takes nothing more. The one that has the claim
    /// ends, or leaves the domain, once nothing waits, and the call waits for that. Others, which gave the claim up or
    /// come too late, take their last steps by themselves; they only read. False: the process is exiting, and the
    /// thread has not ended in its share of time.</summary>
    public bool TryStop()
    {
        Thread? thread = _claim.Stop();
        Expedite();
        if (!TryJoin(thread))
        {
            return false;
        }

        Waiters.Close();
        BlockWaiters.Close();
        _stallTimer?.End();
        return true;
    }

    /// <summary>Hands this thread's work to the stepping thread: no thread is started from here on.</summary>
    /// <exception cref="InvalidOperationException">The reclaimer runs already.</exception>
    public void BeginSteps()
    {
        if (!_claim.TryBeginSteps())
        {
            throw new InvalidOperationException(
                "The domain is in use, stepped already, or disposed: step it from its first use on.");
        }
    }

    /// <summary>Returns to a thread of the reclaimer's, for what waits.</summary>
    public unsafe void EndSteps()
    {
        _core.Engine.Stepping.End();

        // A thread that queued during a step took the stepping thread for the reclaimer, and started none.
        Order.Or(ref _core.State->AppendFlags, AppendFlags.Idle);
        Wake();
    }

    /// <summary>One pass by the stepping thread, in the reclaimer's place: reclaims what has expired and takes
    /// snapshots of what waits. Returns whether anything was reclaimed.</summary>
    public bool RunStep()
    {
        _claim.BeginStep();
        try
        {
            return _run.StepByHand();
        }
        finally
        {
            _claim.EndStep();
        }
    }

    /// <summary>The thread that runs the callbacks, for reports.</summary>
    public ReaderIdentity Identify()
    {
        Thread? thread = _claim.Thread;
        return new ReaderIdentity(thread?.Name, thread?.ManagedThreadId ?? 0, _claim.OsThreadId) { Sections = 0 };
    }

    /// <summary>The thread that has the claim leaves the idle domain. False: somebody has woken it meanwhile, or
    /// disposes of the domain, and it goes on.</summary>
    public unsafe bool TryLeave(Signal signal)
    {
        if (!_claim.TryGiveUp())
        {
            return false;
        }

        Order.Release(ref _isOnOwnThread, 0);
        Order.Fence(); // [W] partner: [X] in Wake; outcomes above at O9.
        bool isWanted = true;
        try
        {
            isWanted = (Order.Acquire(in _core.State->AppendFlags) & AppendFlags.Idle) == 0
                || _core.Slots.Listed.Any
                || _run.HasWork();
        }
        catch (OutOfMemoryException)
        {
            // Even code that runs for the first time takes some memory. A thread that nobody wants loses nothing.
        }

        GC.KeepAlive(_core);
        return !isWanted || !_claim.TryTakeSurely(signal);
    }

    /// <summary>The thread that serves other domains too gives this one up to a thread of its own, once that is
    /// started. False: there is none to be had.</summary>
    public bool TryHandOver()
    {
        Order.Release(ref _isOnOwnThread, 1);
        _claim.GiveUp();
        if (TryStart())
        {
            return true;
        }

        Order.Release(ref _isOnOwnThread, 0);
        return false;
    }

    private Task WaitAsync(Func<bool> isDone, bool forBlocks, CancellationToken cancellationToken)
    {
        RequireThread();
        AsyncWaiters waiters = forBlocks ? BlockWaiters.All : Waiters;
        AsyncWaiters.TaskWaiter waiter = waiters.Add(isDone, cancellationToken);
        Serve(waiters, waiter);
        return waiter.Task;
    }

    // Looks after a waiter that is in its list.
    private void Serve(AsyncWaiters waiters, AsyncWaiters.Waiter waiter)
    {
        try
        {
            if (waiter.HasCondition)
            {
                BeginHelp(waiters);
                Expedite();
                RequireThread();
            }
            else
            {
                Request(waiter.Target);
            }
        }
        catch
        {
            waiters.Withdraw(waiter); // Nobody waits for it.
            throw;
        }
    }

    private void BeginHelp(AsyncWaiters waiters)
    {
        if (waiters == BlockWaiters.All)
        {
            BlockWaiters.BeginHelp();
        }
        else
        {
            StartStallTimer();
        }
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
        if (_claim.Thread is null && !TryStart() && !IsStepped && !_claim.IsStopping)
        {
            throw new InsufficientMemoryException("The reclaimer of the domain cannot be started.");
        }
    }

    private bool TryStart()
    {
        if (_claim.Thread is not null)
        {
            return true;
        }

        if (_claim.IsStopping || IsStepped)
        {
            return false;
        }

        try
        {
            if (Order.Acquire(in _stallTimer) is null)
            {
                MakeStallTimer();
            }

            ProcessExit.Prepare();
            if (_core.Options.HasOwnReclaimer || Order.Acquire(in _isOnOwnThread) != 0)
            {
                StartOwn();
            }
            else
            {
                SharedReclaimers shared = _core.Options.SharedReclaimers ?? SharedReclaimers.OfProcess;
                shared.Of(_core.Id).Serve(Served);
            }

            return true;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            return false;
        }
    }

    // Once: a shared thread is asked whenever the domain wakes, which takes no memory from then on.
    private void MakeStallTimer() => Once.Keep(ref _stallTimer, new WaiterAlarm(
        () => Waiters.Any || TryGetRequest(out _),
        () => _core.Reports.ReportCallback(onPool: false),
        WaiterAlarm.IntervalOf(_core.Options.StallTimeout)));

    private void StartOwn()
    {
        _claim.CountStarted(1);
        try
        {
            bool isHandedOver = Order.Acquire(in _isOnOwnThread) != 0;
            new ReclaimerThread(_core, this, _claim, _run, isHandedOver).Start();
        }
        catch
        {
            _claim.CountStarted(-1);
            throw;
        }
    }

    // A thread that serves other domains too goes on when it has left this one.
    private bool TryJoin(Thread? thread)
    {
        Backoff backoff = default;
        ExitShare exit = default;
        bool hasRunOut = false;
        while (thread is not null && !hasRunOut && _claim.Thread == thread && !Threads.HasEnded(thread))
        {
            backoff.PauseUninterrupted();
            hasRunOut = backoff.IsSleeping && exit.HasRunOut();
        }

        backoff.RestoreInterrupt();
        return !hasRunOut;
    }
}
