using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Reclamation;

namespace Quiescent.Diagnostics;

// Reads a domain's statistics in one go. For a queue of heads it reads the reclaimed count before the queued one; for a
// queue of pages it holds the lock, without which nothing more expires. The difference waits. So no reading ever shows
// more reclaimed than queued, and queued = reclaimed + waiting in each.
internal static unsafe class StatisticsReader
{
    public static RcuStatistics Read(DomainCore core, long stalls)
    {
        Tally blocks = default;
        Tally callbacks = default;
        long bytes = core.Backlog.Bytes.Held;
        int inUse = core.Slots.InUse;
        int end = core.Slots.End;
        for (int i = 0; i < end; i++)
        {
            ThreadQueues* queues = core.QueuesOf(i);
            for (PageQueue* queue = &queues->Blocks; queue != null; queue = queue->Following)
            {
                TryLock.Enter(ref queue->Lock);
                blocks += new Tally(queue->Tail(), queue->Reclaimed);
                bytes += QueueBytes.Waiting(queue);
                TryLock.Exit(ref queue->Lock);
            }

            blocks += Read(&queues->Heads);
            blocks += Read(&queues->UserHeads);
            callbacks += Read(&queues->Callbacks);
        }

        GracePeriodCounts gracePeriods = core.Engine.Read();
        GC.KeepAlive(core); // O5 (slot visible before use): the queues lie in the slot table's memory.
        return new RcuStatistics
        {
            GracePeriodsStarted = gracePeriods.Started,
            GracePeriodsCompleted = gracePeriods.Completed,
            GracePeriods = gracePeriods.Durations,
            BlocksQueued = blocks.Queued,
            BlocksFreed = blocks.Reclaimed,
            BlocksWaiting = blocks.Queued - blocks.Reclaimed,
            BytesWaiting = bytes,
            Leaked = core.Findings.Leaked,
            CallbacksQueued = callbacks.Queued,
            CallbacksInvoked = callbacks.Reclaimed,
            CallbacksWaiting = callbacks.Queued - callbacks.Reclaimed,
            CallbacksPending = core.Pending.Count,
            CallbacksFailed = core.CallbacksFailed,
            ReaderSlots = end - 1, // less the domain's own
            ReaderSlotsInUse = inUse,
            PagesInUse = core.Queues.Pages.InUse,
            Stalls = stalls,
            ReadersAbandoned = gracePeriods.Abandoned,
        };
    }

    private static Tally Read(HeadQueue* queue)
    {
        long reclaimed = Order.Acquire(in queue->ReclaimedItems);
        return new Tally(Order.Acquire(in queue->Count), reclaimed);
    }

    private readonly record struct Tally(long Queued, long Reclaimed)
    {
        public static Tally operator +(Tally left, Tally right) =>
            new(left.Queued + right.Queued, left.Reclaimed + right.Reclaimed);
    }
}
