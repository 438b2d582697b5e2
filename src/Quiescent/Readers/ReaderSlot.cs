using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Readers;

// One thread's place in one domain. The first word is the announcement that grace periods scan:
//
//     63                    16 15          0
//     [ sequence at entry     ][ nesting    ]      nesting 0: quiescent
//
// Only the owning thread writes a slot, but for the word of a dead thread (O6). Each slot has a twin 64 bytes behind
// it. In a domain with Validate the owner is handed the twin instead, whose constant word looks like the deepest
// nesting and whose handle word matches no handle: so every fast path's own test sends it to the slow path, and
// validation costs nothing elsewhere.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct ReaderSlot
{
    public const int Bytes = 64;
    public const int Stride = 2 * Bytes;

    [FieldOffset(0)]
    public ulong Word;

    /// <summary>The thread's queues in this domain (Reclamation's), fixed for the slot's life.</summary>
    [FieldOffset(8)]
    public void* Queues;

    /// <summary>The handle that may use the fast path, with the bits of <see cref="ReaderFlags"/>.</summary>
    [FieldOffset(16)]
    public ulong ReaderWord;

    /// <summary>The domain's state, so that a registered reader is two words itself and travels in registers.</summary>
    [FieldOffset(24)]
    public DomainState* State;

    [FieldOffset(32)]
    public int Index;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsTwin(ReaderSlot* slot) => ((nint)slot & Bytes) != 0;

    public static ReaderSlot* TwinOf(ReaderSlot* slot) => slot + 1;

    /// <summary>The slot itself, whether handed the slot or its twin.</summary>
    public static ReaderSlot* Untwinned(ReaderSlot* slot) => (ReaderSlot*)((nint)slot & ~(nint)Bytes);
}

// The low bits of a handle word; the rest is the handle's number in its slot, never 0.
internal static class ReaderFlags
{
    public const ulong Online = 1;
    public const ulong FullFence = 2;
    public const ulong FirstNumber = 4;
    public const ulong Flags = Online | FullFence;
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

    /// <summary>O4: signed difference, so that wrapping is harmless unless one section lasts half the 48-bit
    /// range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasReached(ulong word, ulong target) => (long)(word - target) >= 0;
}
