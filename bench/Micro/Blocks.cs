using System.Runtime.InteropServices;

namespace Quiescent.Micro;

internal static unsafe class Blocks
{
    public static long* Allocate(long value)
    {
        long* block = (long*)NativeMemory.Alloc(64);
        *block = value;
        return block;
    }

    // SAFETY: for blocks of Allocate that nobody can reach.
    public static void Free(long* block) => NativeMemory.Free(block);

    public static RcuPointer<long>* Publish()
    {
        RcuPointer<long>* pointer = (RcuPointer<long>*)NativeMemory.AllocZeroed(64);
        pointer->Assign(Allocate(1));
        return pointer;
    }

    // SAFETY: nobody reads any more.
    public static void Withdraw(RcuPointer<long>* pointer)
    {
        Free(pointer->Exchange(null));
        NativeMemory.Free(pointer);
    }
}
