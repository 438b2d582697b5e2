using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// What announces sections in a slot: its word, or its tickets.
internal unsafe interface ISlotSections
{
    /// <summary>Whether the sections of a thread end with it.</summary>
    static abstract bool EndWithTheirThread { get; }

    /// <summary>Whether <see cref="CountOpen"/> can tell.</summary>
    static abstract bool AreCounted { get; }

    /// <summary>Whether a section that began before the target's grace period is open in the slot. If none is, all
    /// loads of those that have ended happened before. Needs no lock.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="target">The grace period's target.</param>
    /// <param name="resume">Null at first; where to go on at the next look at this slot for this target.</param>
    static abstract bool IsInTheWay(ReaderSlot* slot, ulong target, ref Ticket* resume);

    /// <summary>The reader that is in the way in the place's slot, or behind it; null if there is none any more. Needs
    /// no lock.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    static abstract ReaderIdentity? FindReader(SlotTable slots, ScanPlace place);

    /// <summary>How many sections are open in the slot; those that begin or end meanwhile may or may not be
    /// counted.</summary>
    static abstract int CountOpen(ReaderSlot* slot);
}
