using System.Runtime.InteropServices;

namespace Quiescent.Readers;

// The words of a domain that all its threads read. They lie in native memory, so their addresses are plain constants
// for the fast paths, and on three pairs of cache lines (prefetchers fetch pairs), so a write to one pair disturbs no
// reader of another. The memory belongs to the SlotTable, whose finalizer frees it (O5 there).
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct DomainState
{
    public const int Bytes = 3 * 128;

    /// <summary>The latest grace period started, in the form a reader announces: <c>sequence &lt;&lt; 16 |
    /// 1</c>.</summary>
    [FieldOffset(0)]
    public ulong Started;

    /// <summary>1 once the domain is disposed. Beside Started, since opening a section reads both.</summary>
    [FieldOffset(8)]
    public int Closed;

    /// <summary>The latest grace period that has ended: <c>sequence &lt;&lt; 16</c>.</summary>
    [FieldOffset(128)]
    public ulong Completed;

    /// <summary>Bits of <see cref="Readers.AppendFlags"/> for appends beyond the fast path.</summary>
    [FieldOffset(256)]
    public int AppendFlags;

    /// <summary>The weak handle of the <see cref="SlotTable"/>, for a thread that has only the address of its
    /// slot.</summary>
    [FieldOffset(264)]
    public nint Table;
}

// The bits of DomainState.AppendFlags, and those of a queue's AppendWord, which an append reads after it has stored its
// item (fence [D] in Reclamation/Producer.cs). Only Idle is the domain's alone, and only Listed is the queue's.
internal static class AppendFlags
{
    /// <summary>The reclaimer sleeps or was never started: the append wakes it.</summary>
    public const int Idle = 1;

    /// <summary>The domain is disposed: the append is withdrawn unless the drain has taken it.</summary>
    public const int Disposed = 2;

    /// <summary>The process-wide barrier cannot be relied upon: each append fences by itself.</summary>
    public const int Fenced = 4;

    /// <summary>The backlog limit is small: each push of a head looks whether its owner has to count and
    /// collect.</summary>
    public const int SmallLimit = 8;

    /// <summary>The queue's slot is listed (<see cref="ListedSlots"/>): the append has nothing to say. Clear: it lists
    /// the slot.</summary>
    public const int Listed = 16;
}
