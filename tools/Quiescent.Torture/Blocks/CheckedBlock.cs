using System.Runtime.InteropServices;
using Quiescent.Torture.Actors;

namespace Quiescent.Torture.Blocks;

// The allocator that a block comes from, which decides the forms of Free that fit it.
internal enum BlockHeap
{
    Native,
    Aligned,
    Quarantine,
}

// A block that shows whether it was freed. The first two words are those in which malloc links its free lists; the
// third ties them to the address. The head lies behind these, wherever it is, because the library writes into it while
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

    /// <summary>A <c>GCHandle</c> of the block's quarantine.</summary>
    public nint Owner;
    private readonly ulong _padding;

    /// <summary>Allocates a block with a generation of its own, and a head at any word where a head may be.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory.</exception>
    public static CheckedBlock* Allocate(BlockHeap heap, nint owner, Rng random)
    {
        int bytes = random.OneIn(64)
            ? (MaxHeadWord + 2) * 8
            : MinBytes + (8 * random.Next(40));
        // SAFETY: as large as requested, at least its header and a head; the memory behind the header is the head's
        // alone.
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

    /// <summary>Frees at once a block that nobody has published or queued.</summary>
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

// What a reader saw when it loaded a block, for comparison at any later time in its section.
internal readonly unsafe struct Sighting(CheckedBlock* block)
{
    // SAFETY: a section holds it, so it is not freed: that is what the test is about. A process that dies of it has
    // failed, too.
    private readonly CheckedBlock* _block = block;
    private readonly ulong _generation = Volatile.Read(ref block->Generation);

    /// <summary>Null: the block is whole, and still the same one.</summary>
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
