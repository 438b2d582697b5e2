using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Quiescent.Memory;

// The next block's line, asked for before it is needed. The base library has no such instruction for Arm.
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
