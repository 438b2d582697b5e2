using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// A thread that frees as fast as it queues touches little that other threads touch too.
public sealed unsafe class SteadyOwnerTests
{
    private const int WarmUp = 50;
    private const int Pages = 400;

    // Fault caught: a lock of all threads taken twice for each page.
    [Fact]
    public void An_owner_that_keeps_pace_fills_its_own_pages_again()
    {
        using RcuDomain domain = New();
        FreePages(domain, WarmUp);
        Assert.InRange(PagesTaken(() => FreePages(domain, Pages)), 0, Pages / 4);
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, CountOf(domain));
    }

    // Fault caught: the lock as above, and the domain's count raised for each page and lowered for the same blocks.
    [Fact]
    public void A_renter_that_keeps_pace_fills_its_own_pages_again_and_leaves_the_count_alone()
    {
        using RcuDomain domain = New();
        RcuPool<Item> pool = new(domain);
        RentAndFree(pool, WarmUp, static () => { });
        int changes = 0;
        long last = CountOf(domain);
        long taken = PagesTaken(() => RentAndFree(pool, Pages, () =>
        {
            changes += CountOf(domain) != last ? 1 : 0;
            last = CountOf(domain);
        }));
        Assert.InRange(taken, 0, Pages / 4);
        Assert.InRange(changes, 0, Pages / 4);
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, CountOf(domain));
        pool.Dispose();
    }

    // Fault caught: a full page that never counts when its owner does not get the queue's lock.
    [Fact]
    public void A_full_page_counts_while_another_consumer_holds_its_queue()
    {
        const int Full = 4;
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });
        domain.ReadLock().Dispose();
        PageQueue* queue = &((ThreadQueues*)Inside.Slot(domain)->Queues)->Blocks;
        using (TryLock.Hold(ref queue->Lock))
        {
            FreePages(domain, Full);
            domain.Free(Forms.NewBlock()); // The last page counts when the owner looks for another.
            Assert.Equal(Full * Page.Entries, CountOf(domain));
        }

        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, CountOf(domain));
    }

    // Fault caught: a page more for each thread that was ever busy.
    [Fact]
    public void After_a_barrier_an_owner_has_no_page_but_its_open_one()
    {
        using RcuDomain domain = Domains.New();
        for (int i = 0; i < 20; i++)
        {
            FreePages(domain, 20);
            domain.Barrier();
            Assert.InRange(domain.GetStatistics().PagesInUse, 0, 1);
        }
    }

    // Fault caught: a page that its owner kept when it emptied its queue itself, after the last look of the reclaimer.
    [Fact]
    public void An_owner_that_has_emptied_its_queue_keeps_no_page_once_the_reclaimer_is_idle()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            ReclaimDelay = TimeSpan.FromMinutes(1),
            DedicatedReclaimer = true, // It makes no pass when it finds that nothing waits any more.
        });
        RcuPool<Item> pool = new(domain);
        Until.True(() =>
        {
            EmptyAfterFullPages(domain, pool); // An owner that finds its queue's lock held keeps no page.
            return (CountOf(domain), domain.GetStatistics().PagesInUse) == (0, 2);
        });
        Inside.Core(domain).Reclaimer.Expedite();
        Until.True(() => !Inside.Core(domain).Slots.Listed.Any);
        Assert.Equal(1, domain.GetStatistics().PagesInUse);
    }

    // Fault caught: a page that its owner kept, lost when the domain is disposed of while nothing waits in its queue.
    [Fact]
    public void Disposal_takes_the_page_that_a_living_owner_has_kept()
    {
        RcuDomain domain = New();
        RcuPool<Item> pool = new(domain);
        PageQueue* queue = null;
        using ManualResetEventSlim emptied = new();
        using ManualResetEventSlim disposed = new();
        using Worker owner = Worker.Start(() =>
        {
            do
            {
                queue = EmptyAfterFullPages(domain, pool); // An owner that finds its queue's lock held keeps no page.
            }
            while (domain.GetStatistics().PagesInUse != 2);
            emptied.Set();
            Until.Set(disposed);
        });
        Until.Set(emptied);
        long waiting = queue->Tail() - queue->Reclaimed;
        long before = domain.GetStatistics().PagesInUse;
        domain.Dispose();
        long after = domain.GetStatistics().PagesInUse;
        disposed.Set();
        Assert.Equal((0, 2, 1), (waiting, before, after));
    }

    // Queues some pages, full to the last, and rents all of their blocks again.
    private static PageQueue* EmptyAfterFullPages(RcuDomain domain, RcuPool<Item> pool)
    {
        Item*[] items = new Item*[4 * Page.Entries];
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = pool.Rent();
        }

        foreach (Item* item in items)
        {
            pool.Free(item);
        }

        PageQueue* queue = &((ThreadQueues*)Inside.Slot(domain)->Queues)->Blocks;
        queue = queue->Next;
        Until.True(() => Inside.ReclaimerThread(domain) is { ThreadState: var state }
            && (state & ThreadState.WaitSleepJoin) != 0); // It has seen the blocks, and looks again in a minute.
        for (int i = 0; i < 4 * items.Length && queue->Reclaimed != queue->Tail(); i++)
        {
            domain.Synchronize();
            pool.Rent();
        }

        return queue;
    }

    private static int PagesTaken(Action run)
    {
        int taken = 0;
        Thread owner = Thread.CurrentThread;
        FaultInjection.Decide = site =>
        {
            taken += site == FaultSite.Page && Thread.CurrentThread == owner ? 1 : 0;
            return false;
        };
        try
        {
            run();
        }
        finally
        {
            FaultInjection.Decide = null;
        }

        return taken;
    }

    private static void FreePages(RcuDomain domain, int pages)
    {
        for (int i = 0; i < pages * Page.Entries; i++)
        {
            domain.Free(Forms.NewBlock());
        }
    }

    private static void RentAndFree(RcuPool<Item> pool, int pages, Action afterEach)
    {
        for (int i = 0; i < pages * Page.Entries; i++)
        {
            pool.Free(pool.Rent());
            afterEach();
        }
    }

    private static long CountOf(RcuDomain domain) => Inside.Backlog(domain).Items.Count;

    // Its reclaimer keeps out of the way.
    private static RcuDomain New() => new(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMinutes(1) });

    private struct Item
    {
        public fixed long Words[8];
    }
}
