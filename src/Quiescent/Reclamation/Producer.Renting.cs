using Quiescent.Memory;
using Quiescent.Ordering;
using static Quiescent.Ordering.Tuning;

namespace Quiescent.Reclamation;

// What is different for a pool's queue: its owner wants the blocks back, and takes them when it has none left to rent.
internal sealed unsafe partial class Producer
{
    /// <summary>Takes the oldest blocks whose grace period has passed out of this thread's own queue, at most a page's worth;
    /// drives a grace period if there are none but enough wait. Returns how many.</summary>
    public int TakeExpired(PageQueue* queue, Span<nint> into)
    {
        // A queue that the reclaimer or a barrier carries out just now gives nothing: its blocks go where the caller looks next.
        if (queue->Cursor == null || !TryLock.TryEnter(ref queue->Lock))
        {
            return 0;
        }

        if (Page.HasNoRoom(queue->Cursor))
        {
            StampFullPage(queue); // So that the grace period driven here, if any, is this page's too.
        }

        int taken = TakeExpiredEntries(queue, into);
        if (taken == 0
            && PageQueue.Tail(queue, context.First) - queue->Reclaimed >= PagesToDrive(queue) * context.PageEntries
            && context.Engine.TryAdvance(PageQueue.OldestTarget(queue, context.Engine)))
        {
            taken = TakeExpiredEntries(queue, into);
        }

        TryLock.Exit(ref queue->Lock);
        context.Backlog.Add(-taken);
        return taken;
    }

    private int TakeExpiredEntries(PageQueue* queue, Span<nint> into) =>
        PageQueue.TakeExpiredEntries(queue, context.Engine, context.Pool, context.Ledger, context.First, into);

    private static long PagesToDrive(PageQueue* queue) => Deallocators.IsPool(queue->Channel) ? DriveRentedPages : DrivePages;

    private static long PagesToKeep(PageQueue* queue) => Deallocators.IsPool(queue->Channel) ? PagesKeptForRenting : PagesKeptForOwner;
}
