using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Quiescent.Memory;

// Asks for the next block's cache line before it is needed. The base library has no such instruction for Arm.
internal static unsafe class Prefetch
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Read(void* address)
    {
        if (Sse.IsSupported)
        {
            // SAFETY: a hint; no address faults.
            Sse.Prefetch0(address);
        }
    }
}
