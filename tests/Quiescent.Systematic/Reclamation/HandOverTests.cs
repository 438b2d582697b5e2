using Quiescent.Memory;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O3, O7, O10: queues between their owner, the reclaimer and barriers.
public unsafe class HandOverTests
{
    private const int Bulks = 2;
    private const int Heads = 3;
    private const int UserBlocks = 4;
    private const int UserHeads = 5;

    // Registered before any schedule, so that the first one is like all others.
    public HandOverTests() => _ = Deallocator<SlowHeap>.Channel;

    // Pages of one block or two, so that appends fill them, go on to the next and collect; bulks; heads; and a slow
    // deallocator. Catches items freed too early, twice, out of order or not at all; and a barrier that skips pages
    // that are not full, or waits only until items were taken.
    [Fact]
    public void Blocks_are_freed_once_in_order_after_a_grace_period_and_before_a_barrier_returns() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Blocks = 3;
        int form = schedule.Choose(6);
        using RcuDomain domain = Domains.WithPagesOf(1 + (form & 1));
        Published published = new();
        int queued = 0;
        schedule.Start(() =>
        {
            for (int i = 1; i <= Blocks; i++)
            {
                Free(domain, published.Replace(i), form);
                queued = i;
            }
        });
        schedule.Start(() =>
        {
            for (int i = 0; i < Blocks; i++)
            {
                published.ReadIn(domain);
            }
        });
        Schedule.Point();
        int before = queued;
        domain.Barrier();
        Schedule.Require(
            schedule.Freed.Count >= before,
            $"{before} blocks were queued before the barrier, {schedule.Freed.Count} had been freed after it.");
        schedule.JoinAll();
        domain.Barrier();
        Schedule.Require(
            schedule.Freed.Count == Blocks,
            $"{schedule.Freed.Count} of {Blocks} blocks were freed before the last barrier returned.");
        Schedule.Require(
            form == Heads || schedule.Freed.SequenceEqual([0, 1, 2]),
            $"Blocks were freed in the order {string.Join(", ", schedule.Freed)}.");
    });

    // Function callbacks run on the reclaimer alone, in the order of their producer; BarrierCallbacks waits for the
    // last to return.
    [Fact]
    public void Callbacks_have_run_in_order_when_their_barrier_returns() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Published published = new();
        List<int> hasRun = [];
        int queued = 0;
        schedule.Start(() =>
        {
            for (int i = 1; i <= 3; i++)
            {
                Block* old = published.Replace(i);
                int number = i;
                domain.Call(() =>
                {
                    Block.Free(old);
                    Schedule.Point();
                    hasRun.Add(number);
                });
                queued = number;
            }
        });
        schedule.Start(() => published.ReadIn(domain));
        int before = queued;
        domain.BarrierCallbacks();
        Schedule.Require(
            hasRun.Count >= before,
            $"{before} callbacks were queued before the barrier, {hasRun.Count} had run after it.");
        schedule.JoinAll();
        domain.Barrier();
        Schedule.Require(
            hasRun.SequenceEqual([1, 2, 3]), $"Callbacks ran in the order {string.Join(", ", hasRun)}.");
    });

    private static void Free(RcuDomain domain, Block* block, int form)
    {
        switch (form)
        {
            case Heads:
                domain.Free(block, &block->Head);
                break;
            case UserBlocks:
                domain.Free<SlowHeap>(block);
                break;
            case UserHeads:
                domain.Free<SlowHeap>(block, &block->Head);
                break;
            case Bulks:
                domain.FreeBulk([0, (nint)block]);
                break;
            default:
                domain.Free(block);
                break;
        }
    }

    // User code, which the reclaimer alone runs: other threads have their turn in it.
    private readonly struct SlowHeap : INativeDeallocator
    {
        public static void Free(void* block)
        {
            Schedule.Point();
            Block.Free((Block*)block);
        }
    }
}
