using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Validate;
using static Quiescent.Tuning;

namespace Quiescent.Sleepable;

// The process's tickets: pieces of memory that are never freed, the tickets that no thread has, and those of all
// threads. A thread takes the lock here for each ticket of a batch, and asks for memory under none (O8). Tickets that
// ended threads had go to other threads before the store asks for new memory.
//
// A thread looks through all its tickets only when it knows of none that is free. If it then finds fewer than half of
// them free, the store doubles their number. So a section costs a bounded number of looks on average, and a thread has
// at most about twice as many tickets as it ever had sections open at once.
internal sealed unsafe class TicketStore
{
    private static TicketStore? s_ofProcess;

    private Piece? _pieces;
    private Holder? _holders;
    private Ticket* _unheld;
    private int _gate;

    public static TicketStore OfProcess => Order.Acquire(in s_ofProcess) ?? Once.Keep(ref s_ofProcess, new());

    /// <summary>This thread's tickets; the current one is free.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for tickets, or for the thread's list.</exception>
    public ThreadTickets* Prepare()
    {
        ThreadTickets* tickets = TicketsOfThisThread.Tickets;
        if (tickets == null)
        {
            tickets = Open();
        }

        tickets->Processor = Threads.CurrentProcessor;
        tickets->UntilLook = SectionsPerLook;
        if (tickets->Current == null || Ticket.IsOpen(tickets->Current))
        {
            if (tickets->Free == null)
            {
                Replenish(tickets);
            }

            tickets->Current = tickets->Free;
            tickets->Free = tickets->Current->NextFree;
        }

        return tickets;
    }

    /// <summary>The reader that began an open section in this set of this domain's counters: under Validate the oldest
    /// section, else any. Null if there is none.</summary>
    public ReaderIdentity? FindOpen(Stripes stripes, int index)
    {
        int sections = FindOpen(stripes, index, out int thread, out Holder? holder, out SectionSites.Entry oldest);

        if (sections == 0)
        {
            return null;
        }

        // Under no lock, as it takes memory (O8).
        FaultInjection.ThrowIfDue(FaultSite.Report);
        return new ReaderIdentity(holder?.Life.Thread.Name, thread, holder?.Life.OsThreadId ?? 0)
        {
            Entries = oldest.EnteredAt is { } site
                ? [new SectionEntry(site, oldest.EnteredTimestamp, IsOnline: false)]
                : [],
            Sections = sections,
        };
    }

    // Returns how many there are, and one of them.
    private int FindOpen(
        Stripes stripes, int index, out int thread, out Holder? holder, out SectionSites.Entry oldest)
    {
        SectionSites sites = SectionSites.OfProcess; // Its first use takes memory, so under no lock (O8).
        using TryLock.Holder gate = TryLock.Hold(ref _gate);
        Ticket* found = null;
        oldest = default;
        int sections = 0;
        for (Piece? piece = _pieces; piece is not null; piece = piece.Older)
        {
            for (int i = 0; i < TicketsPerPiece; i++)
            {
                // SAFETY: pieces are never freed; what changes during the search makes a stale report at worst.
                Ticket* ticket = (Ticket*)piece.Tickets + i;
                ulong number = Order.Acquire(in ticket->Number);
                if (!Ticket.IsOpen(ticket)
                    || !stripes.Contain(ticket->Counts)
                    || Stripes.IndexOf(ticket->Counts) != index)
                {
                    continue;
                }

                sections++;
                bool isRecorded = sites.TryFind(
                    ticket, number & ~Ticket.Validated, out SectionSites.Entry entry);
                if (found == null
                    || (isRecorded
                        && (oldest.EnteredAt is null || entry.EnteredTimestamp < oldest.EnteredTimestamp)))
                {
                    found = ticket;
                    oldest = entry;
                }
            }
        }

        thread = found == null ? 0 : found->ManagedThreadId;
        holder = found == null ? null : HolderOf(thread);
        return sections;
    }

    private Holder? HolderOf(int managedThreadId)
    {
        Holder? holder = _holders;
        while (holder is not null && holder.Life.Thread.ManagedThreadId != managedThreadId)
        {
            holder = holder.Older;
        }

        return holder;
    }

    private ThreadTickets* Open()
    {
        FaultInjection.ThrowIfDue(FaultSite.Ticket);
        using (TryLock.Hold(ref _gate))
        {
            TakeFromTheDead();
        }

        // SAFETY: the thread's own until it has ended; freed by TakeFromTheDead.
        ThreadTickets* tickets = (ThreadTickets*)NativeMemory.AlignedAlloc(ThreadTickets.Bytes, ThreadTickets.Bytes);
        *tickets = default;
        try
        {
            Holder holder = new(ThreadLife.OfCurrent(), (nint)tickets);
            AddBatch(tickets);
            tickets->Current = tickets->Free;
            tickets->Free = tickets->Current->NextFree;
            TicketsOfThisThread.Tickets = tickets;
            Add(holder);
        }
        catch
        {
            GiveBack(tickets->All);
            NativeMemory.AlignedFree(tickets);
            throw;
        }

        return tickets;
    }

    private void Add(Holder holder)
    {
        using TryLock.Holder gate = TryLock.Hold(ref _gate);
        holder.Older = _holders;
        _holders = holder;
    }

    private void GiveBack(Ticket* tickets)
    {
        using TryLock.Holder gate = TryLock.Hold(ref _gate);
        TakeFree(tickets);
    }

    private void Replenish(ThreadTickets* tickets)
    {
        int free = 0;
        for (Ticket* ticket = tickets->All; ticket != null; ticket = ticket->Next)
        {
            if (!Ticket.IsOpen(ticket))
            {
                ticket->NextFree = tickets->Free;
                tickets->Free = ticket;
                free++;
            }
        }

        if (free >= tickets->Count / 2)
        {
            return;
        }

        try
        {
            for (int i = tickets->Count; i > 0; i -= TicketBatch)
            {
                AddBatch(tickets);
            }
        }
        catch (OutOfMemoryException) when (tickets->Free != null)
        {
            // Enough for now.
        }
    }

    private void AddBatch(ThreadTickets* tickets)
    {
        for (int i = 0; i < TicketBatch; i++)
        {
            Ticket* ticket = TakeUnheld();
            ticket->ManagedThreadId = Environment.CurrentManagedThreadId;
            ticket->Next = tickets->All;
            tickets->All = ticket;
            ticket->NextFree = tickets->Free;
            tickets->Free = ticket;
            tickets->Count++;
        }
    }

    private Ticket* TakeUnheld()
    {
        Ticket* ticket = TryTakeUnheld();
        while (ticket == null)
        {
            AddPiece();
            ticket = TryTakeUnheld();
        }

        return ticket;
    }

    private Ticket* TryTakeUnheld()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_unheld == null)
        {
            TakeFromTheDead();
        }

        Ticket* ticket = _unheld;
        _unheld = ticket == null ? null : ticket->Next;
        return ticket;
    }

    // Needs neither garbage collections nor thread-exit hooks: a thread that looks for memory looks for dead threads
    // first. An ended thread stays known until its last section has ended, as a report may have to name it; until then
    // its managed id does not go to another thread either.
    private void TakeFromTheDead()
    {
        Holder? newer = null;
        for (Holder? holder = _holders; holder is not null; holder = holder.Older)
        {
            if (!holder.Life.HasEnded || !TryTakeAll((ThreadTickets*)holder.Tickets))
            {
                newer = holder;
            }
            else if (newer is null)
            {
                _holders = holder.Older;
            }
            else
            {
                newer.Older = holder.Older;
            }
        }
    }

    private bool TryTakeAll(ThreadTickets* tickets)
    {
        Order.Fence(); // Reads of what the thread last wrote come after the answer that it is dead.
        tickets->All = TakeFree(tickets->All);
        if (tickets->All != null)
        {
            return false;
        }

        NativeMemory.AlignedFree(tickets);
        return true;
    }

    // Nobody opens these tickets any more: one seen free stays free. Returns those with a section still open.
    private Ticket* TakeFree(Ticket* tickets)
    {
        Ticket* left = null;
        while (tickets != null)
        {
            Ticket* ticket = tickets;
            tickets = ticket->Next;
            ref Ticket* list = ref Ticket.IsOpen(ticket) ? ref left : ref _unheld;
            ticket->Next = list;
            list = ticket;
        }

        return left;
    }

    private void AddPiece()
    {
        FaultInjection.ThrowIfDue(FaultSite.Ticket);
        Piece piece = new();
        nuint bytes = TicketsPerPiece * Ticket.Bytes;

        // SAFETY: never freed; all-zero is a free ticket.
        Ticket* tickets = (Ticket*)NativeMemory.AlignedAlloc(bytes, Ticket.Bytes);
        NativeMemory.Clear(tickets, bytes);
        piece.Tickets = (nint)tickets;
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        piece.Older = _pieces;
        _pieces = piece;
        for (int i = 0; i < TicketsPerPiece; i++)
        {
            tickets[i].Next = _unheld;
            _unheld = &tickets[i];
        }
    }

    // Memory of tickets; the pieces are a list.
    private sealed class Piece
    {
        public nint Tickets { get; set; }

        public Piece? Older { get; set; }
    }

    // A thread that has tickets; the holders are a list.
    private sealed record Holder(ThreadLife Life, nint Tickets)
    {
        public Holder? Older { get; set; }
    }
}
