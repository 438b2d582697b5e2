using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Readers;

// A sleepable section's announcement, which grace periods scan, and what tells the section's first release from a
// second one.
//
//       Number is even              the owner announces               Number is odd
//     ┌────────────────┐ ──────────────────────────────────────► ┌────────────────┐
//     │      free      │                                         │      open      │
//     └────────────────┘ ◄────────────────────────────────────── └────────────────┘
//                          any thread releases: an exchange
//
// Number grows by one at each step. A lock carries the odd number that it was made with. A release exchanges the number
// for the next one: of several releases of one lock one succeeds, and none can hit a later section under the same
// ticket. Sleepable/SleepableSection.cs says why a grace period sees what it must.
//
// A ticket belongs to a slot, and so to one domain. Only the slot's thread opens it: a load and two stores. A slot
// keeps its tickets when it goes from an ended thread to another one, which it does once none of them is open. When a
// domain's slots are freed, their tickets go back to the process's store, for other domains. They are never freed, so
// their memory stays valid for a lock that was kept for too long.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct Ticket
{
    public const int Bytes = 64;

    /// <summary>Set in Number while the open section is one that Validate records. The lock does not carry the bit, so
    /// that the exchange of its release fails and the release takes the slow path. Validation thus costs other sections
    /// nothing.</summary>
    public const ulong Validated = 1UL << 63;

    /// <summary>The first word: a twin's first word is odd, so a twin reads as a ticket that is always open.</summary>
    [FieldOffset(0)]
    public ulong Number;

    /// <summary>The domain's sequence when the section began, as in a slot's word.</summary>
    [FieldOffset(8)]
    public ulong Sequence;

    /// <summary>The number of the domain that has the ticket. Changes only while the ticket is free.</summary>
    [FieldOffset(16)]
    public long Domain;

    /// <summary>The next of the slot's tickets, fixed while the slot has it; or of those that no slot has.</summary>
    [FieldOffset(24)]
    public Ticket* Next;

    /// <summary>The next of the slot's tickets that were seen free.</summary>
    [FieldOffset(32)]
    public Ticket* NextFree;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsOpen(Ticket* ticket) => (Order.Acquire(&ticket->Number) & 1) != 0;
}
