using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Sleepable;

// Entry and exit of a sleepable section. Entry opens the section's ticket, then counts the section; exit closes the
// ticket, then counts the end. The arguments stand in StripeScan.cs (counting) and Ticket.cs (releasing once).
internal static unsafe class SleepableSection
{
    /// <summary>Begins a section under a free ticket of this thread. Returns the number that its lock
    /// carries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Enter(Ticket* ticket, SectionCounts* counts)
    {
        ulong number = ticket->Number + 1;
        Count(ticket, counts, number);
        return number;
    }

    /// <summary>As <see cref="Enter"/>, under Validate.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory to record the section; none has begun.</exception>
    public static ulong EnterRecorded(Ticket* ticket, SectionCounts* counts)
    {
        ulong number = ticket->Number + 1;
        SectionSites.OfProcess.Open(ticket, number);
        Count(ticket, counts, number | Ticket.Validated);
        return number;
    }

    // In a method of its own, since the finally block that calls it should stay small: the JIT copies a small one to
    // where it is entered, and does not call it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Release(Ticket* ticket, ulong number)
    {
        if (ticket == null)
        {
            ThrowDefault();
        }

        // SAFETY: tickets are never freed. What is read here belongs to the section if the exchange succeeds.
        SectionCounts* counts = ticket->Counts;
        if (Order.CompareExchange(ref ticket->Number, number + 1, number) != number)
        {
            ReleaseBeyondFast(ticket, number);
            return;
        }

        // O2 (read before ended) in StripeScan.cs. Once the end is counted, the counters may be gone.
        Order.Increment(ref counts->Unlocks);
    }

    /// <summary>Whether the section is open, and counted in these counters.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOpenIn(Ticket* ticket, ulong number, Stripes stripes)
    {
        if (ticket == null)
        {
            return false;
        }

        // SAFETY: as below.
        SectionCounts* counts = Order.Acquire(&ticket->Counts);
        return (Order.Acquire(in ticket->Number) & ~Ticket.Validated) == number && stripes.Contain(counts);
    }

    /// <summary>Whether the section is open, and counted in other counters than these. False for a section that has
    /// ended, of which nothing is known.</summary>
    public static bool IsOpenElsewhere(Ticket* ticket, ulong number, Stripes stripes)
    {
        if (ticket == null)
        {
            return false;
        }

        // SAFETY: tickets are never freed. The counters read first are the section's if it is still open after that.
        SectionCounts* counts = Order.Acquire(&ticket->Counts);
        return (Order.Acquire(in ticket->Number) & ~Ticket.Validated) == number && !stripes.Contain(counts);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReleaseBeyondFast(Ticket* ticket, ulong number)
    {
        ulong noted = number | Ticket.Validated;
        if (Order.Acquire(in ticket->Number) == noted)
        {
            SectionSites.OfProcess.Close(ticket, number);
            SectionCounts* counts = ticket->Counts;
            if (Order.CompareExchange(ref ticket->Number, number + 1, noted) == noted)
            {
                Order.Increment(ref counts->Unlocks);
                return;
            }
        }

        ThrowReleased(ticket, number);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Count(Ticket* ticket, SectionCounts* counts, ulong number)
    {
        ticket->Counts = counts;
        Order.Release(ref ticket->Number, number);
        Order.Increment(ref counts->Locks); // [P] partners: [Q], [S] in StripeScan.cs; outcomes there at O1.
    }

    [DoesNotReturn]
    private static void ThrowDefault() =>
        throw new InvalidOperationException("A default SrcuReadLock stands for no section. Take a lock from ReadLock.");

    [DoesNotReturn]
    private static void ThrowReleased(Ticket* ticket, ulong number)
    {
        string sites = SectionSites.OfProcess.TryFind(ticket, number, out SectionSites.Entry entry)
            ? $" The section began at {entry.EnteredAt} "
                + $"and was released at {entry.ReleasedAt?.ToString() ?? "an unknown place"}."
            : "";
        throw new InvalidOperationException(
            $"The lock was released before, perhaps through a copy. Nothing has changed.{sites}");
    }
}
