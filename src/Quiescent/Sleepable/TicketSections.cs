using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Validate;

namespace Quiescent.Sleepable;

// Sections that threads announce in the tickets of their slots. SleepableSection.cs says why the two loads suffice.
internal readonly unsafe struct TicketSections : ISlotSections
{
    public static bool AreCounted => true;

    public static bool IsInTheWay(ReaderSlot* slot, ulong target)
    {
        // SAFETY: tickets are never freed, and keep their places while the slot is there.
        for (Ticket* ticket = SlotTickets.First(slot); ticket != null; ticket = ticket->Next)
        {
            if (IsInTheWay(ticket, target))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>With how many of the owner's sections are in the way, and under Validate the oldest one's
    /// beginning.</summary>
    /// <inheritdoc cref="ISlotSections.Identify" path="/exception"/>
    public static ReaderIdentity Identify(SlotOwner owner, ReaderSlot* slot, ulong target)
    {
        int sections = 0;
        SectionSites.Entry oldest = default;
        for (Ticket* ticket = SlotTickets.First(slot); ticket != null; ticket = ticket->Next)
        {
            if (!IsInTheWay(ticket, target))
            {
                continue;
            }

            sections++;
            ulong number = Order.Acquire(in ticket->Number) & ~Ticket.Validated;
            if (SectionSites.OfProcess.TryFind(ticket, number, out SectionSites.Entry entry)
                && (oldest.EnteredAt is null || entry.EnteredTimestamp < oldest.EnteredTimestamp))
            {
                oldest = entry;
            }
        }

        ReaderIdentity reader = owner.Identify(sections);
        return oldest.EnteredAt is { } site
            ? reader with { Entries = [new SectionEntry(site, oldest.EnteredTimestamp, IsOnline: false)] }
            : reader;
    }

    public static int CountOpen(ReaderSlot* slot) => SlotTickets.CountOpen(slot);

    // Number before Sequence.
    private static bool IsInTheWay(Ticket* ticket, ulong target) =>
        Ticket.IsOpen(ticket) && !SectionWord.HasReached(Order.Acquire(&ticket->Sequence), target);
}
