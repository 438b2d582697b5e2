using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Readers;

// The tickets of a slot. Its thread alone takes and adds them; any thread looks through them.
//
// The thread looks through all of them only when it knows of none that is free. If it then finds fewer than half of
// them free, it takes as many more as make it half. So a section inspects an amortised constant number of tickets, and
// a slot has at most about twice as many tickets as its thread ever had sections open at once.
//
// O5 (slot visible before use)  A ticket is in the list, by a release store of the list's head, before a section is
//     first announced under it. A scan loads the head after its barrier [B]. Outcomes: it sees the ticket, and looks at
//     it. Or it does not; then the ticket was added, and the section announced, after [B], and the section sees every
//     unlink. The list only grows while the table lives, and a ticket's place in it is fixed.
internal static unsafe class SlotTickets
{
    /// <summary>A free ticket of this thread's slot, which the next section takes.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for tickets.</exception>
    public static Ticket* Prepare(ReaderSlot* slot, long domain)
    {
        while (Ticket.IsOpen(slot->Ticket))
        {
            if (slot->FreeTickets == null)
            {
                Replenish(slot, domain);
            }
            else
            {
                slot->Ticket = slot->FreeTickets;
                slot->FreeTickets = slot->Ticket->NextFree;
            }
        }

        return slot->Ticket;
    }

    /// <summary>How many of the slot's tickets are open; those that are opened or released meanwhile may or
    /// may not be counted.</summary>
    public static int CountOpen(ReaderSlot* slot)
    {
        int open = 0;
        for (Ticket* ticket = First(slot); ticket != null; ticket = ticket->Next)
        {
            open += Ticket.IsOpen(ticket) ? 1 : 0;
        }

        return open;
    }

    public static bool IsAnyOpen(ReaderSlot* slot)
    {
        Ticket* ticket = First(slot);
        while (ticket != null && !Ticket.IsOpen(ticket))
        {
            ticket = ticket->Next;
        }

        return ticket != null;
    }

    /// <summary>The first of the slot's tickets; Next leads to the others.</summary>
    public static Ticket* First(ReaderSlot* slot) => Order.Acquire(&slot->Tickets);

    // First-chance handlers may run in between, when an allocation fails, and use the slot's tickets too.
    private static void Replenish(ReaderSlot* slot, long domain)
    {
        int free = 0;
        for (Ticket* ticket = slot->Tickets; ticket != null; ticket = ticket->Next)
        {
            if (!Ticket.IsOpen(ticket))
            {
                ticket->NextFree = slot->FreeTickets;
                slot->FreeTickets = ticket;
                free++;
            }
        }

        if (free > 0 && free >= slot->TicketCount / 2)
        {
            return;
        }

        try
        {
            for (int i = Math.Max(slot->TicketCount - (2 * free), TicketBatch); i > 0; i--)
            {
                Add(slot, TicketStore.OfProcess.Take(), domain);
            }
        }
        catch (OutOfMemoryException) when (slot->FreeTickets != null)
        {
            // Enough for now.
        }
    }

    private static void Add(ReaderSlot* slot, Ticket* ticket, long domain)
    {
        ticket->Domain = domain;
        ticket->NextFree = slot->FreeTickets;
        slot->FreeTickets = ticket;
        ticket->Next = slot->Tickets;
        Order.Release(&slot->Tickets, ticket);
        slot->TicketCount++;
    }
}
