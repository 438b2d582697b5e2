namespace Quiescent.Locks;

// The word of a lock that each reader loads. 0: nobody is in the way. Only the holder of the queue's gate writes it.
//
//     63                        16 15    3    2          1        0
//     [ target: the grace period  ][ 0   ][ Disposed ][ HasTarget ][ Writer ]
//     [ that the writer waits for ]
internal static class WriterWord
{
    /// <summary>A writer waits for readers, or is inside.</summary>
    public const ulong Writer = 1;

    /// <summary>The upper bits are the target of the writer's grace period.</summary>
    public const ulong HasTarget = 2;

    /// <summary>The lock is disposed of.</summary>
    public const ulong Disposed = 4;

    private const ulong Flags = Writer | HasTarget | Disposed;

    public static ulong TargetOf(ulong word) => word & ~Flags;
}
