using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// What Throttle makes threads pay, by a clock that only their pauses move. With a limit of 1,000 the pace is 500 items
// a second, and a quarter of a second's worth is free.
public class ThrottleTests
{
    private const int Limit = 1_000;

    private readonly FakeClock _clock = new();

    // A thousand items above the limit at 500 a second: two seconds, less what is free, and what the last step has not
    // counted yet.
    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    [Trait("Category", "Slow")]
    public void All_forms_pause_at_the_pace_and_none_waits_for_a_parked_reader_without_bound(Form form)
    {
        using RcuDomain domain = NewDomain();
        using (new ParkedReader(domain))
        {
            Worker.Run(() => Flood(domain, form, 2 * Limit));
            Assert.Equal(2 * Limit, Forms.Waiting(domain));
            Assert.InRange(_clock.Slept, 1_480, 2_000);
        }

        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, Inside.Backlog(domain).Items.Count);
    }

    // A table that doubles under its writer's lock. Fault caught: pauses that grow with the overshoot, 80 s in all.
    [Fact]
    public void A_resize_pauses_for_no_longer_than_its_number_divided_by_the_pace()
    {
        const int Resized = 110_000;
        using RcuDomain domain = NewDomain(limit: 100_000);
        using (new ParkedReader(domain))
        {
            Flood(domain, Form.Headless, 100_000);
            Assert.Equal(0, _clock.Slept);
            Flood(domain, Form.Headless, Resized);
            Assert.InRange(_clock.Slept, 2_000, 1_000 * Resized / 50_000);
        }

        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    [InlineData(Form.Bulk)]
    [InlineData(Form.Delegate)]
    public void A_thread_below_the_pace_pauses_for_nothing(Form form)
    {
        using RcuDomain domain = NewDomain();
        using (new ParkedReader(domain))
        {
            Flood(domain, form, Limit);
            for (int i = 0; i < 2 * Limit; i++)
            {
                _clock.Advance(2);
                Forms.Queue(domain, form);
            }

            Assert.Equal(0, _clock.Slept);
        }

        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: code of the program that runs in a pause (a first-chance handler, as the one of an interrupt)
    // queues too and goes on to a new page; the thread then goes on to another one, over the first, which is not full.
    [Theory]
    [InlineData(Form.Headless, 1)]
    [InlineData(Form.Headless, 50)]
    [InlineData(Form.User, 1)]
    public void What_is_queued_in_a_pause_leaves_no_gap_in_the_queue(Form form, int meanwhile)
    {
        using RcuDomain domain = NewDomain();
        int pauses = 0;
        _clock.Sleeping = () =>
        {
            if (++pauses == 1)
            {
                Flood(domain, form, meanwhile);
            }
        };
        using (new ParkedReader(domain))
        {
            Flood(domain, form, 3 * Limit);
            Assert.NotEqual(0, pauses);
            Assert.Equal((3 * Limit) + meanwhile, Forms.Waiting(domain));
        }

        RcuStatistics books = RcuAssert.BooksBalance(domain);
        Assert.Equal((3 * Limit) + meanwhile, books.BlocksFreed + books.CallbacksInvoked);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_201)]
    [InlineData(1_401)]
    [InlineData(1_590)]
    public void A_bulk_that_reaches_over_the_limit_pauses_for_what_lies_above_it(int before)
    {
        using RcuDomain domain = NewDomain(limit: 1_600);
        using (new ParkedReader(domain))
        {
            Flood(domain, Form.Headless, before);
            domain.FreeBulk(NewBlocks(1_700));
            Assert.Equal(before + 1_700, Forms.Waiting(domain));
            int above = before + 1_700 - 1_600;
            Assert.InRange(_clock.Slept, Math.Min(1_000, (above - 200) / 0.8) - 251, Math.Min(1_000, above / 0.8));
        }

        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: a bulk that pauses once for each of its pages (four seconds).
    [Fact]
    public void A_bulk_of_any_size_pauses_for_a_second()
    {
        using RcuDomain domain = NewDomain();
        using (new ParkedReader(domain))
        {
            domain.FreeBulk(NewBlocks(50 * Limit));
            Assert.Equal(1_000, _clock.Slept);
            domain.FreeBulk(NewBlocks(50 * Limit));
            Assert.Equal(2_000, _clock.Slept);
        }

        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    [InlineData(Form.User)]
    [InlineData(Form.Delegate)]
    public void Back_pressure_pauses_a_thread_but_not_inside_a_section_not_online_and_not_on_the_reclaimer(Form form)
    {
        const int Count = 5 * Limit;
        using RcuDomain domain = NewDomain();
        using ParkedReader reader = new(domain);
        long PausesIn(Action body)
        {
            long before = _clock.PausesOfThisThread;
            body();
            return _clock.PausesOfThisThread - before;
        }

        void FloodIt() => Flood(domain, form, Count);
        long paying = 0;
        long inside = 0;
        long online = 0;
        long onReclaimer = long.MaxValue;
        Worker.Run(() => paying = PausesIn(FloodIt));
        Assert.True(Inside.Backlog(domain).IsOverLimit);
        Worker.Run(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            inside = PausesIn(FloodIt);
        });
        Worker.Run(() =>
        {
            using RcuReader handle = domain.RegisterReader();
            handle.GoOnline();
            online = PausesIn(FloodIt);
        });
        domain.Call(() => onReclaimer = PausesIn(FloodIt));
        reader.Release();
        domain.BarrierCallbacks();
        Assert.InRange(paying, 10, long.MaxValue);
        Assert.Equal((0, 0, 0), (inside, online, onReclaimer));
        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: a thread that sleeps out its second although the reader has left.
    [Fact]
    public void A_pause_ends_when_the_backlog_has_fallen()
    {
        using RcuDomain domain = NewDomain();
        using ParkedReader reader = new(domain);
        _clock.Sleeping = () =>
        {
            reader.Release();
            Until.True(() => !Inside.Backlog(domain).IsOverLimit);
        };
        domain.FreeBulk(NewBlocks(50 * Limit));
        Assert.Equal(1, _clock.Slept);
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void A_pause_ends_when_the_domain_is_disposed_of()
    {
        RcuDomain domain = NewDomain();
        using ParkedReader reader = new(domain);
        using Worker disposer = Worker.Start(() =>
        {
            Until.True(() => _clock.Slept != 0);
            domain.Dispose();
        });
        _clock.Sleeping = () => Until.True(() => _clock.Slept == 0 || Inside.Core(domain).IsDisposed);
        domain.FreeBulk(NewBlocks(50 * Limit));
        Assert.InRange(_clock.Slept, 1, 3);
        reader.Release();
        disposer.Join();
        Assert.Equal(50 * Limit, RcuAssert.BooksConsistent(domain).BlocksFreed);
    }

    [Fact]
    public void No_call_is_paused_below_the_limit_or_once_the_backlog_has_fallen()
    {
        using RcuDomain domain = NewDomain();
        using (new ParkedReader(domain))
        {
            Flood(domain, Form.Headless, Limit - 1);
            Assert.Equal(0, _clock.Slept);
            Flood(domain, Form.Headless, Limit);
            Assert.True(Inside.Backlog(domain).IsOverLimit);
        }

        Until.True(() => !Inside.Backlog(domain).IsOverLimit);
        long slept = _clock.Slept;
        using (new ParkedReader(domain))
        {
            Flood(domain, Form.Headless, Limit / 2);
        }

        Assert.Equal(slept, _clock.Slept);
        RcuAssert.BooksBalance(domain);
    }

    private static void Flood(RcuDomain domain, Form form, int count)
    {
        for (int i = 0; i < count; i++)
        {
            Forms.Queue(domain, form);
        }
    }

    private static unsafe nint[] NewBlocks(int count) =>
        [.. Enumerable.Range(0, count).Select(static _ => (nint)Forms.NewBlock(16))];

    private RcuDomain NewDomain(int limit = Limit) => new(new RcuDomainOptions
    {
        BacklogPolicy = BacklogPolicy.Throttle,
        BacklogLimit = limit,
        Clock = _clock,
    });
}
