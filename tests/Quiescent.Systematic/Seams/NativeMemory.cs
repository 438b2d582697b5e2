using Quiescent.Systematic.Support;
using Platform = System.Runtime.InteropServices.NativeMemory;

namespace Quiescent;

// Found before the platform's class of this name by all of the library, which lies in this namespace: so the tests see
// each block that the library frees, and the block stays readable for whoever should not read it any more.
internal static unsafe class NativeMemory
{
    public static void* AllocZeroed(nuint bytes) => Platform.AllocZeroed(bytes);

    public static void* AlignedAlloc(nuint bytes, nuint alignment) => Platform.AlignedAlloc(bytes, alignment);

    public static void Clear(void* memory, nuint bytes) => Platform.Clear(memory, bytes);

    public static void Free(void* memory)
    {
        if (Schedule.Current?.IsBlock(memory) == true)
        {
            Block.Free((Block*)memory);
        }
        else
        {
            Platform.Free(memory);
        }
    }

    public static void AlignedFree(void* memory) => Platform.AlignedFree(memory);
}
