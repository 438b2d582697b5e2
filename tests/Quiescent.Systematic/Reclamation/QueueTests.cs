using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Queues;
using Quiescent.Reclamation;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O7 and O10 close up: the queues of two producers, who share spare pages, and the passes of one consumer, with nothing
//    else to run.
public unsafe class QueueTests : IDomainReports
{
    private const int Producers = 2;
    private const int Blocks = 3;

    // Catches a page recycled too early, and a block lost, reclaimed twice, or reclaimed before an older one.
    [Fact]
    public void Pages_of_one_block_each_are_handed_over_whole_and_in_order() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        DomainCore core = CreateCore();
        HandOver(schedule, core, (queues, block) =>
        {
            PageQueue* queue = &((ThreadQueues*)queues)->Blocks;
            while (!Producer.TryAppend(queue, (void*)block))
            {
                queue->StampFullPage(core.Queues);
                queue->Extend(core.Queues, core.Queues.Pages.Take());
            }
        });
        for (int i = 0; i < Producers; i++)
        {
            IEnumerable<int> own = schedule.Freed.Where(number => number / Blocks == i);
            Schedule.Require(
                own.SequenceEqual(own.Order()), $"Blocks were freed in the order {string.Join(", ", own)}.");
        }
    });

    // Catches bytes that are counted twice or never taken off, whoever comes first: the owner that counts what it has
    // queued, or the consumer that has reclaimed it.
    [Fact]
    public void Bytes_are_counted_once_and_taken_off_once() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        DomainCore core = CreateCore();
        HandOver(schedule, core, (queues, block) =>
        {
            PageQueue* queue = ((ThreadQueues*)queues)->ForSized(Deallocators.NativeHeap);
            while (Page.HasNoRoom(queue->Cursor))
            {
                queue->StampFullPage(core.Queues);
                queue->Extend(core.Queues, core.Queues.Pages.Take());
            }

            QueueBytes.Add(queue, 5);
            Producer.TryAppend(queue, (void*)block);
            core.Collector.TryCountBytes(queue);
        });
        Schedule.Require(core.Backlog.Bytes.Count == 0, $"{core.Backlog.Bytes.Count} bytes stay counted.");
        for (int i = 0; i < core.Slots.End; i++)
        {
            long waiting = QueueBytes.Waiting(core.QueuesOf(i)->ForSized(Deallocators.NativeHeap));
            Schedule.Require(waiting == 0, $"{waiting} bytes wait in an empty queue.");
        }
    });

    // Catches a snapshot of a cell and a count that do not belong together, and a chain that is followed too far or
    // ends at a pointer.
    [Fact]
    public void Each_head_is_handed_over_once() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        HandOver(schedule, CreateCore(), (queues, block) =>
        {
            RcuHead* head = &((Block*)block)->Head;
            head->Word = HeadWord.OfOffset((void*)block, head, Deallocators.NativeHeap);
            HeadQueue.Push(&((ThreadQueues*)queues)->Heads, head);
        });
    });

    void IDomainReports.ReportFailure(Exception exception) => Schedule.Require(false, exception.Message);

    void IDomainReports.ReportCallback(bool onPool)
    {
    }

    void IDomainReports.ReportReaders()
    {
    }

    void IDomainReports.ReportWriter(WriterStall stall)
    {
    }

    void IDomainReports.ReportGracePeriodsOnPool()
    {
    }

    void IDomainReports.ReportEventsOnPool()
    {
    }

    bool IDomainReports.Look() => false;

    private DomainCore CreateCore() =>
        new(
            nameof(RcuDomain),
            Domains.Options with { BacklogLimit = 8, BacklogBytesLimit = 8 },
            GracePeriodEngine.OverSlots,
            remember: null,
            _ => this);

    // Passes beside the producers, then as many as it takes.
    private static void HandOver(Schedule schedule, DomainCore core, Action<nint, nint> append)
    {
        for (int i = 0; i < Producers; i++)
        {
            int first = i * Blocks;
            nint queues = (nint)core.Slots.Extend(owner: null)->Queues;
            core.Listing.List(&((ThreadQueues*)queues)->Blocks.Append); // These passes drop no slots.
            schedule.Start(() =>
            {
                for (int j = 0; j < Blocks; j++)
                {
                    append(queues, (nint)Block.Create(first + j));
                }
            });
        }

        ReclaimerPass pass = new(core);
        for (int i = 0; i < 2 * Blocks; i++)
        {
            pass.Run(maySnapshot: true, isExpedited: true);
        }

        schedule.JoinAll();
        for (int i = 0; i < 4 * Blocks && BarrierTarget.AnythingWaits(core, codeOnly: false); i++)
        {
            pass.Run(maySnapshot: true, isExpedited: true);
        }

        Schedule.Require(
            schedule.Freed.Count == Producers * Blocks,
            $"{schedule.Freed.Count} of {Producers * Blocks} blocks were freed.");
    }
}
