using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Tests.Reclamation;
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

    // Fault caught: a slab that goes back while a queue is collected starts the reclaimer under the queue's lock.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_thread_is_started_under_the_lock_of_a_queue(bool isShared)
    {
        using RcuDomain domain = new(Domains.Served(isShared));
        using RcuPool<long> pool = new(domain, new RcuPoolOptions { SlabBytes = 4096, TypesafeByRcu = true });
        int starts = 0;
        bool isUnderLock = false;
        FaultInjection.Decide = site =>
        {
            if (site == FaultSite.ThreadStart)
            {
                starts++;
                isUnderLock |= IsAnyLocked(domain);
                return true;
            }

            return false;
        };
        long slabs = FreeMany(pool, 20_000);
        domain.Barrier(); // The caller empties the queues itself.
        FaultInjection.Decide = null;
        Assert.False(isUnderLock);
        Assert.NotEqual(0, starts);
        domain.Barrier();
        Assert.InRange(pool.GetStatistics().Slabs, 1, slabs - 1);
    }

    // Fault caught: what is queued under the lock of a queue wakes nobody, and neither does what comes after it.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_append_after_one_under_a_lock_starts_the_reclaimer(bool isShared)
    {
        using RcuDomain domain = new(Domains.Served(isShared));
        Thread asking = Thread.CurrentThread;
        int starts = 0;
        FaultInjection.Decide = site =>
        {
            starts += site == FaultSite.ThreadStart && Thread.CurrentThread == asking ? 1 : 0;
            return false;
        };
        PushShared(domain, isUnderLock: true);
        int startsUnderLock = starts;
        PushShared(domain, isUnderLock: false);
        FaultInjection.Decide = null;
        Assert.Equal(0, startsUnderLock);
        Assert.Equal(1, starts);
        Assert.Equal(2, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    // Fault caught: an array pool has a report queued under its own lock.
    [Fact]
    public void A_handler_of_a_report_that_fails_may_use_the_array_pool()
    {
        using RcuDomain domain = Domains.New(name: nameof(LockDisciplineTests));
        using HeardEvents heard = new(nameof(LockDisciplineTests));
        RcuArrayPool<byte> pool = new(domain, maxArraysPerBucket: 1);
        byte[] array = pool.Rent(100);
        pool.Return(array);
        int reports = 0;
        FaultInjection.Decide = site =>
        {
            if (site == FaultSite.PoolThread && ++reports == 1)
            {
                Worker.Run(() => pool.Return(new byte[array.Length]));
                return true;
            }

            return false;
        };
        Assert.NotNull(pool.Rent(100));
        FaultInjection.Decide = null;
        Assert.NotEqual(0, reports);
    }

    // Returns how many slabs they took.
    private static long FreeMany(RcuPool<long> pool, int count)
    {
        nint[] blocks = [.. Enumerable.Range(0, count).Select(_ => (nint)pool.Rent())];
        long slabs = pool.GetStatistics().Slabs;
        foreach (nint block in blocks)
        {
            pool.Free((long*)block);
        }

        return slabs;
    }

    private static void PushShared(RcuDomain domain, bool isUnderLock = false)
    {
        RcuHead* head = (RcuHead*)NativeMemory.Alloc(64);
        head->Word = HeadWord.OfOffset(head, head, Deallocators.NativeHeap);
        domain.Core.Producer.TryPushShared(head, head->Word, isUnderLock);
    }

    private static bool IsAnyLocked(RcuDomain domain)
    {
        for (int i = 0; i < domain.Core.Slots.End; i++)
        {
            ThreadQueues* queues = domain.Core.QueuesOf(i);
            for (PageQueue* queue = &queues->Blocks; queue != null; queue = queue->Following)
            {
                if (Order.Acquire(in queue->Lock) != 0)
                {
                    return true;
                }
            }
        }

        return false;
    }
}
