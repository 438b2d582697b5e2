using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using static Quiescent.Tuning;

namespace Quiescent.Pools;

// One thread's part of one pool: its queue of freed blocks, and a stack of blocks that are ready to rent. It is one
// more queue of the thread's slot, and stays with the slot when the thread ends: the slot's next owner goes on renting
// from it. When the pool is gone, the next pool with its channel adopts the record.
//
// P3 (one owner)  The owner alone moves Count. Other threads read it together with Received, under the queue's lock,
//     which the owner takes to change both. So what they compute from the two differs from the truth by the blocks that
//     the owner is just renting, and by no others.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct Magazine
{
    /// <summary>As many blocks as a page holds.</summary>
    public const int MaxBlocks = Page.Entries;

    public const int Bytes = BlocksOffset + (MaxBlocks * sizeof(long));

    private const int BlocksOffset = PageQueue.Bytes + 64;

    [FieldOffset(0)]
    public PageQueue Queue;

    /// <summary>Blocks ready to rent.</summary>
    [FieldOffset(PageQueue.Bytes)]
    public long Count;

    /// <summary>The largest Count that the pool allows.</summary>
    [FieldOffset(PageQueue.Bytes + 32)]
    public long Capacity;

    /// <summary>The pool's number; 0 before the first pool.</summary>
    [FieldOffset(PageQueue.Bytes + 8)]
    public long Pool;

    /// <summary>Blocks that came in other than by FreeNow, less those that left other than by Rent.</summary>
    [FieldOffset(PageQueue.Bytes + 16)]
    public long Received;

    /// <summary>Entries that the queue had received for earlier pools.</summary>
    [FieldOffset(PageQueue.Bytes + 24)]
    public long FreedBefore;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint* BlockAt(Magazine* magazine, long index) => (nint*)((byte*)magazine + BlocksOffset) + index;

    /// <summary>Takes the block that came last. False: there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPop(Magazine* magazine, out void* block)
    {
        // SAFETY: the magazine is the caller's own. Ahead of its first block lies its header, whose words are harmless
        // to read and to prefetch as addresses.
        long count = magazine->Count - 1;
        block = (void*)*BlockAt(magazine, count);
        if (count < 0)
        {
            return false;
        }

        Order.Release(ref magazine->Count, count); // [L] partner: [M] in PoolDisposal.cs.
        Prefetch.Read((void*)*BlockAt(magazine, count - RentPrefetchDistance));
        return true;
    }

    /// <summary>Puts a block in. False: there is no room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPush(Magazine* magazine, void* block)
    {
        long count = magazine->Count;
        if (count >= magazine->Capacity)
        {
            return false;
        }

        *BlockAt(magazine, count) = (nint)block;
        Order.Release(ref magazine->Count, count + 1);
        return true;
    }

    /// <summary>Puts back the block that the caller popped before it saw its pool being disposed of.</summary>
    public static void TakeBack(Magazine* magazine) => Order.Release(ref magazine->Count, magazine->Count + 1);

    /// <summary>Counts in blocks that were written above the last one, or, for a negative count, counts out the last
    /// ones.</summary>
    public static void Receive(Magazine* magazine, int count)
    {
        using TryLock.Holder holder = TryLock.Hold(ref magazine->Queue.Lock);
        Debug.Assert(
            magazine->Count + count >= 0 && magazine->Count + count <= magazine->Capacity,
            "P3: a magazine holds what its owner put in.");
        magazine->Received += count;
        Order.Release(ref magazine->Count, magazine->Count + count);
    }

    /// <summary>Makes this a magazine of the pool that has its channel. Called by the owner.</summary>
    public static void Adopt(
        Magazine* magazine, long pool, nint sink, int capacity, int blockBytes, QueueContext queues)
    {
        using TryLock.Holder holder = TryLock.Hold(ref magazine->Queue.Lock);
        magazine->Queue.ReleasePages(queues); // The next page may take another number of blocks.
        magazine->Queue.BlockBytes = blockBytes;
        magazine->FreedBefore = magazine->Queue.Tail();
        magazine->Received = 0;
        magazine->Count = 0;
        magazine->Capacity = capacity;
        magazine->Queue.Sink = sink;
        Order.Release(ref magazine->Pool, pool);
    }
}
