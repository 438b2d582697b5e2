using System.Runtime.InteropServices;
using Quiescent.Tests.Reclamation;

namespace Quiescent.Tests.Memory;

// A user deallocator for blocks of malloc's heap that counts, and that counts calls from any other thread than a
// reclaimer.
internal readonly unsafe struct CountingHeap : INativeDeallocator
{
    private static long s_freed;
    private static long s_strays;

    public static long Freed => Interlocked.Read(ref s_freed);

    public static long Strays => Interlocked.Read(ref s_strays);

    public static void Free(void* block)
    {
        NativeMemory.Free(block);
        Interlocked.Increment(ref s_freed);
        if (!Inside.IsOnReclaimer)
        {
            Interlocked.Increment(ref s_strays);
        }
    }
}
