using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// Threads that ended: gives their slots to others, ends the sections that they left open, and records those for
// reports. All of it under the engine's lock, and without memory (O8: no user code under a lock).
//
// O6  A dead thread's word is cleared here only: ReleaseDead().
internal sealed class DeadReaders(SlotTable slots)
{
    // Those that wait to be reported, linked by Earlier.
    private AbandonedReader? _newest;

    /// <summary>How many have ended inside sections.</summary>
    public long Count { get; private set; }

    /// <summary>Whether some wait to be reported; needs no lock.</summary>
    public bool HasUnreported => Order.Acquire(in _newest) is not null;

    /// <summary>Releases the slots of all threads that have ended.</summary>
    public void Sweep()
    {
        slots.BeginSweep();
        int end = slots.End;
        for (int i = 0; i < end; i++)
        {
            TryReleaseDead(i, thoroughly: false);
        }
    }

    /// <summary>Releases the slot if its thread has ended, and no sleepable section that it began is open.</summary>
    /// <param name="index">The slot.</param>
    /// <param name="thoroughly">Look also for a thread whose end the runtime never learned of.</param>
    public bool TryReleaseDead(int index, bool thoroughly) =>
        slots.OwnerOf(index) is { } owner
        && (thoroughly ? owner.Life.HasEndedUnseen : owner.Life.HasEnded)
        && ReleaseDead(index, owner);

    /// <summary>Records a reader whose sections were ended.</summary>
    public void Note(AbandonedReader reader)
    {
        Count++;
        reader.Earlier = _newest;
        Order.Release(ref _newest, reader);
    }

    /// <summary>The readers recorded since the last call: the newest, which leads to the others.</summary>
    public AbandonedReader? Take()
    {
        AbandonedReader? taken = _newest;
        Order.Release(ref _newest, null);
        return taken;
    }

    /// <summary>Takes readers back that could not be reported.</summary>
    public void PutBack(AbandonedReader? taken)
    {
        if (_newest is not { } oldest)
        {
            Order.Release(ref _newest, taken);
            return;
        }

        while (oldest.Earlier is { } earlier)
        {
            oldest = earlier;
        }

        oldest.Earlier = taken;
    }

    // O6 (dead threads hold nothing up): the thread is dead, and can dereference nothing any more. The fence orders the
    // reads that follow after the answer that the thread is dead, so they see what it last wrote (its word, the tails
    // of its queues); through the lock, so do those of the slot's next owner.
    private unsafe bool ReleaseDead(int index, SlotOwner owner)
    {
        Order.Fence();
        ReaderSlot* slot = slots[index];
        if (SlotTickets.IsAnyOpen(slot))
        {
            return false; // Its sleepable sections go on. A report may still have to name the thread that began them.
        }

        ulong word = Order.Acquire(in slot->Word);
        if (!SectionWord.IsQuiescent(word))
        {
            if (Order.CompareExchange(ref slot->Word, SectionWord.Sequence(word), word) != word)
            {
                return false;
            }

            owner.Registrations = null; // Those of other domains need not wait for the report.
            owner.Abandoned.Set(owner, SectionWord.Nesting(word));
            Note(owner.Abandoned);
        }

        slots.Release(index);
        return true;
    }
}
