using System.Runtime.InteropServices;

namespace Quiescent.Readers;

// The words of a domain that every one of its threads reads: in native memory, so that their addresses are plain
// constants for the fast paths, and on cache lines of their own (pairs of lines, since prefetchers fetch those), so
// that a write to one disturbs the readers of no other. The memory belongs to the SlotTable and lives as long as any
// registration.
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

    /// <summary>What an append has to attend to: bits of <see cref="Readers.AppendFlags"/>; 0 nearly always.</summary>
    [FieldOffset(256)]
    public int AppendFlags;
}

// The bits of DomainState.AppendFlags. An append stores its item, then reads the word (fence D in Reclamation).
internal static class AppendFlags
{
    /// <summary>The reclaimer sleeps or was never started: the append wakes it.</summary>
    public const int Idle = 1;

    /// <summary>The domain is disposed: the append is withdrawn unless the drain has taken it.</summary>
    public const int Disposed = 2;

    /// <summary>The process-wide barrier cannot be relied upon: each append fences by itself.</summary>
    public const int Fenced = 4;
}
