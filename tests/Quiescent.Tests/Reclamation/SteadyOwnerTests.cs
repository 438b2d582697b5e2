using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// A thread that frees as fast as it queues touches little that other threads touch too.
public sealed unsafe class SteadyOwnerTests
{
    // Fault caught: a lock of all threads taken twice for each page.
    [Fact]
    public void An_owner_that_keeps_pace_fills_its_own_pages_again()
    {
        const int WarmUp = 50;
        const int Pages = 400;
        using RcuDomain domain = New();
        int taken = 0;
        Thread owner = Thread.CurrentThread;
        FaultInjection.Decide = site =>
        {
            taken += site == FaultSite.Page && Thread.CurrentThread == owner ? 1 : 0;
            return false;
        };
        try
        {
            FreePages(domain, WarmUp);
            taken = 0;
            FreePages(domain, Pages);
        }
        finally
        {
            FaultInjection.Decide = null;
        }

        Assert.InRange(taken, 0, Pages / 4);
        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: a page more for each thread that was ever busy.
    [Fact]
    public void An_idle_owner_keeps_no_page()
    {
        using RcuDomain domain = New();
        FreePages(domain, 100);
        domain.Barrier();
        Until.True(() => domain.GetStatistics().PagesInUse <= 1);
    }

    private static void FreePages(RcuDomain domain, int pages)
    {
        for (int i = 0; i < pages * Page.Entries; i++)
        {
            domain.Free(NativeMemory.Alloc(16));
        }
    }

    // Its reclaimer keeps out of the way.
    private static RcuDomain New() => new(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMinutes(1) });
}
