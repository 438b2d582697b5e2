using Quiescent.Reclamation;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O10 (a barrier misses nothing), O9: slots are dropped, listed again and dropped while their threads append and other
// threads' barriers reclaim what they find (Reclamation/Listing.cs).
public unsafe class ListingTests
{
    // The threads here do the reclaimer's work, so that slots are dropped all the time. Catches words cleared before the
    // slot is leaving, the slot listed before the word is set, a slot removed that was listed meanwhile, and no second
    // look.
    [Fact]
    public void A_slot_is_listed_until_what_an_append_left_there_is_reclaimed() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Rounds = 4;
        const int Looks = 6;
        bool isOver = false;
        using RcuDomain domain = Domains.Create();
        DomainCore core = domain.Core;
        core.State->AppendFlags = 0; // Nobody starts the reclaimer.
        schedule.Start(() =>
        {
            for (int round = 0; round < Rounds; round++)
            {
                Block* block = Block.Create();
                Free(domain, block, round % 2);
                Schedule.Require(
                    core.Slots.Listed.Any || block->IsFreed, "Nobody looks at a slot in which something waits.");
            }

            isOver = true;
        });
        schedule.Start(() =>
        {
            ReclaimerPass pass = new(core, ReclaimerPass.NoCode);
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
    });

    [Fact]
    public void A_barrier_waits_for_what_its_thread_queued_though_its_slot_was_being_dropped() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Rounds = 3;
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

    // The reclaimer alone is left to find what was queued last. Catches a reclaimer that sleeps while a slot is listed
    // that a barrier has just emptied: the next append there wakes nobody.
    [Fact]
    public void What_is_queued_beside_another_threads_barriers_is_found() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        const int Blocks = 3;
        using RcuDomain domain = Domains.Create();
        schedule.Start(() =>
        {
            for (int i = 0; i < Blocks; i++)
            {
                domain.Free(Block.Create());
            }
        });
        schedule.Start(() =>
        {
            domain.Barrier();
            domain.Barrier();
        });
        schedule.JoinAll();
        Schedule.Until(() => schedule.Freed.Count == Blocks);
    });

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
