using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Readers;
using static Quiescent.Tuning;

namespace Quiescent.GracePeriods;

// The grace-period engine: one 64-bit sequence, a try-lock, and a scan of the readers that can be left and taken up
// again.
//
//              Started == Completed                    Started == Completed + 1
//            ┌──────────────────────┐   raise, begin   ┌──────────────────────┐
//            │         idle         │ ───────────────► │       scanning       │ ──┐ a reader in the way:
//            └──────────────────────┘                  └──────────────────────┘ ◄─┘ come back later
//                        ▲         scan done: Completed = Started       │
//                        └──────────────────────────────────────────────┘
//
// TryAdvance makes whatever progress can be made at once and never waits, so anyone may call it: waiters, updaters
// under load, the reclaimer. Progress needs no thread of its own. The scan knows what marks a section (SlotScan.cs).
// Why it is right:
//
// O1  Start() raises Started with an exchange (a full fence); Arm() then begins the scan, which does the rest.
// O2  Each ended section's loads come before the scan's load that found its end. Completed is stored with release after
//     the scan, and a waiting thread loads Completed with acquire before it frees.
// O3  A target is taken by NextTarget(): full fence [G], then Started + 1. Partner: the exchange in Start(). Either the
//     load after [G] sees the raised Started, and the target is the grace period after it. Or it does not; then
//     everything that came before [G], above all the unlink, is visible before Started is raised, and so before the
//     scan of the next grace period begins, which is the target. Whether one is in progress makes no difference. A
//     sequence read earlier must never be used.
// O4  Sequences are compared by signed difference (SectionWord.HasReached).
internal sealed class GracePeriodEngine(SlotTable slots, DeadReaders dead, ReaderScan scan)
{
    private const long NotTimed = 0;

    private readonly DurationHistogram _durations = new();
    private PriorityTryLockLine _line;
    private bool _isArmed;
    private long _startedAt; // Set whenever the lock is free and a grace period is in progress.
    private long _promptTicks = NotTimed; // How long the last timed grace period took that met no reader.
    private bool _isPrompt;
    private long _started;
    private long _completed;

    /// <summary>An engine that waits for the sections announced in the words of the table's slots.</summary>
    public static GracePeriodEngine OverSlots(SlotTable slots) => Over<WordSections>(slots);

    /// <summary>An engine that waits for the sections announced in the table's slots.</summary>
    public static GracePeriodEngine Over<TSections>(SlotTable slots)
        where TSections : struct, ISlotSections
    {
        DeadReaders dead = new(slots);
        return new GracePeriodEngine(slots, dead, new SlotScan<TSections>(slots, dead));
    }

    public SlotTable Slots { get; } = slots;

    public Stepping Stepping { get; } = new();

    /// <summary>The threads that wait for grace periods.</summary>
    public WaitLine Line => Slots.Line;

    /// <summary>Events of grace periods that wait to be written, while somebody listens.</summary>
    public GracePeriodEvents Events { get; } = new();

    /// <summary>Whether readers that dead threads left wait to be reported.</summary>
    public bool HasAbandoned => dead.HasUnreported;

    /// <summary>Whether anything waits to be reported by a caller that holds no lock.</summary>
    public bool HasReports => dead.HasUnreported || Events.Waiting != 0;

    /// <summary>Roughly how many sections are open; null where nothing counts them.</summary>
    public long? OpenSections => scan.OpenSections;

    /// <summary>The grace period whose end covers everything that this thread has unlinked so far, or whose unlink it
    /// has acquired.</summary>
    public unsafe ulong NextTarget()
    {
        Order.Fence(); // [G] partner: the exchange in Start(); outcomes above at O3.
        ulong started = Order.Acquire(in Slots.State->Started);
        GC.KeepAlive(Slots); // O5 (slot visible before use): the words are the table's.
        return SectionWord.Sequence(started) + SectionWord.SequenceStep;
    }

    public unsafe bool HasCompleted(ulong target)
    {
        ulong completed = Order.Acquire(in Slots.State->Completed);
        GC.KeepAlive(Slots);
        return SectionWord.HasReached(completed, target);
    }

    /// <summary>
    /// Starts a grace period if none is in progress, and completes it if no reader is in the way. Never waits.
    /// Returns whether <paramref name="target"/> has completed.
    /// </summary>
    public bool TryAdvance(ulong target)
    {
        if (HasCompleted(target))
        {
            return true;
        }

        Events.Prepare(); // Under no lock (O8).
        return TryAdvanceInLock(target);
    }

    /// <summary>As <see cref="TryAdvance"/>, for a caller that holds a lock, and has called
    /// <see cref="GracePeriodEvents.Prepare"/> before that.</summary>
    public bool TryAdvanceInLock(ulong target)
    {
        if (Stepping.Forbids || !_line.Lock.TryEnter())
        {
            return false;
        }

        try
        {
            // A target is at most one ahead of Started, so two grace periods are enough. A target kept for more than
            // half the range looks far ahead (O4: wrap-around is harmless); it gets two as well, and not as many as it
            // asks for.
            for (int i = 0; i < 2 && !HasCompleted(target); i++)
            {
                if (!IsInProgress)
                {
                    Start();
                }

                if (!_isArmed)
                {
                    Arm();
                }

                if (!TryScan())
                {
                    HoldUp();
                    return false;
                }

                Complete();
            }

            return HasCompleted(target);
        }
        finally
        {
            _line.Lock.Exit();
        }
    }

    /// <summary>Whether the reader in the way, if there is one, would wake a thread that sleeps. Needs no lock: a
    /// hint.</summary>
    public bool WouldBeWoken => scan.WouldWake;

    /// <summary>The thread that has the turn in the line is about to sleep: asks the reader in the way to wake it.
    /// False: the grace period can go on. Waits for nothing; where another thread has the lock it asks nobody, and the
    /// sleep lasts its whole time.</summary>
    public bool MaySleep()
    {
        if (Stepping.Forbids || !_line.Lock.TryEnter())
        {
            return true;
        }

        try
        {
            return IsInProgress && scan.MaySleep();
        }
        finally
        {
            _line.Lock.Exit();
        }
    }

    /// <summary>Releases the slots of dead threads; waits for the try-lock, never for a reader.</summary>
    public void Sweep()
    {
        using TryLock.Holder holder = _line.Lock.Hold();
        dead.Sweep();
    }

    /// <summary>Ends what user code left open on this thread when it returned, as if the thread had ended. For the
    /// reclaimer, which would otherwise hold up its own grace periods for ever.</summary>
    /// <exception cref="OutOfMemoryException">There is no room to record it; nothing has changed.</exception>
    public unsafe void CloseAll(ReaderSlot* slot)
    {
        AbandonedReader reader = new();
        reader.Set(ThreadRegistrations.OwnerOf(slot), SectionWord.Nesting(ReaderSlot.Untwinned(slot)->Word));
        reader.Identify(); // Before its sections are forgotten.
        ReaderHandles.CloseAll(slot);
        if (reader.HasSections)
        {
            using TryLock.Holder holder = _line.Lock.Hold();
            dead.Note(reader);
        }
    }

    /// <summary>The readers that ended inside sections since the last call, to be reported by a caller that holds no
    /// lock.</summary>
    /// <exception cref="OutOfMemoryException">The next call tries again.</exception>
    public ReaderIdentity[] TakeAbandoned()
    {
        AbandonedReader? taken;
        using (_line.Lock.Hold())
        {
            taken = dead.Take();
        }

        try
        {
            return Identify(taken);
        }
        catch (OutOfMemoryException)
        {
            using (_line.Lock.Hold())
            {
                dead.PutBack(taken);
            }

            throw;
        }
    }

    /// <summary>Whether the grace period does not end before the section that is open in the slot has ended. For the
    /// slot's own thread; waits for the try-lock, never for a reader.</summary>
    public unsafe bool WaitsFor(ReaderSlot* slot, ulong target)
    {
        // O1 (announced before read): the section was announced before the lock was taken, so a scan that has yet to
        // look at its slot finds it there. A slot before the scan's place was looked at when it was quiescent, or new
        // enough: the grace period ends without it.
        using TryLock.Holder holder = _line.Lock.Hold();
        return !HasCompleted(target)
            && !SectionWord.HasReached(slot->Word, target)
            && (!SectionWord.HasReached(Slots.State->Started, target)
                || !_isArmed
                || (scan.Place is { } place && place.Index <= slot->Index));
    }

    /// <summary>The reader that the grace period in progress waits for, if it has waited since before the given
    /// time.</summary>
    public bool TryFindStalled(long notStartedAfter, out StalledGracePeriod stalled)
    {
        stalled = default;
        if (!TryReadStandstill(notStartedAfter, out Standstill seen) || FindReader(seen) is not { } reader)
        {
            return false;
        }

        stalled = new StalledGracePeriod(reader, seen.Number, seen.StartedAt);
        return true;
    }

    /// <summary>Where the grace period in progress stands, if it has lasted since before the given time and a reader is
    /// in the way. Takes no memory.</summary>
    public bool TryReadStandstill(long notStartedAfter, out Standstill standstill)
    {
        standstill = default;
        if (!_line.Lock.TryEnter())
        {
            return false;
        }

        try
        {
            if (!IsInProgress || _startedAt > notStartedAfter || scan.Place is not { } place)
            {
                return false;
            }

            standstill = new Standstill(place, _started, _startedAt);
            return true;
        }
        finally
        {
            _line.Lock.Exit();
        }
    }

    /// <summary>The reader in the way; null if the grace period has gone on since it was seen to stand
    /// there.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public ReaderIdentity? FindReader(in Standstill seen) =>
        scan.FindReader(seen.Place); // Under no lock, as it takes memory (O8).

    /// <summary>What the operating system says of the thread in the way there; the default where it says nothing. Takes
    /// no memory.</summary>
    public ThreadStat ReadThread(in Standstill seen) => scan.ReadThread(seen.Place);

    public GracePeriodCounts Read()
    {
        _line.Lock.Enter();
        try
        {
            return new GracePeriodCounts(_started, _completed, dead.Count, _durations.Summarize());
        }
        finally
        {
            _line.Lock.Exit();
        }
    }

    private unsafe bool IsInProgress =>
        SectionWord.Sequence(Slots.State->Started) != Slots.State->Completed;

    // The oldest first.
    private static ReaderIdentity[] Identify(AbandonedReader? newest)
    {
        List<ReaderIdentity> readers = [];
        for (AbandonedReader? reader = newest; reader is not null; reader = reader.Earlier)
        {
            readers.Add(reader.Identify());
        }

        readers.Reverse();
        return [.. readers];
    }

    private unsafe void Start()
    {
        _isArmed = false;
        _started++;
        _isPrompt = true;
        _startedAt = IsTimed ? Stopwatch.GetTimestamp() : NotTimed;
        if (_startedAt != NotTimed && TelemetryListeners.HearsEvents)
        {
            Events.Add(new GracePeriodEvent(_started, _startedAt));
        }

        Order.Exchange(ref Slots.State->Started, Slots.State->Started + SectionWord.SequenceStep);
    }

    private void Arm()
    {
        scan.Begin();
        _isArmed = true;
    }

    private unsafe bool TryScan() => scan.Scan(SectionWord.Sequence(Slots.State->Started));

    // Recorded before others see the completion: once nothing waits any more, every event has been recorded.
    private unsafe void Complete()
    {
        _completed++;
        if (_startedAt == NotTimed)
        {
            _durations.Add(_promptTicks);
        }
        else
        {
            RecordTimed();
        }

        Debug.Assert(IsInProgress, "O4: Completed follows Started, one grace period at a time.");
        Order.Release(ref Slots.State->Completed, SectionWord.Sequence(Slots.State->Started));
    }

    // Two readings of the clock take longer than a scan. So where a scan begins without a process-wide barrier, and
    // nobody listens, only one in so many of the grace periods that meet no reader is timed. All of the first are, so
    // that no code that runs for the first time counts more than once.
    private bool IsTimed =>
        scan.BeginsWithBarrier
        || _started <= GracePeriodsPerTiming
        || _started % GracePeriodsPerTiming == 0
        || _promptTicks == NotTimed
        || TelemetryListeners.HearsEnds;

    private void HoldUp()
    {
        _isPrompt = false;
        if (_startedAt == NotTimed)
        {
            _startedAt = Stopwatch.GetTimestamp();
        }
    }

    private void RecordTimed()
    {
        long now = Stopwatch.GetTimestamp();
        long ticks = now - _startedAt;
        _durations.Add(ticks);
        if (_isPrompt)
        {
            _promptTicks = Math.Max(ticks, 1);
        }

        if (TelemetryListeners.HearsEnds)
        {
            Events.Add(new GracePeriodEvent(_completed, _startedAt, now));
        }
    }
}

// A grace period, by its number, that a reader holds up. StartedAt is a Stopwatch timestamp.
internal readonly record struct StalledGracePeriod(ReaderIdentity Reader, long Number, long StartedAt);

// Where the scan of a grace period stands, and which one it is.
internal readonly record struct Standstill(ScanPlace Place, long Number, long StartedAt);

// What the engine has counted, read in one go.
internal readonly record struct GracePeriodCounts(
    long Started, long Completed, long Abandoned, GracePeriodDurations Durations);
