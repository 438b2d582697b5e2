using System.Runtime.InteropServices;

namespace Quiescent.Sleepable;

// One open section's entry, so that its release is known from a second one: the counters alone could not tell. Tickets serve all
// domains in turn and are never freed; their memory stays valid for whoever kept a lock for too long.
//
// While free, a ticket belongs to the thread or store on whose list it is. Number is even then, odd while a section is open, and
// grows by one at each step; a lock carries the odd number it was made with. A release exchanges it for the next one: of several releases of one lock
// one succeeds, and none can hit a later section under the same ticket.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct Ticket
{
    public const int Bytes = 64;

    [FieldOffset(0)]
    public ulong Number;

    /// <summary>The next ticket on the same list.</summary>
    [FieldOffset(8)]
    public Ticket* Next;

    /// <summary>Where the section counts its end.</summary>
    [FieldOffset(16)]
    public SectionCounts* Counts;

    /// <summary>The domain's counters.</summary>
    [FieldOffset(24)]
    public byte* Stripes;

    /// <summary>The set of counters.</summary>
    [FieldOffset(32)]
    public int Index;

    /// <summary>The thread that began the section.</summary>
    [FieldOffset(36)]
    public int ManagedThreadId;

    public static bool IsOpen(ulong number) => (number & 1) != 0;
}

// A thread's free tickets. Only that thread uses it, and whoever finds the thread dead.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct TicketCache
{
    public const int Bytes = 64;

    [FieldOffset(0)]
    public Ticket* Free;

    [FieldOffset(8)]
    public int Count;

    [FieldOffset(12)]
    public int ManagedThreadId;
}

// In a class without a static constructor, as in Readers/DefaultSlot.cs.
internal static unsafe class ThreadTickets
{
    [ThreadStatic]
    public static TicketCache* Cache;
}
