using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Quiescent.Scale.Peers;

// Hazard pointers (Michael): the reader records which block it reads, fences, and checks whether the pointer still
// holds it. This is the read side alone, at its cheapest: one slot, which the thread knows without a look-up. The work
// of an updater, scanning the slots of all threads, is not here.
internal readonly unsafe struct HazardPointer : IReadSide<nint>
{
    private const int Line = 128;

    // SAFETY: freed by End.
    public static nint Begin()
    {
        void* slot = NativeMemory.AlignedAlloc(Line, Line);
        NativeMemory.Clear(slot, Line);
        return (nint)slot;
    }

    // SAFETY: the state is Begin's.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Read(nint state, RcuPointer<long>* pointer)
    {
        nint* slot = (nint*)state;
        long* block = pointer->LoadProtected();
        while (true)
        {
            Volatile.Write(ref *slot, (nint)block);
            Interlocked.MemoryBarrier(); // Else the second look may come before the slot is seen.
            long* now = pointer->LoadProtected();
            if (now == block)
            {
                break;
            }

            block = now;
        }

        long value = *block;
        Volatile.Write(ref *slot, 0);
        return value;
    }

    public static void End(nint state) => NativeMemory.AlignedFree((void*)state);
}
