using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Validate;

namespace Quiescent.Sleepable;

// Sections that threads announce in the tickets of their slots. SleepableSection.cs says why the two loads suffice.
internal readonly unsafe struct TicketSections : ISlotSections
{
    public static bool EndWithTheirThread => false;

    public static bool AreCounted => true;

    // A ticket once seen out of the way cannot hold this grace period up again, and those that are added later come
    // before the first (SlotTickets.cs, O5). So each look goes on where the last one stopped.
    public static bool IsInTheWay(ReaderSlot* slot, ulong target, ref Ticket* resume)
    {
        // SAFETY: tickets are never freed, and keep their places while the slot is there.
        Ticket* ticket = resume != null ? resume : SlotTickets.First(slot);
        while (ticket != null && !IsInTheWay(ticket, target))
        {
            ticket = ticket->Next;
        }

        resume = ticket;
        return ticket != null;
    }

    // The owner of the oldest section of all that are in the way, where Validate knows it; else of any. While a section
    // is in the way its slot has one owner: later ones announce the target or a later grace period, whoever owns the
    // slot by then.
    public static ReaderIdentity? FindReader(SlotTable slots, ScanPlace place)
    {
        int sections = 0;
        int found = -1;
        SectionSites.Entry oldest = default;
        int end = slots.End;
        for (int i = place.Index; i < end; i++)
        {
            for (Ticket* ticket = SlotTickets.First(slots[i]); ticket != null; ticket = ticket->Next)
            {
                if (IsInTheWay(ticket, place.Target))
                {
                    sections++;
                    bool isOldest = IsOlder(ticket, ref oldest);
                    found = isOldest || found < 0 ? i : found;
                }
            }
        }

        if (found < 0 || slots.OwnerOf(found) is not { } owner)
        {
            return null;
        }

        ReaderIdentity reader = owner.Identify(sections);
        if (oldest.EnteredAt is { } site)
        {
            reader = reader with { Entries = [new SectionEntry(site, oldest.EnteredTimestamp, IsOnline: false)] };
        }

        Ticket* resume = null;
        return IsInTheWay(slots[found], place.Target, ref resume) ? reader : null;
    }

    public static int CountOpen(ReaderSlot* slot) => SlotTickets.CountOpen(slot);

    // Number before Sequence.
    private static bool IsInTheWay(Ticket* ticket, ulong target) =>
        Ticket.IsOpen(ticket) && !SectionWord.HasReached(Order.Acquire(&ticket->Sequence), target);

    private static bool IsOlder(Ticket* ticket, ref SectionSites.Entry oldest)
    {
        ulong number = Order.Acquire(in ticket->Number);
        if ((number & Ticket.Validated) == 0
            || !SectionSites.OfProcess.TryFind(ticket, number & ~Ticket.Validated, out SectionSites.Entry entry)
            || (oldest.EnteredAt is not null && entry.EnteredTimestamp >= oldest.EnteredTimestamp))
        {
            return false;
        }

        oldest = entry;
        return true;
    }
}
