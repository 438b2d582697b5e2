using Quiescent.Callbacks;
using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O7 and O10 close up: the two queues between one producer and the passes of one consumer, with nothing else to run.
public unsafe class QueueTests : IDomainReports
{
    private const int Blocks = 4;

    // A page linked before the cursor moves into it, recycled too early, or a note that covers what came later.
    [Fact]
    public void Pages_of_one_block_are_handed_over_whole_and_in_order() => Exploration.Run(threads: 2, scenario: schedule =>
    {
        QueueContext context = CreateContext();
        PageQueue* queue = &context.QueuesOf(context.SharedSlot->Index)->Blocks;
        schedule.Start(() =>
        {
            for (int i = 0; i < Blocks; i++)
            {
                Block* block = Block.Create(i);
                while (!Queueing.TryAppend(queue, block))
                {
                    PageQueue.Seal(queue, context.Engine);
                    PageQueue.Extend(queue, context.Pool.Take(), context.First);
                }
            }
        });
        CarryOut(schedule, context);
        Schedule.Require(
            schedule.Freed.SequenceEqual(Enumerable.Range(0, Blocks)),
            $"Blocks were freed in the order {string.Join(", ", schedule.Freed)}.");
    });

    // A snapshot of cell and count that do not belong together, a chain that is followed too far or ends at a pointer.
    [Fact]
    public void Heads_are_handed_over_each_once() => Exploration.Run(threads: 2, scenario: schedule =>
    {
        QueueContext context = CreateContext();
        HeadQueue* queue = &context.QueuesOf(context.SharedSlot->Index)->Heads;
        schedule.Start(() =>
        {
            for (int i = 0; i < Blocks; i++)
            {
                Block* block = Block.Create(i);
                block->Head.Word = HeadWord.OfOffset(block, &block->Head, Deallocators.NativeHeap);
                HeadQueue.Push(queue, &block->Head);
            }
        });
        CarryOut(schedule, context);
        Schedule.Require(schedule.Freed.Count == Blocks, $"{schedule.Freed.Count} of {Blocks} blocks were freed.");
    });

    void IDomainReports.CallbackFailed(Exception exception) => Schedule.Require(false, exception.Message);

    void IDomainReports.ReportReaders()
    {
    }

    private QueueContext CreateContext()
    {
        SlotTable slots = new(ThreadQueues.Bytes, &ThreadQueues.Free, fullFence: false, validate: false);
        return new QueueContext(new GracePeriodEngine(slots, fullFence: false), Domains.Options with { BacklogLimit = 8 }, this);
    }

    // A few passes beside the producer, then as many as it takes.
    private static void CarryOut(Schedule schedule, QueueContext context)
    {
        ReclaimerPass pass = new(context, ReclaimerPass.NoCode);
        for (int i = 0; i < 2 * Blocks; i++)
        {
            pass.Run(mayNote: true, hurry: true);
        }

        schedule.JoinAll();
        for (int i = 0; i < 4 * Blocks && BarrierTicket.AnythingWaits(context); i++)
        {
            pass.Run(mayNote: true, hurry: true);
        }
    }
}
