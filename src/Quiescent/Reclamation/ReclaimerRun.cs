using System.Diagnostics;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Reclamation;

// What a reclaimer does from its waking to its idleness, in steps. The thread that has the claim takes them; between
// two steps it sleeps, or serves other domains. No step waits for a reader.
//
// O9 (nothing runs without work)  IsIdle: set the bit, drop the slots in which nothing waits (with the process-wide
//     barrier [E]), and look whether any is left. If the look misses an append, its thread has yet to list its slot,
//     and reads the bit after that (Listing.cs). Requests and waiters are stored before an interlocked operation in
//     Reclaimer.Wake. A thread neither sleeps nor leaves while a slot is listed, even an empty one: the next append
//     there would wake nobody.
internal sealed class ReclaimerRun(DomainCore core, Reclaimer reclaimer)
{
    private static readonly TimeSpan s_soon = TimeSpan.FromMilliseconds(10);

    private readonly ReclaimerPass _pass = new(core);
    private bool _mayRunCode;
    private long _snapshotAt;

    /// <summary>Whether the last step has left user code alone, as the thread may not run it.</summary>
    public bool HasMetCode => _pass.HasMetCode;

    /// <summary>Call before the first step.</summary>
    /// <param name="defaults">The state of the thread, to which each callback resets it.</param>
    /// <param name="mayRunCode">Whether the thread is the domain's own.</param>
    /// <param name="goesOn">Whether the batch is one that is being gathered already.</param>
    public void Begin(in ThreadDefaults defaults, bool mayRunCode, bool goesOn = false)
    {
        _mayRunCode = mayRunCode;
        _snapshotAt = goesOn ? _snapshotAt : Stopwatch.GetTimestamp();
        _pass.Begin(defaults, mayRunCode, goesOn);
    }

    /// <summary>One step. Returns whether it made progress.</summary>
    /// <param name="untilNext">The time in which a batch is gathered; zero or less: the next step is due at
    /// once.</param>
    public bool Step(out TimeSpan untilNext)
    {
        TimeSpan delay = core.Options.ReclaimDelay;
        bool isExpedited = reclaimer.IsExpedited || core.Backlog.IsOverLimit;
        bool maySnapshot = isExpedited || Stopwatch.GetElapsedTime(_snapshotAt) >= delay;
        if (maySnapshot)
        {
            _snapshotAt = Stopwatch.GetTimestamp();
        }

        if (reclaimer.TryGetRequest(out ulong target))
        {
            _pass.Await(target);
        }

        bool progress = _pass.Run(maySnapshot, isExpedited);
        CloseLeftOpen();
        progress |= reclaimer.CompleteReady(onPool: true);
        if (_pass.EmptyVisits >= Tuning.EmptyVisitsPerDrop)
        {
            DropEmpty();
            _pass.EmptyVisits = 0;
        }

        bool gathers = !progress && !isExpedited && !_pass.IsGracePeriodAwaited;
        untilNext = gathers ? UntilNextLook(delay - Stopwatch.GetElapsedTime(_snapshotAt)) : TimeSpan.Zero;
        return progress;
    }

    /// <summary>One step of the stepping thread. Returns whether anything was reclaimed.</summary>
    public bool StepByHand()
    {
        _pass.Begin(ThreadDefaults.OfCurrent(), mayRunCode: true);
        bool progress = _pass.Run(maySnapshot: true, isExpedited: true);
        CloseLeftOpen();
        return progress | reclaimer.CompleteReady(onPool: false);
    }

    /// <summary>Whether there is anything to do. Once stopping, only queued items count: asynchronous waits for a grace
    /// period fail instead.</summary>
    public bool HasWork() =>
        BarrierTarget.AnythingWaits(core, codeOnly: false)
        || IsLeftOpen
        || (!reclaimer.IsStopping && (reclaimer.HasWaiters || reclaimer.TryGetRequest(out _)));

    /// <summary>Whether appends, requests and waiters wake the reclaimer from here on. False: there is something to
    /// do.</summary>
    public unsafe bool IsIdle()
    {
        Order.Or(ref core.State->AppendFlags, AppendFlags.Idle); // [U] partner: [T] in Listing.cs; outcomes there, O9.
        DropEmpty();
        bool hasEvents = _mayRunCode && core.Engine.Events.AreDue;
        if (!core.Slots.Listed.Any && !HasWork() && !reclaimer.IsStopping && !hasEvents)
        {
            return true;
        }

        Order.And(ref core.State->AppendFlags, ~AppendFlags.Idle);
        return false;
    }

    private void DropEmpty()
    {
        Debug.Assert(reclaimer.IsCurrentThread, "O10: one thread at a time drops slots, the one that has the claim.");
        core.Listing.DropEmpty();
    }

    // Only the reclaimer has the events of grace periods written that end inside Free: soon, however long it gathers.
    private static TimeSpan UntilNextLook(TimeSpan untilNext) =>
        TelemetryListeners.HearsEnds && untilNext > s_soon ? s_soon : untilNext;

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
}
