using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O3, O7, O10: queues between their owner, the reclaimer and barriers.
public unsafe class HandOverTests
{
    // Pages of one block, so that each append fills one, goes on to the next and collects (owner-and-reclaimer-consume-at-once,
    // page-snapshot-by-pointer, page-linked-before-the-cursor, partial-pages-skipped-by-barrier, barrier-waits-for-taken).
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Pages_are_carried_out_once_in_order_after_their_grace_period(int entries) => Exploration.Run(threads: 3, scenario: schedule =>
        HandOver(schedule, Domains.WithPagesOf(entries), static (domain, block) => domain.Free((void*)block)));

    // last-head-without-hand-over, a chain that is sealed before its items are counted.
    [Fact]
    public void Heads_are_carried_out_once_in_a_grace_period_each() => Exploration.Run(threads: 3, scenario: schedule =>
        HandOver(schedule, Domains.Create(), static (domain, block) => domain.Free((void*)block, &((Block*)block)->Head), inOrder: false));

    // A bulk between single blocks.
    [Fact]
    public void Bulks_are_carried_out_once_in_order() => Exploration.Run(threads: 3, scenario: schedule =>
        HandOver(schedule, Domains.WithPagesOf(1), static (domain, block) => domain.FreeBulk([0, block])));

    // Function callbacks run on the reclaimer alone, in the order of their queueing; BarrierCallbacks waits for the last to return.
    [Fact]
    public void Callbacks_have_run_in_order_when_their_barrier_returns() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Published published = new();
        List<int> carriedOut = [];
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
                    carriedOut.Add(number);
                });
                queued = number;
            }
        });
        schedule.Start(() => published.ReadIn(domain));
        int before = queued;
        domain.BarrierCallbacks();
        Schedule.Require(carriedOut.Count >= before, $"{before} callbacks were queued before the barrier, {carriedOut.Count} had run after it.");
        schedule.JoinAll();
        domain.Barrier();
        Schedule.Require(carriedOut.SequenceEqual([1, 2, 3]), $"Callbacks ran in the order {string.Join(", ", carriedOut)}.");
    });

    // One thread unlinks and queues, one reads, one waits at a barrier, and the reclaimer carries out.
    private static void HandOver(Schedule schedule, RcuDomain domain, Action<RcuDomain, nint> free, bool inOrder = true)
    {
        const int Blocks = 3;
        using RcuDomain owned = domain;
        Published published = new();
        int queued = 0;
        schedule.Start(() =>
        {
            for (int i = 1; i <= Blocks; i++)
            {
                free(domain, (nint)published.Replace(i));
                queued = i;
            }
        });
        schedule.Start(() => published.ReadIn(domain));
        Schedule.Point();
        int before = queued;
        domain.Barrier();
        Schedule.Require(
            schedule.Freed.Count >= before,
            $"{before} blocks were queued before the barrier, {schedule.Freed.Count} had been freed after it.");
        schedule.JoinAll();
        domain.Barrier();
        Schedule.Require(schedule.Freed.Count == Blocks, $"{schedule.Freed.Count} of {Blocks} blocks were freed before the last barrier returned.");
        Schedule.Require(!inOrder || schedule.Freed.SequenceEqual([0, 1, 2]), $"Blocks were freed in the order {string.Join(", ", schedule.Freed)}.");
    }
}
