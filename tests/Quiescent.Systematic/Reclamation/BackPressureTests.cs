using Quiescent.Queues;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

public unsafe class BackPressureTests
{
    // Catches a wait that nobody ends, as when the waiter neither collects nor expedites the reclaimer; and a call that
    // does not wait.
    [Fact]
    public void Block_waits_until_the_backlog_has_fallen() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        const int Limit = 2;
        using RcuDomain domain = new(
            Domains.Options with { BacklogLimit = Limit, BacklogPolicy = BacklogPolicy.Block });
        Published published = new();
        schedule.Start(() => published.ReadIn(domain));
        schedule.Start(() =>
        {
            for (int i = 1; i <= 4; i++)
            {
                domain.Free(published.Replace(i));
                int waiting = i - schedule.Freed.Count;
                Schedule.Require(waiting <= Limit, $"{waiting} blocks wait over a limit of {Limit}.");
            }
        });
        schedule.JoinAll();
        domain.Barrier();
        Schedule.Require(schedule.Freed.Count == 4, $"{schedule.Freed.Count} of 4 blocks were freed.");
    });

    // The thread that brings the count down may see it from the old side, before another thread's crossing is counted.
    [Fact]
    public void Crossings_of_the_limit_leave_it_on_the_side_that_the_backlog_is_on() => Exploration.Run(
        threads: 2, scenario: schedule =>
    {
        LimitedCount backlog = new(limit: 4);
        foreach (long items in (long[])[4, -4])
        {
            schedule.Start(() =>
            {
                backlog.Add(items);
                backlog.Add(items);
            });
        }

        schedule.JoinAll();
        Schedule.Require(backlog.Crossings % 2 == 0, $"{backlog.Crossings} crossings, and nothing waits.");
    });
}
