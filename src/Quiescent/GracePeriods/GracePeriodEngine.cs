using System.Diagnostics;
using Quiescent.Faults;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// The grace-period engine: one 64-bit sequence, a try-lock, and a cursor over the reader slots.
//
//              Started == Completed                    Started == Completed + 1
//            ┌──────────────────────┐  raise, barrier  ┌──────────────────────┐
//            │         idle         │ ───────────────► │  scanning, cursor c  │ ──┐ a reader in the way at c:
//            └──────────────────────┘                  └──────────────────────┘ ◄─┘ come back later
//                        ▲       cursor at the end: Completed = Started │
//                        └──────────────────────────────────────────────┘
//
// TryAdvance makes whatever progress can be made at once and never waits, so anyone may call it: waiters, updaters under load,
// the reclaimer. No thread is needed for progress. Why it is right:
//
// O1  Start() raises Started with an exchange (a full fence); Arm() then issues the process-wide barrier [B], before the scan
//     reads the first slot. What that gives a reader on either side of [B] stands in Readers/Section.cs. One barrier per grace
//     period suffices, since a section carries the sequence it was entered with: what the scan passes by because it is new
//     enough needs no second look, where a one-bit phase would need a second flip.
// O2  The scan loads each slot with acquire and Completed is stored with release: a section's loads come before its exit, the
//     exit before the scan's load, that before Completed, and that before whatever the waiter frees (it loads Completed with
//     acquire).
// O3  A target is taken by NextTarget(): full fence [G], then Started + 1. Partner: the exchange in Start(). Either the load
//     after [G] sees the raised Started, and the target is the grace period after it; or it does not, then all that came
//     before [G], the unlink above all, is visible before Started is raised, and so at [B] of the very next grace period,
//     which is the target. Whether one is in progress makes no difference. A sequence read earlier must never be used.
// O4  Sequences are compared by signed difference (SectionWord.HasReached).
// O5  The end of the table is read after [B]; see Readers/SlotTable.cs. The cursor may rest: a slot once seen quiescent or new
//     enough cannot hold this grace period up again.
// O6  A dead thread's word is cleared here only, under the try-lock: Bury().
internal sealed class GracePeriodEngine(SlotTable slots, bool fullFence)
{
    private readonly DurationHistogram _durations = new();
    private readonly List<AbandonedReader> _abandoned = [];
    private int _lock;
    private int _cursor;
    private int _scanEnd;
    private bool _isArmed;
    private long _startedAt;
    private long _started;
    private long _completed;
    private long _abandonedCount;
    private int _abandonedPending;

    public SlotTable Slots { get; } = slots;

    /// <summary>Whether readers left by dead threads wait to be reported.</summary>
    public bool HasAbandoned => Order.Acquire(in _abandonedPending) != 0;

    /// <summary>The grace period whose end covers everything this thread has unlinked so far, or acquired the unlink of.</summary>
    public unsafe ulong NextTarget()
    {
        Order.Fence(); // [G] partner: the exchange in Start(); outcomes above at O3.
        ulong started = Order.Acquire(in Slots.Words->Started);
        GC.KeepAlive(Slots); // O5: the words are the table's.
        return SectionWord.Sequence(started) + SectionWord.SequenceStep;
    }

    public unsafe bool HasCompleted(ulong target)
    {
        ulong completed = Order.Acquire(in Slots.Words->Completed);
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

        if (!TryLock.TryEnter(ref _lock))
        {
            return false;
        }

        try
        {
            // A target is never more than one ahead of Started, so that two grace periods are enough.
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

                if (!Scan())
                {
                    return false;
                }

                Complete();
            }

            return HasCompleted(target);
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }

    /// <summary>Releases the slots of dead threads; waits for the try-lock, never for a reader.</summary>
    public void Sweep()
    {
        TryLock.Enter(ref _lock);
        try
        {
            int end = Slots.End;
            for (int i = 0; i < end; i++)
            {
                TryBury(i);
            }
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }

    /// <summary>Ends what user code has left open on this thread after it returned, as for a thread that has ended: the reclaimer's,
    /// which would hold up its own grace periods for ever.</summary>
    /// <exception cref="OutOfMemoryException">There is no room to note it; nothing has changed.</exception>
    public unsafe void CloseAll(ReaderSlot* slot)
    {
        TryLock.Enter(ref _lock);
        try
        {
            _abandoned.EnsureCapacity(_abandoned.Count + 1);
            int depth = Handles.CloseAll(slot);
            if (depth != 0)
            {
                NoteAbandoned(ThreadRegistrations.OwnerOf(slot), depth);
            }
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }

    /// <summary>The readers that ended inside sections since the last call, to be reported by a caller that holds no lock.</summary>
    public AbandonedReader[] TakeAbandoned()
    {
        TryLock.Enter(ref _lock);
        try
        {
            FaultInjection.ThrowIfDue(FaultSite.Report);
            AbandonedReader[] taken = [.. _abandoned];
            _abandoned.Clear();
            Order.Release(ref _abandonedPending, 0);
            return taken;
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }

    /// <summary>The reader that the grace period in progress waits for, if it has waited since before the given time.</summary>
    public bool TryFindStalled(long notStartedAfter, out SlotOwner? reader, out long startedAt)
    {
        reader = null;
        startedAt = 0;
        if (!TryLock.TryEnter(ref _lock))
        {
            return false;
        }

        try
        {
            startedAt = _startedAt;
            if (!IsInProgress || startedAt > notStartedAfter || _cursor >= _scanEnd)
            {
                return false;
            }

            reader = Slots.OwnerOf(_cursor);
            return reader is not null;
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }

    public GracePeriodCounts Read()
    {
        TryLock.Enter(ref _lock);
        try
        {
            return new GracePeriodCounts(_started, _completed, _abandonedCount, _durations.Summarize());
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }

    private unsafe bool IsInProgress =>
        SectionWord.Sequence(Slots.Words->Started) != Slots.Words->Completed;

    private unsafe void Start()
    {
        _isArmed = false;
        _startedAt = Stopwatch.GetTimestamp();
        _started++;
        Order.Exchange(ref Slots.Words->Started, Slots.Words->Started + SectionWord.SequenceStep);
    }

    private void Arm()
    {
        if (!fullFence)
        {
            Order.FenceAllThreads(); // [B] partners: [A] in Readers/Section.cs, [C] in Readers/SlotTable.cs.
        }

        _scanEnd = Slots.End; // O5: after [B].
        _cursor = 0;
        _isArmed = true;
    }

    private unsafe bool Scan()
    {
        ulong target = SectionWord.Sequence(Slots.Words->Started);
        while (_cursor < _scanEnd)
        {
            ReaderSlot* run = Slots.Run(_cursor, _scanEnd, out int length);
            for (int i = 0; i < length; i++)
            {
                // SAFETY: the run lies inside one chunk, and chunks outlive the engine.
                ulong word = Order.Acquire(in run->Word);
                if (!SectionWord.IsQuiescent(word) && !SectionWord.HasReached(word, target) && !TryBury(_cursor + i))
                {
                    _cursor += i;
                    return false;
                }

                run = (ReaderSlot*)((byte*)run + ReaderSlot.Stride);
            }

            _cursor += length;
        }

        return true;
    }

    private unsafe void Complete()
    {
        _durations.Add(Stopwatch.GetTimestamp() - _startedAt);
        _completed++;
        Order.Release(ref Slots.Words->Completed, SectionWord.Sequence(Slots.Words->Started));
    }

    private bool TryBury(int index)
    {
        if (Slots.OwnerOf(index) is not { HasEnded: true } owner)
        {
            return false;
        }

        try
        {
            return Bury(index, owner);
        }
        catch (OutOfMemoryException)
        {
            // No room to note the report: the next scan or sweep tries again.
            return false;
        }
    }

    // O6: the thread is dead, and can dereference nothing any more. The fence orders what it last wrote (its word, the tails of
    // its queues) after the answer that it is dead, for this thread and, through the lock, for the slot's next owner.
    private unsafe bool Bury(int index, SlotOwner owner)
    {
        Order.Fence();
        ReaderSlot* slot = Slots[index];
        ulong word = Order.Acquire(in slot->Word);
        if (!SectionWord.IsQuiescent(word))
        {
            FaultInjection.ThrowIfDue(FaultSite.Burial);
            _abandoned.EnsureCapacity(_abandoned.Count + 1);
            if (Order.CompareExchange(ref slot->Word, SectionWord.Sequence(word), word) != word)
            {
                return false;
            }

            NoteAbandoned(owner, SectionWord.Nesting(word));
        }

        Slots.Release(index);
        return true;
    }

    private void NoteAbandoned(SlotOwner owner, int depth)
    {
        _abandonedCount++;
        _abandoned.Add(new AbandonedReader(owner, depth));
        Order.Release(ref _abandonedPending, 1);
    }
}

// A reader that ended inside a section.
internal readonly record struct AbandonedReader(SlotOwner Owner, int Depth);

// What the engine has counted, read in one go.
internal readonly record struct GracePeriodCounts(long Started, long Completed, long Abandoned, GracePeriodDurations Durations);
