using System.Runtime.InteropServices;
using Quiescent.Faults;
using Quiescent.Ordering;
using Quiescent.Readers;
using static Quiescent.Ordering.Tuning;

namespace Quiescent.Sleepable;

// The process's tickets: chunks that are never freed, tickets that no thread has on its list, and the lists of all threads. So a
// thread takes the lock here once per batch, and what ended threads had goes to others before new memory is asked for.
internal sealed unsafe class TicketStore
{
    private readonly List<nint> _chunks = [];
    private readonly List<Holder> _holders = [];
    private Ticket* _free;
    private int _gate;

    public static TicketStore OfProcess { get; } = new();

    /// <summary>A ticket for this thread, whose list is empty.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for tickets, or for the thread's list.</exception>
    public Ticket* Take()
    {
        TicketCache* cache = ThreadTickets.Cache;
        if (cache == null)
        {
            cache = Open();
        }

        if (cache->Free == null)
        {
            using TryLock.Holder holder = TryLock.Hold(ref _gate);
            Refill(cache);
        }

        Ticket* ticket = cache->Free;
        cache->Free = ticket->Next;
        cache->Count--;
        return ticket;
    }

    /// <summary>Takes a ticket back where the thread has no list, or a full one. Cannot fail.</summary>
    public void Give(Ticket* ticket)
    {
        TicketCache* cache = ThreadTickets.Cache;
        if (cache == null)
        {
            cache = TryOpen();
        }

        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (cache == null)
        {
            ticket->Next = _free;
            _free = ticket;
            return;
        }

        for (int i = 0; i < TicketBatch && cache->Free != null; i++)
        {
            Ticket* surplus = cache->Free;
            cache->Free = surplus->Next;
            cache->Count--;
            surplus->Next = _free;
            _free = surplus;
        }

        ticket->Next = cache->Free;
        cache->Free = ticket;
        cache->Count++;
    }

    /// <summary>Who has begun a section that is open in this set of this domain's counters; null when none is found.</summary>
    public Culprit? FindOpen(byte* stripes, int index)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        foreach (nint chunk in _chunks)
        {
            for (int i = 0; i < TicketsPerChunk; i++)
            {
                // SAFETY: chunks are never freed; what changes meanwhile makes a stale report at worst.
                Ticket* ticket = (Ticket*)chunk + i;
                if (Ticket.IsOpen(Order.Acquire(in ticket->Number)) && ticket->Stripes == stripes && ticket->Index == index)
                {
                    return Identify(ticket->ManagedThreadId);
                }
            }
        }

        return null;
    }

    private Culprit Identify(int managedThreadId)
    {
        foreach (Holder holder in _holders)
        {
            if (holder.Thread.ManagedThreadId == managedThreadId)
            {
                return new Culprit(holder.Thread.Name, managedThreadId, holder.OsThreadId);
            }
        }

        return new Culprit(null, managedThreadId, 0);
    }

    private TicketCache* TryOpen()
    {
        try
        {
            return Open();
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    private TicketCache* Open()
    {
        FaultInjection.ThrowIfDue(FaultSite.Ticket);
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        TakeFromTheDead();
        _holders.EnsureCapacity(_holders.Count + 1);

        // SAFETY: the thread's own until it has ended; freed by TakeFromTheDead.
        TicketCache* cache = (TicketCache*)NativeMemory.AlignedAlloc(TicketCache.Bytes, TicketCache.Bytes);
        *cache = new TicketCache { ManagedThreadId = Environment.CurrentManagedThreadId };
        _holders.Add(new Holder(Thread.CurrentThread, OsThread.CurrentId(), (nint)cache));
        ThreadTickets.Cache = cache;
        return cache;
    }

    // Neither garbage collections nor thread-exit hooks are needed: who looks for memory looks for the dead first.
    private void TakeFromTheDead()
    {
        for (int i = _holders.Count - 1; i >= 0; i--)
        {
            if (!Threads.HasEnded(_holders[i].Thread))
            {
                continue;
            }

            Order.Fence(); // What the thread last wrote comes after the answer that it is dead.
            TicketCache* cache = (TicketCache*)_holders[i].Cache;
            while (cache->Free != null)
            {
                Ticket* ticket = cache->Free;
                cache->Free = ticket->Next;
                ticket->Next = _free;
                _free = ticket;
            }

            NativeMemory.AlignedFree(cache);
            _holders[i] = _holders[^1];
            _holders.RemoveAt(_holders.Count - 1);
        }
    }

    private void Refill(TicketCache* cache)
    {
        if (_free == null)
        {
            TakeFromTheDead();
        }

        if (_free == null)
        {
            AddChunk();
        }

        for (int i = 0; i < TicketBatch && _free != null; i++)
        {
            Ticket* ticket = _free;
            _free = ticket->Next;
            ticket->Next = cache->Free;
            cache->Free = ticket;
            cache->Count++;
        }
    }

    private void AddChunk()
    {
        FaultInjection.ThrowIfDue(FaultSite.Ticket);
        _chunks.EnsureCapacity(_chunks.Count + 1);
        nuint bytes = TicketsPerChunk * Ticket.Bytes;

        // SAFETY: never freed; all-zero is a free ticket.
        Ticket* chunk = (Ticket*)NativeMemory.AlignedAlloc(bytes, Ticket.Bytes);
        NativeMemory.Clear(chunk, bytes);
        _chunks.Add((nint)chunk);
        for (int i = 0; i < TicketsPerChunk; i++)
        {
            chunk[i].Next = _free;
            _free = &chunk[i];
        }
    }

    private readonly record struct Holder(Thread Thread, ulong OsThreadId, nint Cache);
}
