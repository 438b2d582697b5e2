using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// What announces sections in a slot: its word, or its tickets. Needs no lock.
internal unsafe interface ISlotSections
{
    /// <summary>Whether a section that began before the target's grace period is open in the slot. An acquire that
    /// finds none comes after all loads of those that have ended.</summary>
    static abstract bool IsInTheWay(ReaderSlot* slot, ulong target);

    /// <summary>The slot's owner, as the reader whose sections are in the way.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    static abstract ReaderIdentity Identify(SlotOwner owner, ReaderSlot* slot, ulong target);

    /// <summary>Whether <see cref="CountOpen"/> can tell.</summary>
    static abstract bool AreCounted { get; }

    /// <summary>How many sections are open in the slot; those that begin or end meanwhile count or not.</summary>
    static abstract int CountOpen(ReaderSlot* slot);
}
