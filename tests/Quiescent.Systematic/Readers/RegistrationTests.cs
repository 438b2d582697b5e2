using Quiescent.Readers;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Readers;

// O5 (slot visible before use) and O6 (dead threads hold nothing up): slots and the threads that hold them.
public unsafe class RegistrationTests
{
    // Catches a slot that the scan takes in only after its thread's first read.
    [Fact]
    public void Threads_may_register_while_a_grace_period_is_in_progress() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Published published = new();
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() => published.ReadIn(domain));
        }

        for (int i = 0; i < 2; i++)
        {
            Block* old = published.Replace();
            domain.Synchronize();
            Block.Free(old);
        }

        schedule.JoinAll();
    });

    // Catches a dead thread that holds up grace periods for ever, a slot given away while it is in use, and an owner's
    // word lost to a release of the dead.
    [Fact]
    public void A_slot_left_inside_a_section_is_released_and_serves_the_next_thread() => Exploration.Run(
        threads: 2, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Published published = new();
        int abandoned = 0;
        domain.ReaderAbandoned += (_, _) => abandoned++;
        schedule.Start(() =>
        {
            domain.ReadLock();
        });
        schedule.Start(() =>
        {
            published.ReadIn(domain);
            published.ReadIn(domain);
        });
        Block* old = published.Replace();
        domain.Synchronize();
        Block.Free(old);
        schedule.JoinAll();
        schedule.Start(() => published.ReadIn(domain));
        old = published.Replace();
        domain.Synchronize();
        Block.Free(old);
        schedule.JoinAll();
        domain.GetStatistics();
        Schedule.Require(abandoned == 1, $"{abandoned} abandoned readers were reported instead of one.");
    });

    // The blocks that a dead thread has queued, in a page that is not full, and those of the slot's next owner behind
    // them.
    [Fact]
    public void A_recycled_slot_goes_on_with_its_queues() => Exploration.Run(threads: 2, scenario: schedule =>
    {
        using RcuDomain domain = Domains.WithPagesOf(2);
        for (int i = 1; i <= 2; i++)
        {
            int number = i;
            schedule.Start(() =>
            {
                domain.Free(Block.Create(number));
                domain.Free(Block.Create(number));
                domain.Free(Block.Create(number));
            });
        }

        domain.Synchronize();
        domain.GetStatistics();
        schedule.Start(() => domain.Free(Block.Create(3)));
        schedule.JoinAll();
        domain.Barrier();
        Schedule.Require(
            schedule.Freed.Count == 7, $"{schedule.Freed.Count} of 7 blocks were freed before the barrier returned.");
    });

    // Catches a look that finds nothing open although a section or a reader always was: the finalizer of a dropped
    // domain would free the slot's memory under them.
    [Fact]
    public void A_slot_is_in_use_from_the_opening_of_a_reader_to_the_end_of_its_section() => Exploration.Run(
        threads: 2, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        ReaderSlot* slot = null;
        bool isEnding = false;
        schedule.Start(() =>
        {
            RcuReader reader = domain.RegisterReader();
            slot = domain.Core.Registrar.Known;
            ReadGuard guard = reader.ReadLock();
            reader.Dispose();
            Schedule.Point(); // The section goes on.
            isEnding = true;
            guard.Dispose();
        });
        Schedule.Until(() => slot != null);
        bool isAnyOpen = ReaderHandles.IsAnyOpen(slot);
        Schedule.Require(isAnyOpen || isEnding, "A slot with a section or a reader open was taken for unused.");
        schedule.JoinAll();
    });
}
