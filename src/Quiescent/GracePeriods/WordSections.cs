using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// Sections that threads announce in the words of their slots (Readers/Section.cs).
internal readonly unsafe struct WordSections : ISlotSections
{
    public static bool EndWithTheirThread => true;

    public static bool AreCounted => false;

    public static bool IsInTheWay(ReaderSlot* slot, ulong target, ref Ticket* resume) =>
        IsInTheWay(Order.Acquire(in slot->Word), target);

    // While a word is in the way it belongs to one section: the next one announces the target or a later grace period,
    // whoever owns the slot by then. So what is read between two looks at the word describes the section that the scan
    // waits for.
    public static ReaderIdentity? FindReader(SlotTable slots, ScanPlace place)
    {
        ReaderSlot* slot = slots[place.Index];
        ulong word = Order.Acquire(in slot->Word);
        ReaderIdentity? reader = IsInTheWay(word, place.Target)
            ? slots.OwnerOf(place.Index)?.Identify(SectionWord.Nesting(word))
            : null;
        return IsInTheWay(Order.Acquire(in slot->Word), place.Target) ? reader : null;
    }

    public static int CountOpen(ReaderSlot* slot) => 0;

    private static bool IsInTheWay(ulong word, ulong target) =>
        !SectionWord.IsQuiescent(word) && !SectionWord.HasReached(word, target);
}
