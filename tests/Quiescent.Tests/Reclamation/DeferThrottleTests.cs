using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// Pauses that wait for the end of a scope.
public class DeferThrottleTests
{
    private const int Limit = 1_000;

    private readonly FakeClock _clock = new();

    // Fault caught: a thread that sleeps while it holds its writer's lock, and one that never makes up for it.
    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void A_thread_does_not_pause_in_the_scope_and_pauses_for_a_second_at_most_behind_it(Form form)
    {
        using RcuDomain domain = NewDomain();
        using (new ParkedReader(domain))
        {
            using (domain.DeferThrottle())
            {
                Flood(domain, form, 3 * Limit);
                Assert.Equal(0, _clock.Slept);
            }

            Assert.Equal(1_000, _clock.Slept);
            Assert.Equal(3 * Limit, Forms.Waiting(domain));
        }

        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void A_bulk_in_the_scope_is_paid_for_behind_it()
    {
        using RcuDomain domain = NewDomain();
        using (new ParkedReader(domain))
        {
            using (domain.DeferThrottle())
            {
                domain.FreeBulk(NewBlocks(1_500));
                Assert.Equal(0, _clock.Slept);
            }

            // Some 500 above the limit, at 500 a second; a quarter of a second is free.
            Assert.InRange(_clock.Slept, 500, 750);
        }

        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Of_nested_scopes_the_last_to_end_pauses_whatever_their_order()
    {
        using RcuDomain domain = NewDomain();
        using (new ParkedReader(domain))
        {
            ThrottleDeferral outer = domain.DeferThrottle();
            ThrottleDeferral inner = domain.DeferThrottle();
            Flood(domain, Form.Headless, 3 * Limit);
            outer.Dispose();
            outer.Dispose();
            Assert.Equal(0, _clock.Slept);
            Flood(domain, Form.Headless, Limit);
            inner.Dispose();
            Assert.Equal(1_000, _clock.Slept);
            inner.Dispose();
            outer.Dispose();
            default(ThrottleDeferral).Dispose();
            Assert.Equal(1_000, _clock.Slept);
            Flood(domain, Form.Headless, Limit);
            Assert.InRange(_clock.Slept, 2_500, 3_250); // Nothing is deferred any more.
        }

        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void It_defers_neither_other_threads_nor_other_domains()
    {
        FakeClock otherClock = new();
        using RcuDomain domain = NewDomain();
        using RcuDomain other = NewDomain(otherClock);
        using (new ParkedReader(domain))
        using (new ParkedReader(other))
        using (domain.DeferThrottle())
        {
            Flood(other, Form.Headless, 2 * Limit);
            Assert.InRange(otherClock.Slept, 1_480, 2_000);
            Worker.Run(() => Flood(domain, Form.Headless, 2 * Limit));
            Assert.InRange(_clock.Slept, 1_480, 2_000);
        }

        RcuAssert.BooksBalance(domain);
        RcuAssert.BooksBalance(other);
    }

    // Fault caught: an end that sleeps where the thread itself holds the backlog up, or where it has fallen.
    [Fact]
    public void Its_end_does_not_pause_inside_a_section_on_the_reclaimer_or_below_the_limit()
    {
        using RcuDomain domain = NewDomain();
        Worker.Run(() =>
        {
            ThrottleDeferral scope = domain.DeferThrottle();
            using (new ParkedReader(domain))
            {
                Flood(domain, Form.Headless, 3 * Limit);
                using ReadGuard guard = domain.ReadLock();
                scope.Dispose();
            }
        });
        domain.Call(() =>
        {
            using ThrottleDeferral scope = domain.DeferThrottle();
            Flood(domain, Form.Headless, 3 * Limit);
        });
        domain.Barrier();
        using (domain.DeferThrottle())
        {
            using (new ParkedReader(domain))
            {
                Flood(domain, Form.Headless, 3 * Limit);
            }

            RcuAssert.BooksBalance(domain);
        }

        Assert.Equal(0, _clock.Slept);
    }

    [Theory]
    [InlineData(BacklogPolicy.Throw)]
    [InlineData(BacklogPolicy.None)]
    public void It_makes_no_difference_under_other_policies(BacklogPolicy policy)
    {
        using RcuDomain domain =
            new(new RcuDomainOptions { BacklogPolicy = policy, BacklogLimit = Limit, Clock = _clock });
        using (new ParkedReader(domain))
        using (domain.DeferThrottle())
        {
            Exception? thrown = Record.Exception(() => Flood(domain, Form.Headless, 2 * Limit));
            Assert.Equal(policy == BacklogPolicy.Throw, thrown is RcuBacklogException);
        }

        Assert.Equal(0, _clock.Slept);
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void A_disposed_domain_opens_none_and_an_open_one_ends_without_a_pause()
    {
        RcuDomain domain = NewDomain();
        using (domain.DeferThrottle())
        {
            Flood(domain, Form.Headless, 10);
            domain.Dispose();
        }

        Assert.Throws<ObjectDisposedException>(() => domain.DeferThrottle().Dispose());
        Assert.Equal(0, _clock.Slept);
        using (Rcu.DeferThrottle())
        {
            Forms.Queue(Rcu.DefaultDomain, Form.Headless);
        }
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

    private RcuDomain NewDomain(FakeClock? clock = null) =>
        new(new RcuDomainOptions { BacklogLimit = Limit, Clock = clock ?? _clock });
}
