using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Sleepable;

// The whole domain, from ReadLock to the reclaimer.
public unsafe class SrcuDomainTests
{
    // Catches an end that counts in another set than its section did: then grace periods end too early, or never.
    [Fact]
    public void A_section_that_another_thread_ends_keeps_what_it_saw() => Exploration.Run(
        threads: 4, scenario: schedule =>
    {
        using SrcuDomain domain = Domains.CreateSleepable();
        Published published = new();
        SrcuReadLock passedOn = default;
        Block* seen = null;
        schedule.Start(() =>
        {
            passedOn = domain.ReadLock();
            seen = passedOn.DereferencePointer(in published.Pointer);
            published.ReadIn(domain);
        });
        schedule.Start(() =>
        {
            Schedule.Until(() => seen != null);
            published.ReadIn(domain);
            Block.Read(seen);
            passedOn.Dispose();
        });
        domain.Free(published.Replace());
        Block* old = published.Replace();
        domain.Synchronize();
        Block.Free(old);
        schedule.JoinAll();
        Schedule.Require(domain.OpenSections == 0, "A section was counted wrongly.");
        domain.Barrier();
        Schedule.Require(schedule.Freed.Count == 2, "A block was not freed.");
    });

    // Catches a ticket that is looked at and then stored: two releases count, or a later section is ended.
    [Fact]
    public void One_of_two_releases_counts_and_no_later_section_is_hit() => Exploration.Run(
        threads: 3, isCloseUp: true, scenario: schedule =>
    {
        using SrcuDomain domain = Domains.CreateSleepable();
        using SrcuDomain other = new(Domains.Options);
        SrcuReadLock twice = default;
        bool isOpen = false;
        int released = 0;
        schedule.Start(() =>
        {
            twice = domain.ReadLock();
            isOpen = true;
            Schedule.Point();
            other.ReadLock().Dispose();
            other.ReadLock().Dispose();
        });
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                Schedule.Until(() => isOpen);
                try
                {
                    twice.Dispose();
                    released++;
                }
                catch (InvalidOperationException)
                {
                    // The other's release was first.
                }
            });
        }

        schedule.JoinAll();
        Schedule.Require(released == 1, $"{released} releases of a lock succeeded.");
        Schedule.Require(domain.OpenSections == 0, "A section was not counted once.");
        Schedule.Require(other.OpenSections == 0, "Another domain's section was hit.");
    });
}
