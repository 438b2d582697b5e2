using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O10 (a barrier misses nothing), O9: slots are dropped, listed again and dropped while their threads append and other
// threads' barriers reclaim what they find (Reclamation/Listing.cs).
public unsafe class ListingTests
{
    // The threads here do the reclaimer's work, so that slots are dropped all the time. Catches words cleared before
    // the slot is leaving, the slot listed before the word is set, a slot removed that was listed meanwhile, and no
    // second look.
    [Fact]
    public void A_slot_is_listed_until_what_an_append_left_there_is_reclaimed() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Rounds = 4;
        const int Looks = 6;
        bool isOver = false;
        Block* block = null;
        using RcuDomain domain = Domains.Create();
        DomainCore core = domain.Core;
        core.State->AppendFlags = 0; // Nobody starts the reclaimer.
        schedule.Start(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                block = Block.Create();
                Free(domain, block, round % 2);
                for (int look = 0; look < Looks; look++)
                {
                    MustBeListed();
                    Schedule.Point();
                }
            }

            isOver = true;
        });
        schedule.Start(() =>
        {
            ReclaimerPass pass = new(core);
            for (int i = 0; i < Looks && !isOver; i++)
            {
                pass.Run(maySnapshot: true, isExpedited: true);
            }
        });
        for (int i = 0; i < Looks && !isOver; i++)
        {
            core.Listing.DropEmpty();
        }

        schedule.JoinAll();
        MustBeListed();

        void MustBeListed() => Schedule.Require(
            core.Slots.Listed.Any || block->IsFreed, "Nobody looks at a slot in which something waits.");
    });

    // A slot that begins to leave while its thread lists it, and whose queue another thread empties meanwhile, may go:
    // the next append must find that it is not listed. Catches words cleared before the slot is leaving.
    [Fact]
    public void The_append_after_a_slot_was_dropped_lists_it() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        const int Looks = 8;
        using RcuDomain domain = Domains.Create();
        DomainCore core = domain.Core;
        core.State->AppendFlags = 0; // Nobody starts the reclaimer.
        int queued = 0;
        bool hasLooked = false;
        schedule.Start(() =>
        {
            domain.Free(Block.Create(1));
            queued = 1;
            Schedule.Until(() => schedule.Freed.Count == 1 || hasLooked);
            domain.Free(Block.Create(2));
            queued = 2;
            Schedule.Until(() => schedule.Freed.Count == 2 || hasLooked);
            Block* last = Block.Create(3);
            domain.Free(last);
            Schedule.Require(
                core.Slots.Listed.Any || last->IsFreed, "Nobody looks at a slot in which something waits.");
        });
        schedule.Start(() =>
        {
            ReclaimerPass pass = new(core);
            for (int number = 1; number <= 2; number++)
            {
                Schedule.Until(() => queued >= number);
                for (int i = 0; i < Looks && schedule.Freed.Count < number; i++)
                {
                    pass.Run(maySnapshot: true, isExpedited: true);
                }
            }

            hasLooked = true;
        });
        Schedule.Until(() => schedule.Freed.Count == 1 || hasLooked);
        core.Listing.DropEmpty();
        core.Listing.DropEmpty();
        schedule.JoinAll();
    });

    [Fact]
    public void A_barrier_waits_for_what_its_thread_queued_though_its_slot_was_being_dropped() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Rounds = 2;
        using RcuDomain domain = Domains.Create();
        int form = schedule.Choose(3);
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                for (int round = 0; round < Rounds; round++)
                {
                    Block* block = Block.Create();
                    Free(domain, block, (form + round) % 3);
                    domain.Barrier();
                    Schedule.Require(block->IsFreed, "A barrier has missed what its own thread had queued before.");
                }
            });
        }

        schedule.JoinAll();
    });

    // A slot stays listed if something was queued there when the reclaimer began to drop slots, and another thread has
    // reclaimed that before it looked again. Catches a reclaimer that sleeps all the same: the next append reads that
    // its slot is listed, and wakes nobody.
    [Fact]
    public void An_append_to_a_slot_that_was_not_dropped_finds_the_reclaimer_awake() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Looks = 8;
        using RcuDomain domain = Domains.Create();
        DomainCore core = domain.Core;
        bool isQueued = false;
        schedule.Start(() =>
        {
            domain.Free(Block.Create(1));
            Schedule.Until(() => schedule.Freed.Count == 1 && IsIdle(core));
            domain.Free(Block.Create(2));
            isQueued = true;
            Schedule.Until(() => schedule.Freed.Count == 2);
            domain.Free(Block.Create(3));
        });
        Schedule.Until(() => isQueued);
        ReclaimerPass pass = new(core);
        for (int i = 0; i < Looks && schedule.Freed.Count < 2; i++)
        {
            pass.Run(maySnapshot: true, isExpedited: true);
        }

        schedule.JoinAll();
        Schedule.Until(() => schedule.Freed.Count == 3);
    });

    private static bool IsIdle(DomainCore core) => (core.State->AppendFlags & AppendFlags.Idle) != 0;

    private static void Free(RcuDomain domain, Block* block, int form)
    {
        switch (form)
        {
            case 0:
                domain.Free(block);
                break;
            case 1:
                domain.Free(block, &block->Head);
                break;
            default:
                domain.FreeBulk([(nint)block]);
                break;
        }
    }
}
