using Quiescent.Queues;

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
            *page = new Page { Next = page, Stamp = 1, Base = 1 };
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
}
