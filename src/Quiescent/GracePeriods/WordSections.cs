using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// Sections that threads announce in the words of their slots (Readers/Section.cs).
internal readonly unsafe struct WordSections : ISlotSections
{
    public static bool IsInTheWay(ReaderSlot* slot, ulong target)
    {
        ulong word = Order.Acquire(in slot->Word);
        return !SectionWord.IsQuiescent(word) && !SectionWord.HasReached(word, target);
    }

    public static ReaderIdentity Identify(SlotOwner owner, ReaderSlot* slot, ulong target) =>
        owner.Identify(SectionWord.Nesting(Order.Acquire(in slot->Word)));

    public static bool AreCounted => false;

    public static int CountOpen(ReaderSlot* slot) => 0;
}
