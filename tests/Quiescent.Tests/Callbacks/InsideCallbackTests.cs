using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

public class InsideCallbackTests
{
    [Fact]
    public void Callbacks_run_on_the_reclaimer_alone_and_one_at_a_time()
    {
        using RcuDomain domain = Domains.New();
        HashSet<int> threads = [];
        int inside = 0;
        Worker.JoinAll(Worker.StartMany(4, _ =>
        {
            for (int i = 0; i < 2_000; i++)
            {
                domain.Call(() =>
                {
                    Assert.Equal(1, Interlocked.Increment(ref inside));
                    threads.Add(Environment.CurrentManagedThreadId);
                    Interlocked.Decrement(ref inside);
                });
                if (i % 500 == 0)
                {
                    domain.Barrier(); // A barrier frees blocks itself, but runs no callbacks.
                }
            }
        }));
        domain.Barrier();
        Assert.Equal([Inside.ReclaimerThread(domain)!.ManagedThreadId], threads);
        Assert.Equal(0, domain.GetStatistics().CallbacksFailed);
    }

    [Fact]
    public void A_callback_may_queue_every_form_and_open_sections_and_poll()
    {
        using RcuDomain domain = Domains.New();
        Exception? failure = null;
        domain.CallbackFailed += (_, report) => failure = report.Exception;
        GracePeriodState state = default;
        domain.Call(() =>
        {
            using (ReadGuard guard = domain.ReadLock())
            {
                Forms.QueueAll(domain);
                using ReadGuard nested = domain.ReadLock();
                Assert.True(domain.IsReadLockHeld);
            }

            using RcuReader reader = domain.RegisterReader();
            state = domain.StartPoll();
        });
        domain.Barrier(); // the callback
        domain.Barrier(); // what it queued
        Assert.Null(failure);
        Until.True(() => domain.Poll(state));
        Assert.Equal(1 + Enum.GetValues<Form>().Length, Forms.Reclaimed(domain));
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void A_callback_may_free_pages_of_blocks_beyond_the_backlog_limit_under_every_policy()
    {
        foreach (BacklogPolicy policy in Enum.GetValues<BacklogPolicy>())
        {
            using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = policy, BacklogLimit = 100 });
            Exception? failure = null;
            domain.CallbackFailed += (_, report) => failure = report.Exception;
            domain.Call(() =>
            {
                for (int i = 0; i < 5_000; i++)
                {
                    Forms.Queue(domain, (Form)(i % 12));
                }
            });

            // Block would wait for itself here, and Throw would refuse the reclaimer, which alone can help.
            Worker.Run(domain.Barrier);
            Worker.Run(domain.Barrier);
            Assert.Null(failure);
            Assert.Equal(5_001, Forms.Reclaimed(domain));
        }
    }

    [Fact]
    public void Every_wait_for_the_own_domain_throws_in_a_callback()
    {
        using RcuDomain domain = Domains.New();
        List<Exception?> thrown = [];
        domain.Call(() =>
        {
            GracePeriodState state = domain.GetState();
            domain.Call(static () => { });
            thrown.Add(Record.Exception(domain.Synchronize));
            thrown.Add(Record.Exception(domain.Barrier));
            thrown.Add(Record.Exception(domain.BarrierCallbacks));
            thrown.Add(Record.Exception(() => domain.CondSynchronize(state)));
            thrown.Add(Record.Exception(domain.Dispose));
        });
        domain.Barrier();
        Assert.Equal(5, thrown.Count);
        Assert.All(thrown, exception => Assert.IsType<InvalidOperationException>(exception));
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void A_callback_may_wait_for_another_domain()
    {
        using RcuDomain domain = Domains.New();
        using RcuDomain other = Domains.New();
        long freed = 0;
        domain.Call(() =>
        {
            Forms.Queue(other, Form.Head);
            Forms.Queue(other, Form.Delegate);
            other.Barrier();
            other.Synchronize();
            freed = Forms.Reclaimed(other);
        });
        domain.Barrier();
        Assert.Equal(2, freed);
    }

    [Fact]
    public void An_asynchronous_wait_begun_in_a_callback_completes_elsewhere()
    {
        using RcuDomain domain = Domains.New();
        Task? synchronized = null;
        Task? barrier = null;
        domain.Call(() =>
        {
            synchronized = domain.SynchronizeAsync().AsTask();
            domain.Call(static () => { });
            barrier = domain.BarrierAsync().AsTask();
        });
        domain.Barrier();
        Until.Done(synchronized!);
        Until.Done(barrier!);
    }
}
