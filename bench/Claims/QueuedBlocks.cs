using System.Runtime.InteropServices;

namespace Quiescent.Claims;

// Blocks of 64 bytes that are queued. The module that is unloaded queues them too: it is this assembly, loaded again
// into a context of its own.
internal static unsafe class QueuedBlocks
{
    /// <summary>Queues blocks with the function that frees them, or with a trivial callback.</summary>
    public static void Queue(RcuDomain domain, bool trivial, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Block* block = (Block*)NativeMemory.Alloc((nuint)sizeof(Block));
            if (trivial)
            {
                domain.Free(block, &block->Head);
            }
            else
            {
                domain.Call(&block->Head, &FreeBlock);
            }
        }
    }

    /// <summary>Runs a turn that queues, and waits until everything is reclaimed.</summary>
    /// <exception cref="InvalidOperationException">Something was not reclaimed, or was reclaimed twice.</exception>
    public static double AllReclaimed(RcuDomain domain, long queued, Func<double> turn)
    {
        RcuStatistics before = domain.GetStatistics();
        double result = turn();
        domain.Barrier();
        RcuStatistics after = domain.GetStatistics();
        long done = after.BlocksFreed + after.CallbacksInvoked - before.BlocksFreed - before.CallbacksInvoked;
        return done == queued ? result : throw new InvalidOperationException($"{queued} were queued, {done} reclaimed");
    }

    private static void FreeBlock(RcuHead* head) => NativeMemory.Free((byte*)head - sizeof(long));

    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Block
    {
        public long Key;
        public RcuHead Head;
    }
}
