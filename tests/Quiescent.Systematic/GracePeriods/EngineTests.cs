using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.GracePeriods;

// O1 to O4: what a section may see.
public unsafe class EngineTests
{
    // A wait that ends too early (no-wait, target-too-low), an inner section that ends the outer
    // (inner-guard-ends-outer).
    [Fact]
    public void A_section_never_sees_a_block_freed_after_synchronize() => Exploration.Run(
        threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Published published = new();
        schedule.Start(() => published.ReadAroundSectionOf(domain));
        schedule.Start(() =>
        {
            published.ReadIn(domain);
            published.ReadIn(domain);
        });
        Block* old = published.Replace();
        domain.Synchronize();
        Block.Free(old);
        schedule.JoinAll();
    });

    // Catches a target taken while another's grace period is in progress, which covers it only in part.
    [Fact]
    public void Two_updaters_wait_long_enough_each() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Published published = new();
        schedule.Start(() =>
        {
            published.ReadIn(domain);
            published.ReadIn(domain);
        });
        schedule.Start(() =>
        {
            Block* old = published.Replace();
            GracePeriodState state = domain.GetState();
            domain.CondSynchronize(state);
            Block.Free(old);
        });
        Block* other = published.Replace();
        domain.Synchronize();
        Block.Free(other);
        schedule.JoinAll();
    });

    // A renewal that announces too much, so that the section is passed by, or nothing, so that no grace period ends.
    [Fact]
    public void A_renewed_section_keeps_what_it_saw_since_it_was_renewed() => Exploration.Run(
        threads: 2, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Published published = new();
        bool isUpdated = false;
        schedule.Start(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            published.ReadIn(in guard);
            while (!isUpdated)
            {
                guard.Renew();
                published.ReadIn(in guard);
                Thread.Sleep(1);
            }
        });
        for (int i = 0; i < 2; i++)
        {
            Block* old = published.Replace();
            domain.Synchronize();
            Block.Free(old);
        }

        isUpdated = true;
        schedule.JoinAll();
    });

    // Going online or a quiescent state that announces too little, too late, or nothing: then no grace period ends.
    [Fact]
    public void An_online_reader_keeps_what_it_saw_since_its_last_quiescent_state() => Exploration.Run(
        threads: 2, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Published published = new();
        bool isUpdated = false;
        schedule.Start(() =>
        {
            using RcuReader reader = domain.RegisterReader();
            reader.GoOnline();
            Read(reader, published);
            while (!isUpdated)
            {
                reader.QuiescentState();
                Read(reader, published);
                Thread.Sleep(1);
            }

            reader.GoOffline();
            Read(reader, published);
        });
        for (int i = 0; i < 2; i++)
        {
            Block* old = published.Replace();
            domain.Synchronize();
            Block.Free(old);
        }

        isUpdated = true;
        schedule.JoinAll();
    });

    private static void Read(RcuReader reader, Published published)
    {
        using ReadGuard guard = reader.ReadLock();
        published.ReadIn(in guard);
    }
}
