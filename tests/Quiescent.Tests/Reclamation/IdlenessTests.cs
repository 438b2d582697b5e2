using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// O9 (nothing runs without work): when nothing is queued or waited for, nothing runs.
public class IdlenessTests
{
    [Fact]
    public void A_domain_that_only_reads_and_synchronises_has_no_thread()
    {
        using RcuDomain domain = Domains.New();
        for (int i = 0; i < 100; i++)
        {
            using (ReadGuard guard = domain.ReadLock())
            {
                Assert.True(domain.IsReadLockHeld);
            }

            domain.Synchronize();
            domain.CondSynchronize(domain.GetState());
            domain.Barrier();
            domain.BarrierCallbacks();
            domain.GetStatistics();
        }

        Assert.Null(Inside.ReclaimerThread(domain));
        Assert.True(Inside.IsIdle(domain));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void After_its_work_the_reclaimer_sleeps_and_starts_no_grace_periods(int delay)
    {
        using RcuDomain domain = NewDomain(delay);
        for (int round = 0; round < 5; round++)
        {
            Forms.QueueAll(domain);
            Until.True(() => Inside.IsIdle(domain));
            RcuStatistics before = domain.GetStatistics();
            Assert.Equal(0, before.BlocksWaiting + before.CallbacksWaiting);
            Assert.Equal(before.GracePeriodsStarted, before.GracePeriodsCompleted);

            // Another domain's work is the time in which this one might do something.
            using (RcuDomain other = NewDomain(delay: 1))
            {
                for (int i = 0; i < 30; i++)
                {
                    Forms.QueueAll(other);
                    Until.True(() => Forms.Waiting(other) == 0);
                }
            }

            RcuStatistics after = domain.GetStatistics();
            Assert.Equal(before.GracePeriodsStarted, after.GracePeriodsStarted);
            Assert.True(Inside.IsIdle(domain));
            Assert.True((Inside.ReclaimerThread(domain)!.ThreadState & ThreadState.WaitSleepJoin) != 0);
        }
    }

    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void The_next_single_item_wakes_it(Form form)
    {
        using RcuDomain domain = NewDomain(delay: 0);
        for (int i = 1; i <= 100; i++)
        {
            Forms.Queue(domain, form);
            Until.True(() => Forms.Reclaimed(domain) == i);
            Until.True(() => Inside.IsIdle(domain));
        }
    }

    [Fact]
    public void Polls_and_asynchronous_waits_wake_it_and_let_it_sleep_again()
    {
        using RcuDomain domain = NewDomain(delay: 1);
        for (int i = 0; i < 50; i++)
        {
            GracePeriodState state = domain.StartPoll();
            Until.True(() => domain.Poll(state));
            Until.True(() => Inside.IsIdle(domain));
            ParkedReader reader = new(domain);
            Task waiter = domain.SynchronizeAsync(TestContext.Current.CancellationToken).AsTask();
            Assert.False(waiter.IsCompleted);
            reader.Release();
            Until.Done(waiter);
            Until.True(() => Inside.IsIdle(domain));
        }
    }

    [Fact]
    public void A_cancelled_wait_lets_it_sleep_again()
    {
        using RcuDomain domain = NewDomain(delay: 1);
        using (new ParkedReader(domain))
        {
            using CancellationTokenSource source = new();
            Forms.Queue(domain, Form.Headless);
            Task waiter = domain.BarrierAsync(source.Token).AsTask();
            source.Cancel();
            Until.True(() => waiter.IsCanceled);
        }

        Until.True(() => Inside.IsIdle(domain));
        Assert.Equal(0, Forms.Waiting(domain));
    }

    [Fact]
    public void A_cookie_alone_starts_nothing()
    {
        using RcuDomain domain = NewDomain(delay: 0);
        GracePeriodState state = domain.GetState();
        Assert.False(domain.Poll(state));
        Assert.Equal(0, domain.GetStatistics().GracePeriodsStarted);
        Assert.Null(Inside.ReclaimerThread(domain));
    }

    private static RcuDomain NewDomain(int delay) =>
        new(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMilliseconds(delay) });
}
