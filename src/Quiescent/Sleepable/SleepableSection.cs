using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Sleepable;

// Entry and exit of a sleepable section: the section's ticket is its announcement. Why it is right:
//
// O1 (announced before read)  Entry loads Started (acquire), stores it into the ticket's Sequence (release), then the
//     odd number into Number (release) [P]; the section's loads follow. As for other sections (Readers/Section.cs) the
//     grace period orders the announcement before those loads, with the process-wide barrier [B] between raising
//     Started and scanning. At the point where the opening thread executes its share of [B]:
//       - Number was odd already: the scan, after [B], finds the ticket open (or free again, or open for a later
//         section);
//       - Number becomes odd later: so come the section's loads, and they see every unlink that was visible at [B].
//     Under ReadSideBarrier.Full the thread fences after the announcement instead, and the raise of Started is its
//     partner. The scan reads Number, then Sequence, each with acquire. If Number is odd, Sequence is that section's or
//     that of a later section under the ticket. If it is new enough, the scan skips the ticket, which is correct in
//     both cases:
//       - for the section that announced it, as in Section.cs: it has acquired the raised Started, after every unlink;
//       - for the one whose Number the scan read, if it is an earlier one: it had ended. Its opener acquired the end
//         (Number even) before it stored the later Sequence (release), so all its loads come before the scan's (O2).
// O2 (read before ended)  A section's loads come before the exchange that releases it, a full fence, and the scan loads
//     Number with acquire. A thread that ends a section begun on another one has received the lock from that thread, by
//     a hand-over that orders the two.
// O5 (slot visible before use)  Readers/SlotTickets.cs.
//
// Checked by: srcu.pml; TicketScanTests, TicketTests; systematic TicketScanTests; litmus store-buffer/sleepable;
// mutants sleepable-….
internal static unsafe class SleepableSection
{
    /// <summary>Begins a section under a free ticket of this thread's slot. Returns the number that its lock
    /// carries.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Enter(Ticket* ticket, ReaderSlot* slot, DomainState* state)
    {
        ulong number = ticket->Number + 1;
        Enter(ticket, number, slot, state);
        return number;
    }

    /// <summary>As above, under Validate: the section was recorded.</summary>
    public static void EnterRecorded(Ticket* ticket, ulong number, ReaderSlot* slot, DomainState* state) =>
        Enter(ticket, number | Ticket.Validated, slot, state);

    /// <summary>Announces a section that began when Started had this value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Announce(Ticket* ticket, ulong number, ulong sequence)
    {
        Order.Release(&ticket->Sequence, sequence);
        Order.Release(&ticket->Number, number); // [P] partner: [B] in GracePeriods/SlotScan.cs; outcomes above at O1.
    }

    // In a method of its own, since the finally block that calls it should stay small: the JIT inlines a small one
    // instead of calling it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Release(Ticket* ticket, ulong number)
    {
        if (ticket == null)
        {
            ThrowDefault();
        }

        // SAFETY: tickets are never freed. O2: the exchange comes after the section's loads.
        if (Order.CompareExchange(ref ticket->Number, number + 1, number) != number)
        {
            ReleaseBeyondFast(ticket, number);
        }
    }

    /// <summary>Whether the section is open, and belongs to the domain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOpenIn(Ticket* ticket, ulong number, long domain)
    {
        if (ticket == null)
        {
            return false;
        }

        // SAFETY: tickets are never freed. The domain read first is the section's, if that is still open afterwards.
        long owner = Order.Acquire(in ticket->Domain);
        return (Order.Acquire(in ticket->Number) & ~Ticket.Validated) == number && owner == domain;
    }

    /// <summary>Whether the section is open, and belongs to another domain. False for a section that has ended: nothing
    /// is known about it then.</summary>
    public static bool IsOpenElsewhere(Ticket* ticket, ulong number, long domain)
    {
        if (ticket == null)
        {
            return false;
        }

        // SAFETY: as above.
        long owner = Order.Acquire(in ticket->Domain);
        return (Order.Acquire(in ticket->Number) & ~Ticket.Validated) == number && owner != domain;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Enter(Ticket* ticket, ulong number, ReaderSlot* slot, DomainState* state)
    {
        // SAFETY: Started is the state's first word.
        Announce(ticket, number, Order.Acquire((ulong*)state));
        if ((slot->ReaderWord & ReaderFlags.FullFence) != 0)
        {
            Order.Fence(); // [P] under Full.
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReleaseBeyondFast(Ticket* ticket, ulong number)
    {
        ulong recorded = number | Ticket.Validated;
        if (Order.Acquire(in ticket->Number) == recorded)
        {
            SectionSites.OfProcess.Close(ticket, number);

            // Before the ticket can be another section's.
            SlotTable? table = SlotTable.HasStrict ? TableOf(Order.Acquire(in ticket->Domain)) : null;
            if (Order.CompareExchange(ref ticket->Number, number + 1, recorded) == recorded)
            {
                table?.AfterSection();
                return;
            }
        }

        ThrowReleased(ticket, number);
    }

    // Null without memory to look for it: the section ends all the same.
    private static SlotTable? TableOf(long domain)
    {
        try
        {
            return SlotTable.OfDomain(domain);
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
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
