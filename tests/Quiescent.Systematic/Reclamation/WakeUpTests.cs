using Quiescent.Readers;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O9 (nothing sleeps on work): nothing is stranded while the reclaimer goes idle. The waiters here drive nothing, so a
// stranded item is a deadlock.
public unsafe class WakeUpTests
{
    // no-recheck-before-sleep, and a bit cleared or set at the wrong time.
    [Fact]
    public void An_append_is_seen_by_a_reclaimer_that_goes_idle() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                domain.Free(Block.Create());
                domain.Free(Block.Create());
            });
        }

        schedule.JoinAll();
        Schedule.Until(() => schedule.Freed.Count == 4);
    });

    // A thread that ends without a look whether somebody has woken it, and a wake-up that relies on it.
    [Fact]
    public void An_append_is_seen_by_a_reclaimer_that_ends() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = new(Domains.Options with { IdleTimeout = TimeSpan.FromMilliseconds(1) });
        for (int i = 0; i < 2; i++)
        {
            schedule.Start(() =>
            {
                domain.Free(Block.Create());
                domain.Free(Block.Create());
            });
        }

        schedule.JoinAll();
        Schedule.Until(() => schedule.Freed.Count == 4);
    });

    // The reclaimer remembers a request or a waiter, whenever it comes, and completes it after its grace period.
    [Fact]
    public void A_grace_period_asked_for_is_driven_to_its_end() => Exploration.Run(threads: 3, scenario: schedule =>
    {
        using RcuDomain domain = Domains.Create();
        Published published = new();
        schedule.Start(() =>
        {
            Block* old = published.Replace();
            GracePeriodState state = domain.StartPoll();
            Schedule.Until(() => SectionWord.HasReached(domain.Core.State->Completed, state.Target));
            Block.Free(old);
        });
        schedule.Start(() =>
        {
            Block* old = published.Replace();
            Task task = domain.SynchronizeAsync(TestContext.Current.CancellationToken).AsTask();
            Schedule.Until(() => task.IsCompleted);
            Block.Free(old);
        });
        published.ReadIn(domain);
        schedule.JoinAll();
    });
}
