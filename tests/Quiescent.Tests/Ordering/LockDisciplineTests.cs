using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Ordering;

// O8: what takes memory may fail, and then runs first-chance handlers. So it is asked for under no lock of a queue.
public sealed unsafe class LockDisciplineTests : IDisposable
{
    public void Dispose() => FaultInjection.Decide = null;

    // Fault caught: the first item in a domain's own queue starts the reclaimer under that queue's lock, where a
    // handler that queues waits for itself.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_handler_of_a_start_that_fails_may_queue_without_a_slot(bool isShared)
    {
        using RcuDomain domain = new(Domains.Served(isShared));
        int starts = 0;
        FaultInjection.Decide = site =>
        {
            if (site == FaultSite.ThreadStart && ++starts == 1)
            {
                Worker.Run(() => PushShared(domain));
                return true;
            }

            return false;
        };
        Worker.Run(() => PushShared(domain));
        FaultInjection.Decide = null;
        Assert.NotEqual(0, starts);
        Assert.Equal(2, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    // Fault caught: an array pool has a report queued under its depot's lock.
    [Fact]
    public void A_handler_of_a_report_that_fails_may_use_the_array_pool()
    {
        using RcuDomain domain = Domains.New(name: nameof(LockDisciplineTests));
        using HeardEvents heard = new(nameof(LockDisciplineTests));
        RcuArrayPool<byte> pool = new(domain, maxArraysPerBucket: 1);
        Worker.Run(ReturnTwo); // One too many for the thread.
        int reports = 0;
        FaultInjection.Decide = site =>
        {
            if (site == FaultSite.PoolThread && ++reports == 1)
            {
                Worker.Run(ReturnTwo);
                return true;
            }

            return false;
        };
        Assert.NotNull(pool.Rent(100));
        FaultInjection.Decide = null;
        Assert.NotEqual(0, reports);

        void ReturnTwo()
        {
            pool.Return(new byte[128]);
            pool.Return(new byte[128]);
        }
    }

    private static void PushShared(RcuDomain domain)
    {
        RcuHead* head = (RcuHead*)NativeMemory.Alloc(64);
        domain.Core.Producer.PushShared(head, HeadWord.OfOffset(head, head, Deallocators.NativeHeap));
    }
}
