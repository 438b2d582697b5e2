using Quiescent.Ordering;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// A reclaimer's thread that has slept for some time ends, and work brings another one.
public sealed class IdleEndTests
{
    // Faults caught: a thread that never ends; an append that wakes a thread which has just ended.
    [Theory]
    [InlineData(Form.Headless, false)]
    [InlineData(Form.Headless, true)]
    [InlineData(Form.Head, false)]
    [InlineData(Form.Head, true)]
    [InlineData(Form.Function, false)]
    [InlineData(Form.Function, true)]
    [InlineData(Form.Delegate, false)]
    [InlineData(Form.Delegate, true)]
    public void The_thread_ends_and_comes_back_with_work(Form form, bool isShared)
    {
        const int Rounds = 20;
        using RcuDomain domain = New(isShared, TimeSpan.FromMilliseconds(1));
        for (int i = 0; i < Rounds; i++)
        {
            Forms.Queue(domain, form);
            Until.True(() => Forms.Waiting(domain) == 0);
            Until.True(() => Inside.ReclaimerThread(domain) is null);
            Assert.True(Inside.IsIdle(domain));
        }
    }

    // Fault caught: a request or a waiter that relies on a thread which has just ended.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Grace_periods_asked_for_are_driven_however_often_the_thread_ends(bool isShared)
    {
        const int Rounds = 400;
        using RcuDomain domain = New(isShared, TimeSpan.Zero);
        for (int i = 0; i < Rounds; i++)
        {
            using (domain.ReadLock())
            {
                GracePeriodState state = domain.StartPoll();
                Assert.False(domain.Poll(state));
            }

            Until.Done(domain.SynchronizeAsync(TestContext.Current.CancellationToken).AsTask());
        }
    }

    // Fault caught: as above, where appends meet the thread on its way out.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    [Trait("Category", "Slow")]
    public void No_append_is_left_behind_by_a_thread_that_ends(bool isShared)
    {
        const int Threads = 3;
        const int Rounds = 1_000;
        using RcuDomain domain = new(Domains.Served(isShared, TimeSpan.Zero) with { ReclaimDelay = TimeSpan.Zero });
        Worker.JoinAll(Worker.StartMany(Threads, thread =>
        {
            Random random = new(thread);
            for (int round = 0; round < Rounds; round++)
            {
                Forms.Queue(domain, (Form)random.Next(12));
                Thread.SpinWait(random.Next(4_000));
                if (random.Next(4) == 0)
                {
                    Until.True(() => Forms.Waiting(domain) == 0 || random.Next(64) == 0);
                }
            }
        }));
        Until.True(() => Forms.Waiting(domain) == 0);
        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: a waiter without anybody who awaits it, left in the list by a call that threw, because the thread
    // it relied on had just ended and no other could be started.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_wait_whose_thread_has_ended_leaves_no_waiter_when_no_other_starts(bool isShared)
    {
        using RcuDomain domain = New(isShared, TimeSpan.Zero);
        using ParkedReader reader = new(domain);
        bool isEnded = false;
        FaultInjection.Decide = site =>
        {
            if (site == FaultSite.Waiter)
            {
                Until.True(() => Inside.ThreadsOf(domain) == 0);
                isEnded = true;
            }

            return site == FaultSite.ThreadStart && isEnded;
        };
        try
        {
            await Assert.ThrowsAsync<InsufficientMemoryException>(
                () => domain.SynchronizeAsync(TestContext.Current.CancellationToken).AsTask());
            Assert.False(Inside.Waiters(domain).Any);
        }
        finally
        {
            FaultInjection.Decide = null;
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_disposal_meets_the_end_of_the_thread(bool isShared)
    {
        const int Rounds = 400;
        for (int i = 0; i < Rounds; i++)
        {
            using RcuDomain domain = New(isShared, TimeSpan.Zero);
            bool called = false;
            domain.Call(() => Volatile.Write(ref called, true));
            Thread.SpinWait(20 * i);
            domain.Dispose();
            Assert.True(Volatile.Read(ref called));
        }
    }

    private static RcuDomain New(bool isShared, TimeSpan idleTimeout) => new(Domains.Served(isShared, idleTimeout));
}
