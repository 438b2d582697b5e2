using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Readers;

// One thread's place in one domain. The first word is the announcement that grace periods scan:
//
//     63                    16 15          0
//     [ sequence at entry     ][ nesting    ]      nesting 0: quiescent
//
// Only the owning thread writes a slot, with two exceptions: the engine clears a dead thread's word (O6: dead threads
// hold nothing up), and it asks an online reader to wake the thread that waits for it (ReaderFlags.Awaited). Each slot
// has a twin 64 bytes behind it. In a domain with Validate the owner gets the twin instead. The twin's constant Word
// looks like the deepest nesting, and its ReaderWord matches no registered reader, so every fast path's own test sends
// the thread to the slow path. Validation costs nothing elsewhere.
//
// A sleepable section may end on another thread, so it is announced in a ticket instead (Ticket.cs). A slot has at most
// about twice as many tickets as its thread ever had sections open at once.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct ReaderSlot
{
    public const int Bytes = 64;
    public const int Stride = 2 * Bytes;

    [FieldOffset(0)]
    public ulong Word;

    /// <summary>The thread's queues in this domain (<c>ThreadQueues</c>), fixed for the slot's life.</summary>
    [FieldOffset(8)]
    public void* Queues;

    /// <summary>The number of the registered reader that may use the fast path, with the bits of
    /// <see cref="ReaderFlags"/>.</summary>
    [FieldOffset(16)]
    public ulong ReaderWord;

    /// <summary>The domain's state, so that a registered reader is two words itself and travels in registers.</summary>
    [FieldOffset(24)]
    public DomainState* State;

    [FieldOffset(32)]
    public int Index;

    /// <summary>How many tickets the slot has (SlotTickets.cs).</summary>
    [FieldOffset(36)]
    public int TicketCount;

    /// <summary>The ticket that the thread's next sleepable section takes if it is free; never null.</summary>
    [FieldOffset(40)]
    public Ticket* Ticket;

    /// <summary>Tickets that were seen free. They stay free until the thread opens them.</summary>
    [FieldOffset(48)]
    public Ticket* FreeTickets;

    /// <summary>All of the slot's tickets.</summary>
    [FieldOffset(56)]
    public Ticket* Tickets;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsTwin(ReaderSlot* slot) => ((nint)slot & Bytes) != 0;

    public static ReaderSlot* TwinOf(ReaderSlot* slot) => slot + 1;

    /// <summary>The slot itself, given the slot or its twin.</summary>
    public static ReaderSlot* Untwinned(ReaderSlot* slot) => (ReaderSlot*)((nint)slot & ~(nint)Bytes);
}

// The low bits of a ReaderWord; the rest is the number of a registered reader in its slot, which is never 0.
internal static class ReaderFlags
{
    public const ulong Online = 1;
    public const ulong FullFence = 2;

    /// <summary>A thread that waits for this online reader sleeps, and the reader wakes it at its next quiescent state.
    /// The one bit that other threads set. No fast path matches a word with it.</summary>
    public const ulong Awaited = 4;
    public const ulong FirstNumber = 8;
    public const ulong Flags = Online | FullFence | Awaited;
}

// The arithmetic of announcement words and of sequences kept in the same form.
internal static class SectionWord
{
    public const int SequenceShift = 16;
    public const ulong NestingMask = (1UL << SequenceShift) - 1;
    public const ulong SequenceStep = 1UL << SequenceShift;
    public const int MaxNesting = (int)NestingMask;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Nesting(ulong word) => (ushort)word;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsQuiescent(ulong word) => (ushort)word == 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Sequence(ulong word) => word & ~NestingMask;

    /// <summary>O4 (wrap-around is harmless): compares by signed difference. Wrong only if one section lasts half the
    /// 48-bit range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasReached(ulong word, ulong target) => (long)(word - target) >= 0;
}
