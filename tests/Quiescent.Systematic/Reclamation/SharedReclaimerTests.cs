using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O8, O9: domains that share a thread. It serves all that ask, leaves each when it is idle, hands over to a thread of
// the domain's own what runs user code, and ends when none is left. The waiters here drive nothing, so a stranded item
// is a deadlock.
public unsafe class SharedReclaimerTests
{
    // A thread that ends with a domain among those that asked; a domain that asks while it is being left.
    [Fact]
    public void An_append_is_seen_by_a_thread_that_leaves_or_ends() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        RcuDomainOptions options = Domains.Sharing();
        using RcuDomain first = new(options);
        using RcuDomain second = new(options);
        schedule.Start(() =>
        {
            first.Free(Block.Create());
            second.Free(Block.Create());
        });
        schedule.Start(() =>
        {
            second.Free(Block.Create());
            first.Free(Block.Create());
        });
        schedule.JoinAll();
        Schedule.Until(() => schedule.Freed.Count == 4);
    });

    // Code that runs on the shared thread, twice, or never; a claim that both threads have.
    [Fact]
    public void User_code_runs_once_on_a_thread_of_its_domain() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        RcuDomainOptions options = Domains.Sharing();
        using RcuDomain domain = new(options);
        using RcuDomain other = new(options);
        int ran = 0;
        bool mayReturn = false;
        schedule.Start(() =>
        {
            domain.Free(Block.Create());
            domain.Call(() =>
            {
                ran++;
                Schedule.Until(() => mayReturn);
            });
            domain.Free(Block.Create());
        });
        schedule.Start(() =>
        {
            other.Free(Block.Create());
            Schedule.Until(() => schedule.Freed.Count >= 1);
            other.Free(Block.Create());
        });
        schedule.JoinAll();

        // Also while the callback has not returned, the other domain is served.
        Schedule.Until(() => ran == 1 && schedule.Freed.Count >= 2);
        mayReturn = true;
        Schedule.Until(() => schedule.Freed.Count == 4);
        Schedule.Require(ran == 1, $"The callback ran {ran} times.");
    });

    // A disposal that does not see the thread leave, or that the thread does not see.
    [Fact]
    public void A_disposal_meets_the_shared_thread() => Exploration.Run(threads: 2, scenario: schedule =>
    {
        RcuDomainOptions options = Domains.Sharing();
        RcuDomain domain = new(options);
        using RcuDomain other = new(options);
        domain.Free(Block.Create());
        schedule.Start(() =>
        {
            other.Free(Block.Create());
            other.Free(Block.Create());
        });
        domain.Dispose();
        schedule.JoinAll();
        Schedule.Until(() => schedule.Freed.Count == 3);
    });
}
