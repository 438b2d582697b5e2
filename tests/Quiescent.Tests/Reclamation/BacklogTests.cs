using Quiescent.Queues;
using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public class BacklogTests
{
    [Fact]
    public void It_is_over_the_limit_from_the_limit_on_and_never_below_zero()
    {
        LimitedCount backlog = new(10);
        Assert.False(backlog.IsOverLimit);
        backlog.Add(9);
        Assert.False(backlog.IsOverLimit);
        backlog.Add(1);
        Assert.True(backlog.IsOverLimit);
        backlog.Add(-30);
        Assert.False(backlog.IsOverLimit);
        Assert.Equal(0, backlog.Count);
        backlog.Add(0);
        backlog.Add(25);
        Assert.Equal(5, backlog.Count);
    }

    // "Low by less than a page per thread, never high": a surplus left after a drain would throttle an idle domain for
    // ever; a deficit would let the backlog grow beyond its limit.
    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void The_count_follows_the_waiting_items_to_within_a_page(Form form)
    {
        const int Count = 5_000;
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });
        for (int round = 0; round < 5; round++)
        {
            using (new ParkedReader(domain))
            {
                for (int i = 0; i < Count + (100 * round); i++)
                {
                    Forms.Queue(domain, form);
                }

                Assert.InRange(
                    Inside.Backlog(domain).Items.Count, Forms.Waiting(domain) - Page.Entries, Forms.Waiting(domain));
            }

            RcuAssert.BooksBalance(domain);
            Assert.Equal(0, Inside.Backlog(domain).Items.Count);
        }
    }

    // Fault caught: a step of heads that is more than an eighth of the limit.
    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void Under_a_small_limit_the_count_follows_to_within_an_eighth_of_it(Form form)
    {
        const int Limit = 100;
        using RcuDomain domain =
            new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None, BacklogLimit = Limit });
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 2 * Limit; i++)
            {
                Forms.Queue(domain, form);
                long waiting = Forms.Waiting(domain);
                Assert.InRange(Inside.Backlog(domain).Items.Count, waiting - (Limit / 8), waiting);
            }
        }

        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, Inside.Backlog(domain).Items.Count);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 1)]
    [InlineData(16, 2)]
    [InlineData(4_064, 508)]
    [InlineData(1_000_000, 508)]
    [InlineData(long.MaxValue, 508)]
    public void A_page_never_holds_more_than_an_eighth_of_the_limit(long limit, int entries)
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogLimit = limit });
        Assert.Equal(entries, Inside.Core(domain).Queues.PageEntries);
    }

    // Fault caught: a page of its own allocation for each block, 8 KiB under a limit of ten.
    [Fact]
    public void Under_a_small_limit_a_block_costs_no_more_than_its_page()
    {
        const int Count = 1_000;
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None, BacklogLimit = 10 });
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < Count; i++)
            {
                Forms.Queue(domain, Form.Headless);
            }

            Assert.InRange(
                Inside.Core(domain).Queues.Pages.Pages, Count / Page.Entries, Count + Tuning.PagesPerBatch);
            for (int i = 0; i < Count; i++)
            {
                Forms.Queue(domain, Form.Head); // These need none.
            }

            Assert.InRange(domain.GetStatistics().PagesInUse, 0, Count);
        }

        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void None_lets_the_backlog_grow()
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None, BacklogLimit = 1_000 });
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 30_000; i++)
            {
                Forms.Queue(domain, (Form)(i % 12));
            }

            Assert.Equal(30_000, Forms.Waiting(domain));
        }

        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, Inside.Backlog(domain).Items.Count);
    }

    // Above the limit no batch is gathered any more, whatever ReclaimDelay says, and nobody needs to call anything.
    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    [InlineData(Form.User)]
    [InlineData(Form.UserHead)]
    [InlineData(Form.Delegate)]
    public void Above_the_limit_grace_periods_are_expedited(Form form)
    {
        RcuDomain domain = new(new RcuDomainOptions
        {
            BacklogPolicy = BacklogPolicy.None,
            BacklogLimit = 1_000,
            ReclaimDelay = TimeSpan.FromMinutes(1),
        });
        for (int i = 0; i < 3_000; i++)
        {
            Forms.Queue(domain, form);
        }

        bool expedited = SpinWait.SpinUntil(() => Forms.Reclaimed(domain) > 0, TimeSpan.FromSeconds(5));
        domain.Dispose();
        Assert.True(expedited, "A backlog above the limit waits until a batch has been gathered.");
    }
}
