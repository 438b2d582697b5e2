using Quiescent.Callbacks;
using Quiescent.Faults;
using Quiescent.Memory;
using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// What a barrier waits for: for each queue that held something, the position up to which it has to be carried out.
//
// O10 Positions, not pages or heads; and carried out, not taken. A position beyond the tail that a racing disposal has
//     withdrawn counts as done when the queue is empty. Idle, busy and ended threads' queues are all in the slot table, and
//     open pages count by the cursor, so nothing is missed that was queued before the ticket was taken.
internal sealed unsafe class BarrierTarget
{
    private readonly List<(nint Queue, long Position)> _pages = [];
    private readonly List<(nint Queue, long Position)> _heads = [];
    private readonly QueueContext _context;

    private BarrierTarget(QueueContext context) => _context = context;

    /// <summary>A ticket for all that waits now, or for what is user code alone; null when that is nothing.</summary>
    public static BarrierTarget? Take(QueueContext context, bool codeOnly)
    {
        BarrierTarget? ticket = null;
        int end = context.Slots.End;
        for (int i = 0; i < end; i++)
        {
            ThreadQueues* queues = context.QueuesOf(i);
            for (PageQueue* queue = &queues->Blocks; queue != null; queue = ThreadQueues.Following(queue))
            {
                if ((!codeOnly || Deallocators.IsCode(queue->Channel)) && !IsEmpty(context, queue, out long tail))
                {
                    FaultInjection.ThrowIfDue(FaultSite.Barrier);
                    (ticket ??= new BarrierTarget(context))._pages.Add(((nint)queue, tail));
                }
            }

            if (!codeOnly)
            {
                AddHeads(context, &queues->Heads, ref ticket);
            }

            AddHeads(context, &queues->UserHeads, ref ticket);
            AddHeads(context, &queues->Callbacks, ref ticket);
        }

        GC.KeepAlive(context); // O5: the queues are the slot table's.
        return ticket;
    }

    /// <summary>Whether anything waits, or any user code; needs no memory.</summary>
    public static bool AnythingWaits(QueueContext context, bool codeOnly)
    {
        for (int i = context.Slots.End - 1; i >= 0; i--)
        {
            ThreadQueues* queues = context.QueuesOf(i);
            for (PageQueue* queue = &queues->Blocks; queue != null; queue = ThreadQueues.Following(queue))
            {
                if ((!codeOnly || Deallocators.IsCode(queue->Channel)) && !IsEmpty(context, queue, out _))
                {
                    return true;
                }
            }

            if ((!codeOnly && !HeadQueue.IsEmpty(&queues->Heads)) || !HeadQueue.IsEmpty(&queues->UserHeads) || !HeadQueue.IsEmpty(&queues->Callbacks))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether everything in the ticket has been carried out.</summary>
    public bool IsDone()
    {
        while (_pages.Count != 0)
        {
            PageQueue* queue = (PageQueue*)_pages[^1].Queue;
            if (Order.Acquire(in queue->Reclaimed) < _pages[^1].Position && !IsEmpty(_context, queue, out _))
            {
                return false;
            }

            _pages.RemoveAt(_pages.Count - 1);
        }

        while (_heads.Count != 0)
        {
            HeadQueue* queue = (HeadQueue*)_heads[^1].Queue;
            if (Order.Acquire(in queue->Reclaimed) < _heads[^1].Position && !HeadQueue.IsEmpty(queue))
            {
                return false;
            }

            _heads.RemoveAt(_heads.Count - 1);
        }

        return true;
    }

    private static void AddHeads(QueueContext context, HeadQueue* queue, ref BarrierTarget? ticket)
    {
        long carried = Order.Acquire(in queue->Reclaimed);
        long count = Order.Acquire(in queue->Count);
        if (count != carried)
        {
            FaultInjection.ThrowIfDue(FaultSite.Barrier);
            (ticket ??= new BarrierTarget(context))._heads.Add(((nint)queue, count));
        }
    }

    // The tail may only be read under the queue's lock (PageQueue, O10). A queue without a page is empty, unless its owner holds
    // the lock to append in bulk: it has then looked at AppendFlags after taking the lock, so whoever set Disposed before looking
    // at the lock here either finds it held, or is seen by the owner (O11).
    private static bool IsEmpty(QueueContext context, PageQueue* queue, out long tail)
    {
        tail = 0;
        if (Order.Acquire(in queue->Lock) == 0 && Order.Acquire(&queue->Cursor) == null)
        {
            return true;
        }

        TryLock.Enter(ref queue->Lock);
        tail = PageQueue.Tail(queue, context.First);
        bool isEmpty = tail == Order.Acquire(in queue->Reclaimed); // User code moves it without the lock.
        TryLock.Exit(ref queue->Lock);
        return isEmpty;
    }
}
