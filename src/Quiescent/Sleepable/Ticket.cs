using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Sleepable;

// One open section's entry, which tells its first release from a second one: the counters alone could not. Tickets
// serve all domains in turn and are never freed, so their memory stays valid for a lock that was kept for too long.
//
// Number is even while the ticket is free, odd while a section is open under it, and grows by one at each step. A lock
// carries the odd number that it was made with. Only the thread that has the ticket opens it: a load and a store. A
// release, on any thread, exchanges the number for the next one: of several releases of one lock one succeeds, and none
// can hit a later section under the same ticket. A release reads what the ticket says of the section before that
// exchange. If the exchange succeeds, what it read is the section's own; from then on the ticket is the opener's again.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct Ticket
{
    public const int Bytes = 64;

    /// <summary>Set in Number while the open section is one that Validate records. The lock does not carry the bit, so
    /// that the exchange of its release fails and the release takes the slow path. Validation thus costs other sections
    /// nothing.</summary>
    public const ulong Validated = 1UL << 63;

    [FieldOffset(0)]
    public ulong Number;

    /// <summary>Where the section was counted, and where its end is counted. The address also tells the domain and the
    /// set.</summary>
    [FieldOffset(8)]
    public SectionCounts* Counts;

    /// <summary>The next of the thread's tickets, or of those that no thread has.</summary>
    [FieldOffset(16)]
    public Ticket* Next;

    /// <summary>The next of the thread's tickets that were seen free.</summary>
    [FieldOffset(24)]
    public Ticket* NextFree;

    /// <summary>The thread that has the ticket.</summary>
    [FieldOffset(32)]
    public int ManagedThreadId;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOpen(Ticket* ticket) => (Order.Acquire(&ticket->Number) & 1) != 0;
}

// A thread's tickets. Only that thread uses them, and, when it has ended, the thread that finds it dead.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct ThreadTickets
{
    public const int Bytes = 64;

    /// <summary>The ticket to try first; never null.</summary>
    [FieldOffset(0)]
    public Ticket* Current;

    /// <summary>How many more sections the thread begins before it looks again on which processor it runs.</summary>
    [FieldOffset(8)]
    public int UntilLook;

    /// <summary>The processor on which it ran when it last looked.</summary>
    [FieldOffset(12)]
    public int Processor;

    /// <summary>Tickets that were seen free. They stay free, as no other thread opens them.</summary>
    [FieldOffset(16)]
    public Ticket* Free;

    /// <summary>All of the thread's tickets.</summary>
    [FieldOffset(24)]
    public Ticket* All;

    [FieldOffset(32)]
    public int Count;
}

// In a class without a static constructor, as in Readers/DefaultSlot.cs.
internal static unsafe class TicketsOfThisThread
{
    [ThreadStatic]
    public static ThreadTickets* Tickets;
}
