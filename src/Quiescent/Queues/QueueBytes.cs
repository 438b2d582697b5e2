using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Queues;

// The bytes that wait in a queue of pages (docs/decisions/0042). The holder of the queue's lock brings the domain's
// count up to date: it sets the queue's part of the count to what waits, and adds the difference to the count.
//
// O7 (exactly once)  The domain's count is the sum of the queues' parts: each change of a part is made under the
//     queue's lock, together with the same change of the count. Nothing waits in a queue whose last entry is reclaimed,
//     so its part is 0 then, whatever was left uncounted before. The consumer counts ahead of MarkReclaimed: a barrier
//     that sees the entry reclaimed sees the count without it.
// O10 (one consumer)  The owner stores a block's size and then the sum of all that it queued, both before the cursor. A
//     consumer that sees the block sees both; it may also see the sum ahead of a block that is just being queued.
//
// Checked by: BytesTests, PoolBytesTests, WithdrawalTests; systematic QueueTests; mutants bytes-….
internal static unsafe class QueueBytes
{
    /// <summary>The bytes that wait; under Lock.</summary>
    public static long Waiting(PageQueue* queue) => Waiting(queue, reclaiming: 0);

    /// <summary>The owner is about to append a block of this size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(PageQueue* queue, long bytes)
    {
        // SAFETY: the owner's page has room at the cursor, and so has its lower half.
        *Page.SizeOf(queue->Cursor) = bytes;
        queue->Uncounted += bytes;
        Order.Release(ref queue->BytesQueued, queue->BytesQueued + bytes);
    }

    /// <summary>Brings the domain's count up to date; under Lock.</summary>
    public static void Count(PageQueue* queue, QueueContext context)
    {
        if (queue->BlockBytes != 0)
        {
            Count(queue, context, Waiting(queue));
        }
    }

    /// <summary>Takes entries off that the caller has reclaimed, ahead of <see cref="PageQueue.MarkReclaimed"/>; under
    /// Lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TakeOff(PageQueue* queue, QueueContext context, nint* entries, int count)
    {
        if (queue->BlockBytes != 0)
        {
            TakeOffKnown(queue, context, entries, count);
        }
    }

    /// <summary>The owner has withdrawn its newest entry, where the cursor stands now; under Lock.</summary>
    public static void Withdraw(PageQueue* queue, QueueContext context)
    {
        if (queue->BlockBytes == PageQueue.Sized)
        {
            long bytes = *Page.SizeOf(queue->Cursor);
            queue->Uncounted = Math.Max(0, queue->Uncounted - bytes);
            Order.Release(ref queue->BytesQueued, queue->BytesQueued - bytes);
        }

        Count(queue, context);
    }

    private static void TakeOffKnown(PageQueue* queue, QueueContext context, nint* entries, int count)
    {
        if (queue->BlockBytes == PageQueue.Sized)
        {
            for (int i = 0; i < count; i++)
            {
                queue->BytesReclaimed += *Page.SizeOf(entries + i);
            }

            count = 0;
        }

        Count(queue, context, Waiting(queue, reclaiming: count));
    }

    private static long Waiting(PageQueue* queue, int reclaiming) => queue->BlockBytes == PageQueue.Sized
        ? Order.Acquire(in queue->BytesQueued) - queue->BytesReclaimed
        : queue->BlockBytes * (queue->Tail() - queue->Reclaimed - reclaiming);

    private static void Count(PageQueue* queue, QueueContext context, long waiting)
    {
        Debug.Assert(waiting >= 0, "O7: no more bytes are reclaimed than were queued.");
        long change = waiting - Order.Acquire(in queue->BytesCounted);
        if (waiting == 0 || change >= context.Bytes.PerStep || -change >= context.Bytes.PerStep)
        {
            Order.Release(ref queue->BytesCounted, waiting);
            context.Bytes.Add(change);
        }
    }
}
