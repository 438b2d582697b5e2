using System.Runtime.InteropServices;
using Quiescent;

namespace Figures;

// Allocate 64 bytes, publish by exchange, free the old block after a grace period, to the end of the last barrier.
internal static unsafe class Floods
{
    private const int Blocks = 4_000_000;

    public static void AtOnce()
    {
        RcuPointer<long> pointer = default;
        for (int i = 0; i < Blocks; i++)
        {
            NativeMemory.Free(pointer.Exchange(Allocate(i)));
        }

        NativeMemory.Free(pointer.Exchange(null));
    }

    public static void HeadLess()
    {
        RcuPointer<long> pointer = default;
        for (int i = 0; i < Blocks; i++)
        {
            Rcu.Free(pointer.Exchange(Allocate(i)));
        }

        Rcu.Free(pointer.Exchange(null));
        Rcu.Barrier();
    }

    public static void WithHead()
    {
        RcuPointer<long> pointer = default;
        pointer.Assign(Allocate(0));
        for (int i = 0; i < Blocks; i++)
        {
            long* old = pointer.Exchange(Allocate(i));
            Rcu.Free(old, (RcuHead*)(old + 1));
        }

        Rcu.Free(pointer.Exchange(null));
        Rcu.Barrier();
    }

    public static double MillionsPerSecond(TimeSpan time) => Blocks / time.TotalSeconds / 1e6;

    private static long* Allocate(long value)
    {
        long* block = (long*)NativeMemory.Alloc(64);
        *block = value;
        return block;
    }
}
