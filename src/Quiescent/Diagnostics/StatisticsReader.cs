using Quiescent.Callbacks;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Diagnostics;

// Reads a domain's books in one go. What was carried out is read before what was queued, queue by queue, and the rest is what
// waits: so no reading ever shows more carried out than queued, and queued = carried out + waiting in each.
internal static unsafe class StatisticsReader
{
    public static RcuStatistics Read(QueueContext context, long stalls)
    {
        Tally blocks = default;
        Tally callbacks = default;
        int inUse = context.Slots.InUse;
        int end = context.Slots.End;
        for (int i = 0; i < end; i++)
        {
            ThreadQueues* queues = context.QueuesOf(i);
            for (PageQueue* queue = &queues->Blocks; queue != null; queue = ThreadQueues.Following(queue))
            {
                TryLock.Enter(ref queue->Lock);
                blocks += new Tally(PageQueue.Tail(queue, context.First), queue->Reclaimed);
                TryLock.Exit(ref queue->Lock);
            }

            blocks += Read(&queues->Heads);
            blocks += Read(&queues->UserHeads);
            callbacks += Read(&queues->Callbacks);
        }

        GracePeriodCounts gracePeriods = context.Engine.Read();
        return new RcuStatistics
        {
            GracePeriodsStarted = gracePeriods.Started,
            GracePeriodsCompleted = gracePeriods.Completed,
            GracePeriods = gracePeriods.Durations,
            BlocksQueued = blocks.Queued,
            BlocksFreed = blocks.CarriedOut,
            BlocksWaiting = blocks.Queued - blocks.CarriedOut,
            Leaked = context.Findings.Leaked,
            CallbacksQueued = callbacks.Queued,
            CallbacksInvoked = callbacks.CarriedOut,
            CallbacksWaiting = callbacks.Queued - callbacks.CarriedOut,
            CallbacksFailed = context.CallbacksFailed,
            ReaderSlots = end - 1, // less the domain's own
            ReaderSlotsInUse = inUse,
            PagesInUse = context.Pool.InUse,
            Stalls = stalls,
            ReadersAbandoned = gracePeriods.Abandoned,
        };
    }

    private static Tally Read(HeadQueue* queue)
    {
        long carriedOut = Order.Acquire(in queue->ReclaimedItems);
        return new Tally(Order.Acquire(in queue->Count), carriedOut);
    }

    private readonly record struct Tally(long Queued, long CarriedOut)
    {
        public static Tally operator +(Tally left, Tally right) =>
            new(left.Queued + right.Queued, left.CarriedOut + right.CarriedOut);
    }
}
