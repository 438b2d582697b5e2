using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public unsafe class FreeBulkTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(508)]
    [InlineData(509)]
    [InlineData(1016)]
    [InlineData(10_000)]
    public void A_bulk_of_any_size_is_freed_once(int count)
    {
        using RcuDomain domain = Domains.New();
        using (new ParkedReader(domain))
        {
            domain.FreeBulk(NewBlocks(count));
            Assert.Equal((count, 0), (domain.GetStatistics().BlocksQueued, domain.GetStatistics().BlocksFreed));
        }

        Assert.Equal(count, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    [Fact]
    public void A_bulk_joins_an_open_page_wherever_that_stands()
    {
        using RcuDomain domain = Domains.New();
        Random random = new(1);
        long expected = 0;
        for (int i = 0; i < 200; i++)
        {
            int single = random.Next(600);
            for (int k = 0; k < single; k++)
            {
                domain.Free(Forms.NewBlock());
            }

            int bulk = random.Next(1_200);
            domain.FreeBulk(NewBlocks(bulk));
            expected += single + bulk;
        }

        RcuStatistics books = RcuAssert.BooksBalance(domain);
        Assert.Equal(expected, books.BlocksFreed);
        Assert.InRange(books.PagesInUse, 0, 1); // The spare pages came back.
    }

    // Fault caught: pages taken one by one as they fill, so that a bulk stops half-way.
    [Fact]
    public void A_bulk_for_which_there_is_not_enough_memory_is_refused_as_a_whole()
    {
        using RcuDomain domain = Domains.New();
        nint[] blocks = NewBlocks(3 * Page.Entries);
        int thread = Environment.CurrentManagedThreadId;
        int pages = 0;
        FaultInjection.Decide = site =>
            site == FaultSite.Page && Environment.CurrentManagedThreadId == thread
                && ++pages == blocks.Length / Page.Entries;
        try
        {
            Assert.ThrowsAny<OutOfMemoryException>(() => domain.FreeBulk(blocks));
        }
        finally
        {
            FaultInjection.Decide = null;
        }

        Assert.Equal((0, 0), (domain.GetStatistics().BlocksQueued, domain.GetStatistics().PagesInUse));
        domain.FreeBulk(blocks); // They are still the caller's.
        Assert.Equal(blocks.Length, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    // Fault caught: pages are counted once, then code of the program runs on this thread and queues too (a first-chance
    // handler, as the one of an interrupt in a wait for the backlog), and the bulk ends half-way with a report that
    // another thread changed the span.
    [Theory]
    [InlineData("Page", false)]
    [InlineData("Ledger", true)]
    [InlineData("StackWalk", true)]
    public void A_bulk_takes_the_pages_that_it_needs_after_code_that_queues_meanwhile(string place, bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        nint[] blocks = NewBlocks((2 * Page.Entries) - 1); // With the block before them, they fill two pages.
        domain.Free(Forms.NewBlock());
        FaultSite site = Enum.Parse<FaultSite>(place);
        int thread = Environment.CurrentManagedThreadId;
        int meanwhile = 0;
        FaultInjection.Decide = asked =>
        {
            if (asked == site && meanwhile == 0 && Environment.CurrentManagedThreadId == thread)
            {
                meanwhile++;
                domain.Free(Forms.NewBlock());
            }

            return false;
        };
        try
        {
            domain.FreeBulk(blocks);
        }
        finally
        {
            FaultInjection.Decide = null;
        }

        Assert.Equal(1, meanwhile);
        Assert.Equal(blocks.Length + 2, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    // Fault caught: a count that overflows for the largest spans: no page is taken, and the bulk ends half-way with a
    // report that another thread changed the span.
    [Theory]
    [InlineData(1, 0, 508, 1)]
    [InlineData(508, 0, 508, 1)]
    [InlineData(509, 0, 508, 2)]
    [InlineData(509, 1, 508, 1)]
    [InlineData(5, 508, 508, 0)]
    [InlineData(int.MaxValue - 100, 0, 508, 4_227_330)]
    [InlineData(int.MaxValue, 0, 508, 4_227_331)]
    [InlineData(int.MaxValue, 7, 508, 4_227_330)]
    [InlineData(int.MaxValue, 0, 2, 1 << 30)]
    [InlineData(int.MaxValue, 0, 1, int.MaxValue)]
    public void A_bulk_takes_the_pages_that_it_fills(int count, int room, int pageEntries, int pages) =>
        Assert.Equal(pages, BulkProducer.PagesFor(count, room, pageEntries));

    [Fact]
    public void Nulls_are_skipped_and_a_bulk_of_nothing_starts_nothing()
    {
        using RcuDomain domain = Domains.New();
        domain.FreeBulk([]);
        domain.FreeBulk([0]);
        domain.FreeBulk(new nint[5_000]);
        Assert.Equal(0, domain.GetStatistics().BlocksQueued);
        Assert.Equal(0, domain.GetStatistics().PagesInUse);
        Assert.Null(Inside.ReclaimerThread(domain));

        nint[] blocks = NewBlocks(1_100);
        nint[] sparse = new nint[blocks.Length * 3];
        for (int i = 0; i < blocks.Length; i++)
        {
            sparse[(3 * i) + (i % 3)] = blocks[i];
        }

        domain.FreeBulk(sparse);
        Assert.Equal(1_100, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    [Fact]
    public void A_bulk_is_refused_as_a_whole_above_the_limit()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            BacklogPolicy = BacklogPolicy.Throw,
            BacklogLimit = 1_000,
        });
        nint[] blocks = NewBlocks(900);
        nint[] more = NewBlocks(600);
        using (new ParkedReader(domain))
        {
            domain.FreeBulk(blocks);
            long pages = domain.GetStatistics().PagesInUse;
            Assert.Throws<RcuBacklogException>(() => domain.FreeBulk(more));
            RcuStatistics books = domain.GetStatistics();
            Assert.Equal((900, pages), (books.BlocksQueued, books.PagesInUse));
        }

        Assert.Equal(900, RcuAssert.BooksBalance(domain).BlocksFreed);
        domain.FreeBulk(more); // The caller still owned them.
        Assert.Equal(1_500, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    // Otherwise nobody could ever hand over such a bulk.
    [Theory]
    [InlineData(BacklogPolicy.Throw)]
    [InlineData(BacklogPolicy.Block)]
    [InlineData(BacklogPolicy.Throttle)]
    [InlineData(BacklogPolicy.None)]
    public void A_bulk_larger_than_the_limit_is_taken_when_nothing_else_waits(BacklogPolicy policy)
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = policy, BacklogLimit = 1_000 });
        Worker.Run(() => domain.FreeBulk(NewBlocks(2_000)));
        Assert.Equal(2_000, RcuAssert.BooksBalance(domain).BlocksFreed);
        Assert.Equal(0, Inside.Backlog(domain).Items.Count);
    }

    [Fact]
    public void Bulks_of_several_threads_are_freed_while_they_come()
    {
        const int Threads = 4;
        const int Rounds = 300;
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.Zero });
        Worker.JoinAll(Worker.StartMany(Threads, thread =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                domain.FreeBulk(NewBlocks((i * 7 % 700) + 1));
                if (i % 50 == thread)
                {
                    domain.Barrier();
                }
            }
        }));
        long expected = Threads * Enumerable.Range(0, Rounds).Sum(i => (long)(i * 7 % 700) + 1);
        Assert.Equal(expected, RcuAssert.BooksBalance(domain).BlocksFreed);
        Assert.Equal(0, Inside.Backlog(domain).Items.Count);
    }

    private static nint[] NewBlocks(int count) => [.. Enumerable.Range(0, count).Select(_ => (nint)Forms.NewBlock(16))];
}
