using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.GracePeriods;

// O3 (unlinked before started) and O5 (slot visible before use) close up: what a grace period covers, with only the
// threads between which it can go wrong.
public unsafe class CoverTests
{
    private const int Visits = 4;

    // A reader stays this long, so that a thread that frees its block has time to.
    private const int Looks = 6;

    // Catches a target taken before the last head is looked up: the head is unlinked after that target's grace period
    // has begun.
    [Fact]
    public void The_target_of_a_chain_covers_its_last_head() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        QueueContext context = CreateContext(Page.Entries);
        MustCover(schedule, context.Engine, &Push, (queues, mayFree) =>
        {
            HeadQueue* queue = &((ThreadQueues*)queues)->Heads;
            queue->Snapshot(context, out _);
            return mayFree ? queue->FreeExpired(context, budget: int.MaxValue) : 0;
        });
    });

    // The same for the snapshot of an open page.
    [Fact]
    public void The_target_of_a_snapshot_covers_its_last_entry() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        QueueContext context = CreateContext(Page.Entries);
        MustCover(schedule, context.Engine, &Append, (queues, mayFree) =>
        {
            PageQueue* queue = &((ThreadQueues*)queues)->Blocks;
            if (queue->Cursor == null)
            {
                queue->Extend(context, context.Pages.Take());
            }

            queue->SnapshotPartialPages(context, evenIfActive: true, out _);
            return mayFree ? queue->FreeExpired(context, pages: 1) : 0;
        });
    });

    // Catches a table's end that is read before Started is raised: a slot made in between belongs to a reader that is
    // not waited for, though its grace period covers what the reader itself has unlinked since.
    [Fact]
    public void A_grace_period_scans_every_reader_that_could_hold_an_item_it_covers() => Exploration.Run(
        threads: 2, isCloseUp: true, scenario: schedule =>
    {
        GracePeriodEngine engine = CreateEngine(new PagePool());
        Published published = new();
        schedule.Start(() => engine.TryAdvance(engine.NextTarget()));
        ReaderSlot* slot = engine.Slots.Extend(owner: null);
        using ReadGuard guard = new(slot, Section.Announce(slot, engine.Slots.State));
        published.ReadIn(in guard);
        published.Replace();
        ulong target = engine.NextTarget();
        schedule.JoinAll();
        Schedule.Require(
            !engine.TryAdvance(target),
            "A grace period that covers a section's own unlink has ended under the section.");
    });

    private static QueueContext CreateContext(int pageEntries)
    {
        PagePool pages = new();
        return new(CreateEngine(pages), pages, ledger: null, pageEntries, new WaitingBytes(long.MaxValue));
    }

    private static GracePeriodEngine CreateEngine(PagePool pages) =>
        GracePeriodEngine.OverSlots(new SlotTable(ThreadQueues.Bytes, pages, fullFence: false, validate: false));

    // A reader, an updater, and a thread that drives grace periods; and here a consumer, which comes back until the
    // block is freed.
    private static void MustCover(
        Schedule schedule, GracePeriodEngine engine, delegate*<nint, Block*, void> queue, Func<nint, bool, int> visit)
    {
        Published published = new();
        nint slot = (nint)engine.Slots.Extend(owner: null);
        nint queues = (nint)engine.Slots.Extend(owner: null)->Queues;
        nint queueFunction = (nint)queue;
        visit(queues, false);
        schedule.Start(() => Read(engine, slot, published));
        schedule.Start(() => engine.TryAdvance(engine.NextTarget()));
        schedule.Start(() => ((delegate*<nint, Block*, void>)queueFunction)(queues, published.Replace()));
        int freed = 0;
        for (int i = 0; i < Visits; i++)
        {
            freed += visit(queues, true);
        }

        schedule.JoinAll();
        for (int i = 0; i < Visits; i++)
        {
            freed += visit(queues, true);
            engine.TryAdvance(engine.NextTarget());
        }

        Schedule.Require(freed == 1, $"{freed} blocks were freed instead of one.");
    }

    private static void Push(nint queues, Block* block)
    {
        block->Head.Word = HeadWord.OfOffset(block, &block->Head, Deallocators.NativeHeap);
        HeadQueue.Push(&((ThreadQueues*)queues)->Heads, &block->Head);
    }

    private static void Append(nint queues, Block* block) =>
        Producer.TryAppend(&((ThreadQueues*)queues)->Blocks, block);

    private static void Read(GracePeriodEngine engine, nint slot, Published published)
    {
        using ReadGuard guard = new((ReaderSlot*)slot, Section.Announce((ReaderSlot*)slot, engine.Slots.State));
        Block* block = guard.DereferencePointer(in published.Pointer);
        for (int i = 0; i < Looks; i++)
        {
            Block.Read(block);
        }
    }
}
