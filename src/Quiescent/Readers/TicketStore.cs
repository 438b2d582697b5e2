using System.Runtime.InteropServices;
using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Readers;

// The process's tickets that no slot has. Their memory is never freed. The store asks the system for more only when no
// ticket is free, and under no lock (O8: no user code under a lock).
internal sealed unsafe class TicketStore
{
    private static TicketStore? s_ofProcess;

    private Ticket* _free;
    private Ticket* _open; // Given back with a section open. Nobody opens them any more: one seen free stays free.
    private int _gate;

    public static TicketStore OfProcess => Order.Acquire(in s_ofProcess) ?? Once.Keep(ref s_ofProcess, new());

    /// <summary>A free ticket, from now on the caller's.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for one.</exception>
    public Ticket* Take()
    {
        Ticket* ticket = TryTake();
        while (ticket == null)
        {
            AddPiece();
            ticket = TryTake();
        }

        return ticket;
    }

    /// <summary>Takes back the tickets of a slot that is about to be freed. Takes no memory.</summary>
    public void GiveBack(Ticket* tickets)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Sort(tickets);
    }

    private Ticket* TryTake()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_free == null)
        {
            Ticket* open = _open;
            _open = null;
            Sort(open);
        }

        Ticket* ticket = _free;
        _free = ticket == null ? null : ticket->Next;
        return ticket;
    }

    // Under the gate.
    private void Sort(Ticket* tickets)
    {
        while (tickets != null)
        {
            Ticket* ticket = tickets;
            tickets = ticket->Next;
            ref Ticket* list = ref Ticket.IsOpen(ticket) ? ref _open : ref _free;
            ticket->Next = list;
            list = ticket;
        }
    }

    private void AddPiece()
    {
        FaultInjection.ThrowIfDue(FaultSite.Ticket);
        nuint bytes = TicketsPerPiece * Ticket.Bytes;

        // SAFETY: never freed; all-zero is a free ticket.
        Ticket* tickets = (Ticket*)NativeMemory.AlignedAlloc(bytes, Ticket.Bytes);
        NativeMemory.Clear(tickets, bytes);
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        for (int i = 0; i < TicketsPerPiece; i++)
        {
            tickets[i].Next = _free;
            _free = &tickets[i];
        }
    }
}
