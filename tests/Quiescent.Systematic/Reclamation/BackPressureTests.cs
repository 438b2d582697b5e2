using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

public unsafe class BackPressureTests
{
    // A wait that nobody ends, as when the waiter neither collects nor hurries the reclaimer; and one that does not wait.
    [Fact]
    public void Block_waits_until_the_backlog_has_fallen() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        const int Limit = 2;
        using RcuDomain domain = new(Domains.Options with { BacklogLimit = Limit, BacklogPolicy = BacklogPolicy.Block });
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
}
