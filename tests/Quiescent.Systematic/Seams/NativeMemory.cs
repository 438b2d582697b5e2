using Quiescent.Systematic.Support;
using Platform = System.Runtime.InteropServices.NativeMemory;

namespace Quiescent;

// The whole library, which lies in this namespace, finds this class before the platform's class of the same name: so
// the tests see each block that the library frees, and the block stays readable for a reader that comes too late.
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
