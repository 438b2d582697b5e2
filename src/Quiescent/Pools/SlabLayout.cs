using System.Numerics;

namespace Quiescent.Pools;

// How a slab is divided into blocks. A slab is aligned to its size, a power of two, so that a block's address yields
// its slab:
//
//     header │ free bits │ (out bits, under Validate) │ padding │ block 0 │ block 1 │ …
internal readonly unsafe struct SlabLayout
{
    // A slab holds at least this many blocks, which bounds the cost of its header and of rounding up to a power of two.
    private const int MinBlocks = 4;

    public SlabLayout(nuint blockBytes, nuint alignment, nuint slabBytes, bool validate)
    {
        Stride = (Math.Max(blockBytes, 1) + alignment - 1) & ~(alignment - 1);
        SlabBytes = slabBytes;
        while (true)
        {
            // The bits are sized for as many blocks as would fit without them.
            MapWords = (int)(((SlabBytes / Stride) + 63) / 64);
            nuint header = (nuint)sizeof(Slab) + ((nuint)MapWords * sizeof(ulong) * (validate ? 2u : 1u));
            First = (header + alignment - 1) & ~(alignment - 1);
            nuint blocks = SlabBytes > First ? (SlabBytes - First) / Stride : 0;
            if (blocks >= MinBlocks)
            {
                Blocks = checked((int)blocks);
                return;
            }

            SlabBytes = BitOperations.RoundUpToPowerOf2(SlabBytes + 1);
        }
    }

    /// <summary>Bytes from the beginning of one block to that of the next.</summary>
    public nuint Stride { get; }

    public nuint SlabBytes { get; }

    /// <summary>Where the first block begins.</summary>
    public nuint First { get; }

    /// <summary>How many blocks a slab holds.</summary>
    public int Blocks { get; }

    /// <summary>How many words it takes to hold one bit for each block.</summary>
    public int MapWords { get; }

    public Slab* SlabOf(nint block) => (Slab*)((nuint)block & ~(SlabBytes - 1));

    public nint BlockAt(Slab* slab, int index) => (nint)((byte*)slab + First + ((nuint)index * Stride));

    public int IndexOf(Slab* slab, nint block) => (int)(((nuint)block - (nuint)slab - First) / Stride);

    /// <summary>Whether a block of the slab begins at this address.</summary>
    public bool IsBlock(Slab* slab, nint block)
    {
        nuint offset = (nuint)block - (nuint)slab;
        return offset >= First && (offset - First) % Stride == 0 && (offset - First) / Stride < (nuint)Blocks;
    }
}
