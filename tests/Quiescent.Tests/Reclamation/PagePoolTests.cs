using Quiescent.Queues;
using static Quiescent.Tuning;

namespace Quiescent.Tests.Reclamation;

public unsafe class PagePoolTests
{
    [Fact]
    public void Pages_are_aligned_to_their_size_and_come_with_a_cleared_header()
    {
        PagePool pool = new();
        for (int round = 0; round < 3; round++)
        {
            Page* page = pool.Take();
            Assert.Equal(0, (nint)page & (Page.Bytes - 1));
            Assert.True(page->Next == null);
            Assert.Equal(0ul, page->Stamp);
            Assert.Equal(0, page->Base);
            page->Next = page;
            page->Stamp = 1;
            page->Base = 1;
            pool.Give(page);
        }

        Assert.Equal(0, pool.InUse);
        pool.Trim();
    }

    [Fact]
    public void The_page_given_back_last_is_taken_first()
    {
        PagePool pool = new();
        Page* first = pool.Take();
        Page* second = pool.Take();
        Assert.Equal(2, pool.InUse);
        pool.Give(first);
        pool.Give(second);
        Assert.True(pool.Take() == second);
        Assert.True(pool.Take() == first);
        pool.Give(first);
        pool.Give(second);
        Assert.Equal(0, pool.InUse);
        pool.Trim();
    }

    [Fact]
    public void More_pages_than_the_pool_keeps_can_come_back()
    {
        const int Count = 200;
        PagePool pool = new();
        Page*[] pages = new Page*[Count];
        for (int i = 0; i < Count; i++)
        {
            pages[i] = pool.Take();
        }

        Assert.Equal(Count, pool.InUse);
        foreach (Page* page in pages)
        {
            pool.Give(page);
        }

        Assert.Equal(0, pool.InUse);
        pool.Trim();
        pool.Give(pool.Take());
        pool.Trim();
    }

    // Fault caught: each page is an allocation of its own, which malloc doubles; or its memory never goes back.
    [Fact]
    public void Many_pages_share_allocations_and_their_memory_goes_back()
    {
        const int Count = 1_000;
        PagePool pool = new();
        Page*[] pages = new Page*[Count];
        HashSet<nint> batches = [];
        for (int i = 0; i < Count; i++)
        {
            pages[i] = pool.Take();
            batches.Add((nint)pages[i]->Batch);
        }

        Assert.InRange(batches.Count, 1, (Count / PagesPerBatch) + PagesPerBatch);
        Assert.InRange(pool.Pages, Count, Count + PagesPerBatch);
        for (int i = 0; i < Count; i += 2)
        {
            pool.Give(pages[i]);
        }

        Assert.InRange(pool.Pages, Count / 2, Count + PagesPerBatch);
        for (int i = 1; i < Count; i += 2)
        {
            pool.Give(pages[i]);
        }

        Assert.InRange(pool.Pages, 0, MaxSparePages + PagesPerBatch);
        pool.Trim();
        Assert.Equal(0, pool.Pages);
    }

    [Fact]
    public void A_page_in_use_is_in_nobody_else_s_hands_whatever_comes_back_meanwhile()
    {
        PagePool pool = new();
        HashSet<nint> inUse = [];
        Random random = new(1);
        for (int i = 0; i < 20_000; i++)
        {
            if (inUse.Count == 0 || random.Next(100) < (i / 2_000 % 2 == 0 ? 60 : 40))
            {
                Assert.True(inUse.Add((nint)pool.Take()));
            }
            else
            {
                nint page = inUse.ElementAt(random.Next(Math.Min(inUse.Count, 50)));
                inUse.Remove(page);
                pool.Give((Page*)page);
            }

            Assert.Equal(inUse.Count, pool.InUse);
            Assert.InRange(pool.Pages, inUse.Count, int.MaxValue);
        }

        foreach (nint page in inUse)
        {
            pool.Give((Page*)page);
        }

        pool.Trim();
        Assert.Equal((0, 0), (pool.InUse, pool.Pages));
    }
}
