using System.Runtime.ExceptionServices;
using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public class ThrottleTests
{
    private const int Limit = 1_000;

    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    [Trait("Category", "Slow")]
    public void No_form_waits_for_a_parked_reader_without_bound(Form form)
    {
        using RcuDomain domain = NewDomain();
        using (new ParkedReader(domain))
        {
            // Each bulk is paused by itself, so there are fewer of them.
            int count = form == Form.Bulk ? Limit + 200 : 2 * Limit;
            Worker.Run(() =>
            {
                for (int i = 0; i < count; i++)
                {
                    Forms.Queue(domain, form);
                }
            });
            Assert.Equal(count, Forms.Waiting(domain));
        }

        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, Inside.Backlog(domain).Count);
    }

    // The pause grows with the overshoot, which is negative for a bulk that begins below the limit, and for any thread
    // if the backlog falls between its look and its pause. A negative time to sleep throws, or sleeps for ever.
    [Theory]
    [InlineData(0)]
    [InlineData(1_200)]
    [InlineData(1_400)]
    [InlineData(1_599)]
    public void A_pause_is_bounded_when_the_backlog_is_below_the_limit(int count)
    {
        Backlog backlog = new(1_600, BacklogPolicy.Throttle);
        backlog.Add(count);
        Worker payer = Worker.Start(backlog.Pause);
        MustEnd(payer);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_201)]
    [InlineData(1_401)]
    [InlineData(1_590)]
    public void A_bulk_that_reaches_over_the_limit_is_taken_after_a_bounded_pause(int before)
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogLimit = 1_600 });
        using (new ParkedReader(domain))
        {
            Worker bulk = Worker.Start(() =>
            {
                for (int i = 0; i < before; i++)
                {
                    Forms.Queue(domain, Form.Headless);
                }

                domain.FreeBulk([.. Enumerable.Range(0, 1_700).Select(_ => NewBlock())]);
            });
            MustEnd(bulk);
            Assert.Equal(before + 1_700, Forms.Waiting(domain));
        }

        RcuAssert.BooksBalance(domain);
    }

    // A pending interrupt ends each pause at once, with an exception that the library catches, and is pending again
    // after it: so a thread can count its own pauses. A wait for a lock counts too, which happens now and then.
    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    [InlineData(Form.User)]
    [InlineData(Form.Delegate)]
    public void Back_pressure_pauses_a_thread_but_not_inside_a_section_not_online_and_not_on_the_reclaimer(Form form)
    {
        const int Pages = 40;
        const int Count = Pages * Limit / 8;
        using RcuDomain domain = NewDomain();
        using ParkedReader reader = new(domain);
        void Flood()
        {
            for (int i = 0; i < Count; i++)
            {
                Forms.Queue(domain, form);
            }
        }

        Worker.Run(() => PausesIn(Flood));
        Assert.True(Inside.Backlog(domain).IsOverLimit);
        int paying = 0;
        int inside = 0;
        int online = 0;
        int onReclaimer = int.MaxValue;
        Worker.Run(() => paying = PausesIn(Flood));
        Worker.Run(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            inside = PausesIn(Flood);
        });
        Worker.Run(() =>
        {
            using RcuReader handle = domain.RegisterReader();
            handle.GoOnline();
            online = PausesIn(Flood);
        });
        domain.Call(() => onReclaimer = PausesIn(Flood));
        reader.Release();
        domain.BarrierCallbacks();
        Assert.InRange(paying, Pages / 2, int.MaxValue);
        Assert.InRange(inside, 0, Pages / 4);
        Assert.InRange(online, 0, Pages / 4);
        Assert.InRange(onReclaimer, 0, Pages / 4);
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void No_call_is_paused_below_the_limit_or_once_the_backlog_has_fallen()
    {
        using RcuDomain domain = NewDomain();
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 2 * Limit; i++)
            {
                Forms.Queue(domain, Form.Headless);
            }

            Assert.True(Inside.Backlog(domain).IsOverLimit);
        }

        Until.True(() => !Inside.Backlog(domain).IsOverLimit);
        RcuAssert.BooksBalance(domain);
    }

    private static void MustEnd(Worker worker)
    {
        bool ended = SpinWait.SpinUntil(() => worker.HasEnded, TimeSpan.FromSeconds(10));
        worker.Thread.Interrupt(); // ends a sleep that would last for ever
        worker.Join();
        Assert.True(ended, "The pause does not end.");
    }

    private static unsafe nint NewBlock() => (nint)Forms.NewBlock();

    private static int PausesIn(Action body)
    {
        int pauses = 0;
        Thread self = Thread.CurrentThread;
        void Count(object? sender, FirstChanceExceptionEventArgs e) =>
            pauses += e.Exception is ThreadInterruptedException && Thread.CurrentThread == self ? 1 : 0;

        AppDomain.CurrentDomain.FirstChanceException += Count;
        try
        {
            self.Interrupt();
            body();
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= Count;
        }

        Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(0));
        return pauses;
    }

    private static RcuDomain NewDomain() =>
        new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.Throttle, BacklogLimit = Limit });
}
