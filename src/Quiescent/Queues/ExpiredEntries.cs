using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Validate;
using static Quiescent.Tuning;

namespace Quiescent.Queues;

// What the holder of a page queue's lock does with expired entries, except for those of user code: frees them, or hands
// them to their owner to use again.
//
// O7 (exactly once)  Reclaimed moves after the blocks were freed, or copied; what Expired returns begins there.
//
// The domain's count of what waits is behind: what the owner reclaims between pages stays in Unreported, and the next
// to look at the queue, its owner at a page's end or the reclaimer, takes it off the count. A thread that reclaims as
// much as it queues so adds nothing to the count, which all threads share.
//
// Checked by: page-queue.pml; PageQueueTests, SteadyOwnerTests; mutants visit-….
internal static unsafe class ExpiredEntries
{
    /// <summary>Frees at most <paramref name="blocks"/> expired entries of the oldest page, for the owner, under Lock,
    /// in a queue whose deallocator is built in (O8: no user code runs here). They are not reported yet.</summary>
    public static void FreeSomeExpired(this ref PageQueue queue, QueueContext context, int blocks)
    {
        queue.Recycle(context, keep: true);
        int expired = queue.Expired(context, out nint* entries);
        blocks = Math.Min(blocks, expired);
        FreeAll(in queue, new ReadOnlySpan<nint>(entries, expired), blocks, context.Ledger);
        QueueBytes.TakeOff(queue.Self, context, entries, blocks);
        queue.MarkReclaimed(blocks);
        queue.Unreported += blocks;
    }

    /// <summary>Frees at most <paramref name="pages"/> pages' worth of expired entries, under Lock, in a queue whose
    /// deallocator is built in (O8: no user code runs here). Returns how many entries were reclaimed and not reported
    /// yet.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="context">What it belongs to.</param>
    /// <param name="pages">How many pages' worth at most.</param>
    /// <param name="keep">As for <see cref="PageQueue.Recycle"/>.</param>
    public static int FreeExpired(this ref PageQueue queue, QueueContext context, int pages, bool keep = false)
    {
        int freed = queue.TakeUnreported();
        for (; pages > 0; pages--)
        {
            queue.Recycle(context, keep);
            int count = queue.Expired(context, out nint* entries);
            if (count == 0)
            {
                break;
            }

            FreeAll(in queue, new ReadOnlySpan<nint>(entries, count), count, context.Ledger);
            QueueBytes.TakeOff(queue.Self, context, entries, count);
            queue.MarkReclaimed(count);
            freed += count;
        }

        queue.Recycle(context, keep);
        return freed;
    }

    /// <summary>Copies the oldest expired entries, for their owner to use again; under Lock. Returns how many: at most
    /// one page's. They are not reported yet.</summary>
    public static int TakeExpired(this ref PageQueue queue, QueueContext context, Span<nint> into)
    {
        queue.Recycle(context, keep: true);
        int count = Math.Min(queue.Expired(context, out nint* entries), into.Length);
        ReadOnlySpan<nint> taken = new(entries, count);
        taken.CopyTo(into);
        context.Ledger?.RemoveAll(taken);
        QueueBytes.TakeOff(queue.Self, context, entries, count);
        queue.MarkReclaimed(count);
        queue.Unreported += count;
        return count;
    }

    /// <summary>How many entries were reclaimed and not reported yet; under Lock. The caller takes them off the
    /// domain's count.</summary>
    public static int TakeUnreported(this ref PageQueue queue)
    {
        int unreported = queue.Unreported;
        if (unreported != 0) // The owner's line stays with its owner.
        {
            queue.Unreported = 0;
        }

        return unreported;
    }

    // Not inlined: in a method with a try block or with many calls, the transition of NativeMemory.Free would become a
    // call of its own.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FreeAll(
        in PageQueue queue, ReadOnlySpan<nint> expired, int count, BlockLedger? ledger)
    {
        if (Deallocators.IsPool(queue.Channel))
        {
            ReadOnlySpan<nint> blocks = expired[..count];
            ledger?.RemoveAll(blocks);
            BlockSinks.Of(queue.Sink).Take(blocks);
        }
        else if (queue.Channel == Deallocators.NativeHeap && ledger is null)
        {
            for (int i = 0; i < count; i++)
            {
                PrefetchAfter(expired, i);
                NativeMemory.Free((void*)expired[i]);
            }
        }
        else
        {
            for (int i = 0; i < count; i++)
            {
                PrefetchAfter(expired, i);
                if (ledger is null)
                {
                    Deallocators.Free(queue.Channel, (void*)expired[i]);
                }
                else
                {
                    ledger.Free(queue.Channel, (void*)expired[i]);
                }
            }
        }
    }

    // Reaches beyond the blocks that are freed now, to those that the next call frees.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchAfter(ReadOnlySpan<nint> expired, int i)
    {
        if (i + FreePrefetchDistance < expired.Length)
        {
            // The allocator's own words stand just before the block.
            Prefetch.Read((byte*)expired[i + FreePrefetchDistance] - 16);
        }
    }
}
