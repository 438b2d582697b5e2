using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using static Quiescent.Tuning;

namespace Quiescent.Pools;

// What one thread has of one pool: its queue of freed blocks, and a stack of blocks that are ready to rent. It is a
// further queue of the thread's slot, and stays with the slot when the thread ends: the slot's next owner goes on
// renting from it. When the pool is gone, the next pool with its channel adopts the record.
//
// P3  The owner alone moves Count. Others read it with Received, under the queue's lock, which the owner takes to
//     change both; so what they compute from the two differs from the truth by blocks that the owner is just renting,
//     and by no others.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct Magazine
{
    /// <summary>As many as a page of blocks holds.</summary>
    public const int MaxBlocks = Page.Entries;

    public const int Bytes = BlocksOffset + (MaxBlocks * sizeof(long));

    private const int BlocksOffset = PageQueue.Bytes + 64;

    [FieldOffset(0)]
    public PageQueue Queue;

    /// <summary>Blocks ready to rent.</summary>
    [FieldOffset(PageQueue.Bytes)]
    public long Count;

    /// <summary>At most so many.</summary>
    [FieldOffset(PageQueue.Bytes + 32)]
    public long Capacity;

    /// <summary>The pool's number; 0 before the first.</summary>
    [FieldOffset(PageQueue.Bytes + 8)]
    public long Pool;

    /// <summary>Blocks that came in other than by FreeNow, less those that left other than by Rent.</summary>
    [FieldOffset(PageQueue.Bytes + 16)]
    public long Received;

    /// <summary>Entries that the queue had taken for earlier pools.</summary>
    [FieldOffset(PageQueue.Bytes + 24)]
    public long FreedBefore;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint* BlockAt(Magazine* magazine, long index) => (nint*)((byte*)magazine + BlocksOffset) + index;

    /// <summary>Takes the block that came last. False: there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryPop(Magazine* magazine, out void* block)
    {
        // SAFETY: the owner's magazine. Ahead of its first block lies its header, whose words as addresses are harmless
        // to ask for.
        long count = magazine->Count - 1;
        block = (void*)*BlockAt(magazine, count);
        if (count < 0)
        {
            return false;
        }

        Order.Release(ref magazine->Count, count); // [L] partner: [M] in BlockPool.Disposal.cs.
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

    /// <summary>A renter that saw its pool being disposed of gives back what it popped.</summary>
    public static void TakeBack(Magazine* magazine) => Order.Release(ref magazine->Count, magazine->Count + 1);

    /// <summary>Blocks that were written above the last one come in (or, of a negative count, leave).</summary>
    public static void Receive(Magazine* magazine, int count)
    {
        using TryLock.Holder holder = TryLock.Hold(ref magazine->Queue.Lock);
        Debug.Assert(
            magazine->Count + count >= 0 && magazine->Count + count <= magazine->Capacity,
            "P3: a magazine holds what its owner put in.");
        magazine->Received += count;
        Order.Release(ref magazine->Count, magazine->Count + count);
    }

    /// <summary>The owner makes the record its pool's, whose channel it has.</summary>
    public static void Adopt(Magazine* magazine, long pool, nint sink, int capacity, QueueContext queues)
    {
        using TryLock.Holder holder = TryLock.Hold(ref magazine->Queue.Lock);
        magazine->FreedBefore = magazine->Queue.Tail(queues);
        magazine->Received = 0;
        magazine->Count = 0;
        magazine->Capacity = capacity;
        magazine->Queue.Sink = sink;
        Order.Release(ref magazine->Pool, pool);
    }
}
