using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Sleepable;

// One open section's entry, so that its release is known from a second one: the counters alone could not tell. Tickets
// serve all domains in turn and are never freed; their memory stays valid for a lock that was kept for too long.
//
// Number is even while the ticket is free, odd while a section is open under it, and grows by one at each step; a lock
// carries the odd number it was made with. Only the thread whose ticket it is opens it: a load and a store. A release,
// on any thread, exchanges the number for the next one: of several releases of one lock one succeeds, and none can hit
// a later section under the same ticket. What the ticket says of the section is read before the exchange, and is the
// section's own if that succeeds: from then on it is the opener's again.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct Ticket
{
    public const int Bytes = 64;

    /// <summary>In Number of a section that Validate looks after: its lock does not carry the bit, so that the
    /// release's exchange fails and goes the long way. So validation costs the others nothing.</summary>
    public const ulong Validated = 1UL << 63;

    [FieldOffset(0)]
    public ulong Number;

    /// <summary>Where the section was counted, and counts its end: the address tells the domain and the set
    /// too.</summary>
    [FieldOffset(8)]
    public SectionCounts* Counts;

    /// <summary>The next of the thread's tickets, or of those that no thread has.</summary>
    [FieldOffset(16)]
    public Ticket* Next;

    /// <summary>The next of the thread's tickets that were seen free.</summary>
    [FieldOffset(24)]
    public Ticket* NextFree;

    /// <summary>The thread whose ticket it is.</summary>
    [FieldOffset(32)]
    public int ManagedThreadId;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOpen(Ticket* ticket) => (Order.Acquire(&ticket->Number) & 1) != 0;
}

// A thread's tickets. Only that thread uses it, and the thread that finds it dead.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct ThreadTickets
{
    public const int Bytes = 64;

    /// <summary>The ticket to try first; never null.</summary>
    [FieldOffset(0)]
    public Ticket* Current;

    /// <summary>Sections until the thread looks again where it runs.</summary>
    [FieldOffset(8)]
    public int UntilLook;

    /// <summary>Where it ran when it last looked.</summary>
    [FieldOffset(12)]
    public int Processor;

    /// <summary>Tickets that were seen free. They stay so, as nobody else opens them.</summary>
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
