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

    // While the reclaimer gathers a batch for longer than any schedule. Catches a hurried callback that is left to the
    // batch, one that comes while another waits, and an order that hurry has changed.
    [Fact]
    public void A_hurried_callback_is_not_left_to_the_batch() => Exploration.Run(threads: 4, scenario: schedule =>
    {
        using RcuDomain domain = new(Domains.Options with { ReclaimDelay = TimeSpan.FromMinutes(1) });
        List<int>[] ran = [[], []];
        for (int i = 0; i < 2; i++)
        {
            List<int> mine = ran[i];
            schedule.Start(() =>
            {
                domain.Call(() => mine.Add(1));
                domain.CallHurried(() => mine.Add(2));
                domain.CallHurried(() => mine.Add(3));
            });
        }

        schedule.Start(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            Schedule.Point();
        });
        schedule.JoinAll();
        Schedule.Until(() => ran[0].Count + ran[1].Count == 6);
        foreach (List<int> order in ran)
        {
            Schedule.Require(order.SequenceEqual([1, 2, 3]), $"Callbacks ran in the order {string.Join(", ", order)}.");
        }
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
