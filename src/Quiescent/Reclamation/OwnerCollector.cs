using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// What a thread frees of its own queues while it queues more: blocks that it queued long enough ago, while its
// allocator's cache is warm.
//
// O8 (only trivial work anywhere)  What is freed here is trivial: at most CollectPages pages or MaxHeadsPerCollection
//     heads per call. No user code runs.
// O10 (one consumer)  An owner consumes its queue under the queue's lock like anyone else, a page's worth at a page's
//     end or a handful in between; if it does not get the lock, it appends and goes on.
internal sealed unsafe class OwnerCollector(DomainCore core)
{
    private readonly QueueContext _queues = core.Queues;

    /// <summary>At a page's end: drives a grace period if enough waits, and frees expired blocks.</summary>
    /// <param name="queue">One of this thread's queues.</param>
    /// <param name="counted">What <see cref="StampFullPage"/> returned. Counted together with what is freed here, so
    /// that an owner that frees as much as it queues does not touch the domain's count.</param>
    public void Collect(PageQueue* queue, int counted = 0)
    {
        core.Engine.Events.Prepare();
        counted = CountIfNearLimit(counted);
        if (queue->Cursor == null || !TryLock.TryEnter(ref queue->Lock))
        {
            core.Backlog.Items.Add(counted);
            return;
        }

        if (Waiting(queue) >= PagesToDrive(queue) * queue->EntriesOfPage || core.Backlog.IsOverLimit)
        {
            core.Engine.TryAdvanceInLock(queue->OldestTarget(_queues));
        }

        // While an owner's collections (for a pool, its renting) keep pace with what it queues, a few pages wait.
        bool isMoreWaiting = Waiting(queue) > PagesToKeep(queue) * queue->EntriesOfPage || core.Backlog.IsOverLimit;
        if (!isMoreWaiting && Deallocators.IsBuiltIn(queue->Channel))
        {
            queue->FreeSomeExpired(_queues, EntriesPerCollection);
        }

        int freed = queue->FreeExpired(_queues, isMoreWaiting ? CollectPages : 0, keep: true);
        QueueBytes.Count(queue, _queues);
        bool hasExpired = queue->Expired(_queues, out _) != 0;
        int quota = !hasExpired ? 0 : isMoreWaiting ? 2 * EntriesPerCollection : EntriesPerCollection;
        queue->CollectQuota = (short)quota;
        TryLock.Exit(ref queue->Lock);
        core.Backlog.Items.Add(counted - freed);
    }

    /// <summary>A page for the owner to go on to: the one that it has emptied last, or one of the domain's.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for one; nothing has changed.</exception>
    public Page* TakePage(PageQueue* queue)
    {
        Page* page = null;
        if (queue->Cursor != null && TryLock.TryEnter(ref queue->Lock))
        {
            page = queue->TakeKept();
            TryLock.Exit(ref queue->Lock);
        }

        if (page == null)
        {
            return _queues.Pages.Take();
        }

        page->Clear();
        return page;
    }

    /// <summary>Between pages: frees about as many blocks as were appended since the last call. The allocator's
    /// per-thread cache takes such a handful and hands it out again, where a page would overflow it (glibc keeps seven
    /// of a size).</summary>
    public void CollectSome(PageQueue* queue)
    {
        if (queue->CollectQuota != 0 && TryLock.TryEnter(ref queue->Lock))
        {
            queue->FreeSomeExpired(_queues, queue->CollectQuota);
            TryLock.Exit(ref queue->Lock);
        }
    }

    /// <summary>The same for heads, at every step of them (<see cref="QueueContext.HeadsPerStep"/>), which the backlog
    /// counts from here on.</summary>
    public void CollectHeads(ReaderSlot* real, HeadQueue* queue)
    {
        core.Engine.Events.Prepare();
        int counted = CountIfNearLimit(_queues.HeadsPerStep);
        if (queue == &((ThreadQueues*)real->Queues)->Heads && TryLock.TryEnter(ref queue->Lock))
        {
            bool waits = queue->Snapshot(_queues, out ulong target);
            if (waits && (queue->Count - queue->Reclaimed >= DriveHeads || core.Backlog.IsOverLimit))
            {
                core.Engine.TryAdvanceInLock(target);
            }

            int freed = queue->FreeExpired(_queues, MaxHeadsPerCollection);
            queue->Snapshot(_queues, out _);
            TryLock.Exit(ref queue->Lock);
            counted -= freed;
        }

        core.Backlog.Items.Add(counted);
        if (core.Backlog.Policy != BacklogPolicy.Throw)
        {
            core.BackPressure.Apply(real, new Amount(_queues.HeadsPerStep, 0));
        }
    }

    /// <summary>Takes the oldest expired blocks out of this thread's own queue, for a pool to rent out again: at most a
    /// page's worth. Drives a grace period if there are none but enough wait. Returns how many.</summary>
    public int TakeExpired(PageQueue* queue, Span<nint> into)
    {
        core.Engine.Events.Prepare();

        // While the reclaimer or a barrier holds the queue it gives nothing: its blocks go where the caller looks next.
        if (queue->Cursor == null || !TryLock.TryEnter(ref queue->Lock))
        {
            return 0;
        }

        // A full page is stamped, so that a grace period driven here covers it too.
        int counted = Page.HasNoRoom(queue->Cursor) ? StampFullPage(queue) : 0;
        int taken = queue->TakeExpired(_queues, into);
        if (taken == 0
            && Waiting(queue) >= PagesToDrive(queue) * queue->EntriesOfPage
            && core.Engine.TryAdvanceInLock(queue->OldestTarget(_queues)))
        {
            taken = queue->TakeExpired(_queues, into);
        }

        // What was taken is reported with the next full page, which counts as many. It is reported now if a page is
        // counted here, if more is unreported than a page has, if nobody looks again, as the queue is empty, or if the
        // limit is near.
        bool reportNow = counted != 0
            || queue->Unreported > queue->EntriesOfPage
            || Waiting(queue) == 0
            || core.Backlog.Items.IsNearLimitWith(counted);
        int reported = reportNow ? queue->TakeUnreported() : 0;
        TryLock.Exit(ref queue->Lock);
        core.Backlog.Items.Add(counted - reported);
        return taken;
    }

    /// <summary>Brings the domain's count of bytes up to date after the owner has queued a step's worth. False: another
    /// thread holds the lock, and will have counted most of it; the owner's next append looks again.</summary>
    public bool TryCountBytes(PageQueue* queue)
    {
        if (!TryLock.TryEnter(ref queue->Lock))
        {
            return false;
        }

        QueueBytes.Count(queue, _queues);
        TryLock.Exit(ref queue->Lock);
        queue->Uncounted = 0;
        return true;
    }

    /// <summary>The owner stamps its full page. Returns how many blocks that makes, which the caller adds to the
    /// backlog; none if it was stamped before.</summary>
    public int StampFullPage(PageQueue* queue) => queue->StampFullPage(_queues) ? queue->EntriesOfPage : 0;

    // Near the limit, all threads see at once what this one has queued. Far from it, what it frees now may be taken off
    // first: the limit is not reached either way.
    private int CountIfNearLimit(int queued)
    {
        if (!core.Backlog.Items.IsNearLimitWith(queued))
        {
            return queued;
        }

        core.Backlog.Items.Add(queued);
        return 0;
    }

    private long Waiting(PageQueue* queue) => queue->Tail() - queue->Reclaimed;

    private static long PagesToDrive(PageQueue* queue) =>
        Deallocators.IsPool(queue->Channel) ? DriveRentedPages : DrivePages;

    private static long PagesToKeep(PageQueue* queue) =>
        Deallocators.IsPool(queue->Channel) ? PagesKeptForRenting : PagesKeptForOwner;
}
