using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Queues;

// All that one thread has queued in one domain. It lies beside the thread's slot and stays with the slot when the
// thread ends: the slot's next owner goes on appending where the last one stopped. All-zero is empty.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct ThreadQueues
{
    public const int Bytes = PageQueue.Bytes + (3 * HeadQueue.Bytes);

    /// <summary>Blocks of malloc's heap; further deallocators' queues are linked behind.</summary>
    [FieldOffset(0)]
    public PageQueue Blocks;

    /// <summary>Blocks with an embedded head, of the built-in deallocators: any thread may free them, as no user code
    /// runs (O8).</summary>
    [FieldOffset(PageQueue.Bytes)]
    public HeadQueue Heads;

    /// <summary>Blocks with an embedded head, of user deallocators: for the reclaimer alone.</summary>
    [FieldOffset(PageQueue.Bytes + HeadQueue.Bytes)]
    public HeadQueue UserHeads;

    /// <summary>Function callbacks: for the reclaimer alone.</summary>
    [FieldOffset(PageQueue.Bytes + (2 * HeadQueue.Bytes))]
    public HeadQueue Callbacks;

    /// <summary>The owner's queue for a deallocator, made on first use. A pool's queue is the beginning of a larger
    /// record, whose rest is zero at first.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for a new one.</exception>
    public PageQueue* For(int channel, int bytes = PageQueue.Bytes) => Find(channel, blockBytes: 0, bytes);

    /// <summary>The owner's queue for blocks of a deallocator whose sizes are known, made on first use.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for a new one.</exception>
    public PageQueue* ForSized(int channel) => Find(channel, PageQueue.Sized, PageQueue.Bytes);

    /// <summary>Tells the queues, still all-zero, which slot they belong to.</summary>
    public static void Prepare(void* queues, int slot)
    {
        // SAFETY: the slot table calls it with memory of its own, before the slot has an owner.
        ThreadQueues* all = (ThreadQueues*)queues;
        all->Blocks.Append.Slot = slot;
        all->Heads.Append.Slot = slot;
        all->UserHeads.Append.Slot = slot;
        all->Callbacks.Append.Slot = slot;
    }

    /// <summary>Makes the next append to any of the queues list the slot. Any thread may call it.</summary>
    public static void Unlist(ThreadQueues* queues)
    {
        for (PageQueue* queue = &queues->Blocks; queue != null; queue = queue->Following)
        {
            AppendWord.Unlist(&queue->Append);
        }

        AppendWord.Unlist(&queues->Heads.Append);
        AppendWord.Unlist(&queues->UserHeads.Append);
        AppendWord.Unlist(&queues->Callbacks.Append);
    }

    /// <summary>Frees what the queues own besides the blocks in them; called when nothing can refer to the
    /// slot.</summary>
    public void FreeOwned(PagePool pages)
    {
        // SAFETY: the slot table's finalizer calls this, once for each slot. Queues never move.
        PageQueue* queue = (PageQueue*)Unsafe.AsPointer(ref Blocks);
        queue->GivePages(pages);
        for (queue = queue->Next; queue != null;)
        {
            PageQueue* next = queue->Next;
            queue->GivePages(pages);
            NativeMemory.AlignedFree(queue);
            queue = next;
        }
    }

    private PageQueue* Find(int channel, int blockBytes, int bytes)
    {
        // SAFETY: queues lie in native memory, beside their slots, and never move.
        PageQueue* queue = (PageQueue*)Unsafe.AsPointer(ref Blocks);
        while (queue->Channel != channel || queue->IsSized != (blockBytes == PageQueue.Sized))
        {
            if (queue->Next == null)
            {
                FaultInjection.ThrowIfDue(FaultSite.Queue);

                // SAFETY: whole before it is linked (release); freed with the slot.
                PageQueue* added = (PageQueue*)NativeMemory.AlignedAlloc((nuint)bytes, PageQueue.Bytes);
                NativeMemory.Clear(added, (nuint)bytes);
                added->Channel = channel;
                added->BlockBytes = blockBytes;
                added->Append.Slot = Blocks.Append.Slot;
                Order.Release(&queue->Next, added);
            }

            queue = queue->Next;
        }

        return queue;
    }
}
