using Quiescent.Ordering;
using Quiescent.Systematic.Support;

namespace Quiescent.Systematic.Reclamation;

// O9 (nothing sleeps on work): a thread that is blocked behind another is woken, or gets the turn. A lost wake-up is a
// deadlock here.
public unsafe class WaitLineTests
{
    // Catches a turn that is not passed on, and a thread that joins the line just when the turn ends.
    [Fact]
    public void Whoever_has_the_turn_passes_it_on() => Exploration.Run(
        threads: 4, isCloseUp: true, scenario: schedule =>
    {
        WaitLine line = new();
        Flag flag = new();
        for (int i = 0; i < 3; i++)
        {
            schedule.Start(() =>
            {
                WaitLine.Waiter waiter = line.TryCreateWaiter(flag)!;
                while (!flag.IsDone())
                {
                    waiter.Sleep();
                }

                line.ReleaseDone();
            });
        }

        Schedule.Point();
        flag.IsUp = true;
        schedule.JoinAll();
        Schedule.Require(line.Count == 0, "A thread has ended and is still in the line.");
    });

    // The one that looks drives what both wait for, and its target may be one ahead of the other's.
    [Fact]
    public void Threads_that_wait_by_turns_return_after_their_grace_period()
    {
        int reached = 0;
        Exploration.Run(threads: 3, scenario: schedule =>
        {
            using RcuDomain domain = Domains.Create();
            Published published = new();
            for (int i = 0; i < 2; i++)
            {
                schedule.Start(() =>
                {
                    Block* old = published.Replace();
                    domain.Synchronize();
                    Block.Free(old);
                });
            }

            using (ReadGuard guard = domain.ReadLock())
            {
                published.ReadIn(in guard);
                for (int i = 0; i < 1_000 && domain.Core.Engine.Line.Count == 0; i++)
                {
                    Thread.Sleep(1);
                }

                reached += domain.Core.Engine.Line.Count;
                published.ReadIn(in guard);
            }

            schedule.JoinAll();
        });
        Assert.NotEqual(0, reached);
    }

    private sealed class Flag : IWaitCondition
    {
        public bool IsUp { get; set; }

        public bool IsDone()
        {
            Schedule.Point();
            return IsUp;
        }

        public bool MaySleep() => true;
    }
}
