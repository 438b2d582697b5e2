using System.Numerics;
using System.Runtime.InteropServices;

namespace Quiescent.Pools;

// The header of a slab. Bits of the header, never words of the blocks, say which of its blocks are free: a reader of a
// type-safe pool may look at a free block, and a freeing thread need not touch a cold one. The depot's lock protects
// all of it.
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Slab
{
    /// <summary>Takes an empty slab of a type-safe pool through a grace period. The first field, so that its offset is
    /// 0.</summary>
    public RcuHead Head;

    /// <summary>The neighbours among slabs with free blocks. Next also links slabs that leave the depot.</summary>
    public Slab* Next;

    public Slab* Previous;

    /// <summary>The neighbours among all slabs of the pool.</summary>
    public Slab* NextOfAll;

    public Slab* PreviousOfAll;

    /// <summary>How many blocks are free here: not on the shelf, in a magazine, waiting or out.</summary>
    public int FreeCount;

    /// <summary>Takes free blocks, lowest addresses first. Returns how many it took.</summary>
    public static int Take(Slab* slab, in SlabLayout layout, Span<nint> into)
    {
        int taken = 0;
        ulong* map = FreeMap(slab);
        int wanted = Math.Min(into.Length, slab->FreeCount);
        for (int word = 0; taken < wanted; word++)
        {
            ulong bits = map[word];
            for (; bits != 0 && taken < wanted; bits &= bits - 1)
            {
                into[taken++] = layout.BlockAt(slab, (word * 64) + BitOperations.TrailingZeroCount(bits));
            }

            map[word] = bits;
        }

        slab->FreeCount -= taken;
        return taken;
    }

    public static void Put(Slab* slab, int index)
    {
        FreeMap(slab)[index / 64] |= 1UL << (index % 64);
        slab->FreeCount++;
    }

    /// <summary>Makes all blocks of a zeroed header free.</summary>
    public static void PutAll(Slab* slab, int blocks)
    {
        new Span<ulong>(FreeMap(slab), blocks / 64).Fill(ulong.MaxValue);
        if (blocks % 64 != 0)
        {
            FreeMap(slab)[blocks / 64] = (1UL << (blocks % 64)) - 1;
        }

        slab->FreeCount = blocks;
    }

    /// <summary>Under Validate: records whether a block is out. False: it was recorded as that already.</summary>
    public static bool TryMark(Slab* slab, in SlabLayout layout, int index, bool isOut)
    {
        ref ulong word = ref FreeMap(slab)[layout.MapWords + (index / 64)];
        ulong bit = 1UL << (index % 64);
        if ((word & bit) != 0 == isOut)
        {
            return false;
        }

        word ^= bit;
        return true;
    }

    private static ulong* FreeMap(Slab* slab) => (ulong*)(slab + 1);
}
