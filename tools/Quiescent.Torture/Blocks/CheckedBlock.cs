using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Blocks;

// Which allocator a block comes from, and so which forms of Free are its own.
internal enum BlockHeap
{
    Native,
    Aligned,
    Quarantine,
}

// A block that shows whether it was freed. The first two words are those in which malloc links its free lists; the
// third ties them to the address. Wherever the head is, it lies behind these, since the library writes into it while
// readers still read.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct CheckedBlock
{
    public const int MinBytes = HeaderWords * 8 + 16;

    private const int HeaderWords = 6;
    private const ulong Magic = 0x51_75_69_65_73_63_65_6E; // Quiescen
    private const int MaxHeadWord = 4095;

    private static long s_generations;

    public ulong Mark;
    public ulong Generation;
    public ulong Check;
    public int Bytes;
    public int HeadWord;

    /// <summary>A handle of the block's quarantine.</summary>
    public nint Owner;
    private readonly ulong _padding;

    /// <summary>A block with a generation of its own, and a head at any word that a head may have.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory.</exception>
    public static CheckedBlock* Allocate(BlockHeap heap, nint owner, Rng random)
    {
        int bytes = random.OneIn(64)
            ? (MaxHeadWord + 2) * 8
            : MinBytes + (8 * random.Next(40));
        // SAFETY: as large as asked for, at least its header and a head; what lies behind is nobody's but the head's.
        CheckedBlock* block = (CheckedBlock*)(heap == BlockHeap.Aligned
            ? NativeMemory.AlignedAlloc((nuint)bytes, 64)
            : NativeMemory.Alloc((nuint)bytes));
        block->Bytes = bytes;
        block->HeadWord = random.Between(HeaderWords, Math.Min(MaxHeadWord, (bytes / 8) - 2));
        block->Owner = owner;
        block->Mark = Magic;
        block->Generation = (ulong)Interlocked.Increment(ref s_generations);
        block->Check = CheckOf(block, block->Generation);
        return block;
    }

    /// <summary>Frees a block that nobody has published or queued, at once.</summary>
    public static void FreeAtOnce(CheckedBlock* block, BlockHeap heap)
    {
        if (heap == BlockHeap.Aligned)
        {
            NativeMemory.AlignedFree(block);
        }
        else
        {
            NativeMemory.Free(block);
        }
    }

    public static RcuHead* HeadOf(CheckedBlock* block) => (RcuHead*)((nint*)block + block->HeadWord);

    public static bool IsIntact(CheckedBlock* block) =>
        Volatile.Read(ref block->Mark) == Magic
        && Volatile.Read(ref block->Check) == CheckOf(block, Volatile.Read(ref block->Generation));

    private static ulong CheckOf(CheckedBlock* block, ulong generation) =>
        ((ulong)block ^ (generation * 0x9E3779B97F4A7C15)) + Magic;
}

// What a reader saw when it loaded a block, to be compared at any later time in its section.
internal readonly unsafe struct Sighting(CheckedBlock* block)
{
    // SAFETY: held by a section, so not freed: that it is, is what is tested. A process that dies of it has failed,
    // too.
    private readonly CheckedBlock* _block = block;
    private readonly ulong _generation = Volatile.Read(ref block->Generation);

    /// <summary>Null: the block is whole, and the one it was.</summary>
    public string? Fault()
    {
        ulong now = Volatile.Read(ref _block->Generation);
        return now != _generation
            ? $"A checked block became another under a section: generation {_generation} is now {now}."
            : !CheckedBlock.IsIntact(_block)
                ? $"A checked block of generation {_generation} was overwritten under a section: mark {_block->Mark:x}."
                : null;
    }
}
