using System.Runtime.InteropServices;
using Quiescent.Tests.Reclamation;

namespace Quiescent.Tests.Memory;

// One block of a slab: it counts how often it was freed, so that a double free and a miss both show for certain.
[StructLayout(LayoutKind.Sequential)]
internal struct FlaggedBlock
{
    public RcuHead Head;
    public long Payload;
    public long Frees;
}

// Blocks that are never given back while the slab lives, whatever a test does to them.
internal sealed unsafe class FlaggedBlocks(int count) : IDisposable
{
    private readonly FlaggedBlock* _blocks =
        (FlaggedBlock*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(FlaggedBlock));

    public int Count => count;

    public FlaggedBlock* this[int index] => _blocks + index;

    public long FreesOf(int index) => Volatile.Read(ref this[index]->Frees);

    /// <summary>The first <paramref name="freed"/> blocks were freed exactly once, all others not at all.</summary>
    public void MustBeFreedOnce(int freed)
    {
        for (int i = 0; i < count; i++)
        {
            long expected = i < freed ? 1 : 0;
            Assert.True(FreesOf(i) == expected, $"Block {i} was freed {FreesOf(i)} times, not {expected}.");
        }
    }

    public void Dispose() => NativeMemory.Free(_blocks);
}

// The user deallocator of flagged blocks: poisons and counts.
internal readonly unsafe struct FlaggingHeap : INativeDeallocator
{
    public const long Poison = 0x6B6B6B6B6B6B6B6B;

    private static long s_strays;

    /// <summary>Calls from any other thread than a reclaimer.</summary>
    public static long Strays => Interlocked.Read(ref s_strays);

    public static void Free(void* block)
    {
        FlaggedBlock* flagged = (FlaggedBlock*)block;
        Volatile.Write(ref flagged->Payload, Poison);
        Interlocked.Increment(ref flagged->Frees);
        if (!Inside.IsOnReclaimer)
        {
            Interlocked.Increment(ref s_strays);
        }
    }

    /// <summary>The same as a function callback of the head that stands first in the block.</summary>
    public static void Callback(RcuHead* head) => Free(head);
}
