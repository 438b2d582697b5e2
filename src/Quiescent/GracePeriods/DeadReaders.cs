using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// Threads that ended: gives their slots to others, ends the sections that they left open, and records those for
// reports. All of it under the engine's lock.
//
// O6  A dead thread's word is cleared here only: ReleaseDead().
internal sealed class DeadReaders(SlotTable slots)
{
    private readonly List<ReaderIdentity> _abandoned = [];
    private int _pending;

    /// <summary>How many have ended inside sections.</summary>
    public long Count { get; private set; }

    /// <summary>Whether some wait to be reported; needs no lock.</summary>
    public bool HasUnreported => Order.Acquire(in _pending) != 0;

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

    /// <summary>Releases the slot if its thread has ended.</summary>
    /// <param name="index">The slot.</param>
    /// <param name="thoroughly">Look also for a thread whose end the runtime never learned of.</param>
    public bool TryReleaseDead(int index, bool thoroughly)
    {
        if (slots.OwnerOf(index) is not { } owner || !(thoroughly ? owner.Life.HasEndedUnseen : owner.Life.HasEnded))
        {
            return false;
        }

        try
        {
            return ReleaseDead(index, owner);
        }
        catch (OutOfMemoryException)
        {
            // No room to record the report: the next scan or sweep tries again.
            return false;
        }
    }

    /// <summary>Ends what user code left open on this thread, which lives on.</summary>
    /// <exception cref="OutOfMemoryException">There is no room to record it; nothing has changed.</exception>
    public unsafe void CloseAll(ReaderSlot* slot)
    {
        _abandoned.EnsureCapacity(_abandoned.Count + 1);
        int sections = SectionWord.Nesting(ReaderSlot.Untwinned(slot)->Word);
        ReaderIdentity reader = ThreadRegistrations.OwnerOf(slot).Identify(sections);
        ReaderHandles.CloseAll(slot);
        if (reader.Sections != 0)
        {
            Note(reader);
        }
    }

    /// <summary>The readers recorded since the last call.</summary>
    public ReaderIdentity[] Take()
    {
        FaultInjection.ThrowIfDue(FaultSite.Report);
        ReaderIdentity[] taken = [.. _abandoned];
        _abandoned.Clear();
        Order.Release(ref _pending, 0);
        return taken;
    }

    // O6 (dead threads hold nothing up): the thread is dead, and can dereference nothing any more. The fence orders the
    // reads that follow after the answer that the thread is dead, so they see what it last wrote (its word, the tails
    // of its queues); through the lock, so do those of the slot's next owner.
    private unsafe bool ReleaseDead(int index, SlotOwner owner)
    {
        Order.Fence();
        ReaderSlot* slot = slots[index];
        ulong word = Order.Acquire(in slot->Word);
        if (!SectionWord.IsQuiescent(word))
        {
            FaultInjection.ThrowIfDue(FaultSite.Burial);
            _abandoned.EnsureCapacity(_abandoned.Count + 1);
            ReaderIdentity reader = owner.Identify(SectionWord.Nesting(word));
            if (Order.CompareExchange(ref slot->Word, SectionWord.Sequence(word), word) != word)
            {
                return false;
            }

            Note(reader);
        }

        slots.Release(index);
        return true;
    }

    private void Note(ReaderIdentity reader)
    {
        Count++;
        _abandoned.Add(reader);
        Order.Release(ref _pending, 1);
    }
}
