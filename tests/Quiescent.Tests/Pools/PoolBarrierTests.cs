using System.Runtime.InteropServices;
using Quiescent.Tests.Modules;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Pools;

// The barrier of one pool.
public sealed unsafe class PoolBarrierTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(508)]
    [InlineData(3_000)]
    public void All_blocks_of_all_threads_are_home_when_it_returns(int blocks)
    {
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMinutes(1) });
        using RcuPool<Item> pool = new(domain);
        for (int i = 0; i < 4; i++)
        {
            FreeInTwoThreads(pool, blocks);
            Worker.Run(pool.Barrier);
            Assert.Equal(0, pool.GetStatistics().BlocksWaiting);
            FreeInTwoThreads(pool, blocks);
            Until.Done(pool.BarrierAsync(TestContext.Current.CancellationToken).AsTask());
            Assert.Equal(0, pool.GetStatistics().BlocksWaiting);
            PoolInside.MustBalanceWith(pool, 0);
        }
    }

    // Fault caught: a pool's barrier that is the domain's.
    [Fact]
    public void It_waits_for_nothing_else_that_the_domain_holds()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        using RcuPool<Item> other = new(domain);
        pool.Free(pool.Rent());
        domain.Barrier();
        using ParkedReader reader = new(domain);
        other.Free(other.Rent());
        domain.Free(NativeMemory.Alloc(16));
        domain.Free(NativeMemory.Alloc(16), 16);
        domain.Call(static () => { });
        pool.Barrier();
        Until.Done(pool.BarrierAsync(TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(1, other.GetStatistics().BlocksWaiting);
        Assert.Equal(1, domain.GetStatistics().CallbacksWaiting);
        reader.Release();
    }

    [Fact]
    public void It_does_not_wait_for_a_callback_that_does_not_return()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        using BusyReclaimer busy = new(domain);
        FreeInTwoThreads(pool, 700);
        Worker.Run(pool.Barrier);
        Assert.Equal(0, pool.GetStatistics().BlocksWaiting);
        FreeInTwoThreads(pool, 700);
        Until.Done(pool.BarrierAsync(TestContext.Current.CancellationToken).AsTask());
        Assert.Equal(0, pool.GetStatistics().BlocksWaiting);
        Assert.Equal(1, domain.GetStatistics().CallbacksWaiting);
    }

    // Fault caught: a disposal that waits for all that the domain holds.
    [Fact]
    public void Neither_does_a_disposal()
    {
        using RcuDomain domain = Domains.New();
        RcuPool<Item> pool = new(domain);
        using BusyReclaimer busy = new(domain);
        FreeInTwoThreads(pool, 700);
        Worker.Run(pool.Dispose);
        Assert.Equal(new RcuPoolStatistics(), pool.GetStatistics());
    }

    [Fact]
    public void It_waits_for_a_grace_period_and_not_for_blocks_that_are_out()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        Item* block = pool.Rent();
        pool.Barrier();
        using ParkedReader reader = new(domain);
        Worker.Run(() => pool.Free(pool.Rent()));
        using Worker waiter = Worker.Start(pool.Barrier);
        Task async = pool.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        Until.True(() => waiter.IsWaiting || waiter.HasEnded);
        Assert.False(waiter.HasEnded || async.IsCompleted);
        reader.Release();
        waiter.Join();
        Until.Done(async);
        pool.FreeNow(block);
    }

    [Fact]
    public void Of_a_type_safe_pool_no_block_waits()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = true });
        using (new ParkedReader(domain))
        {
            pool.Free(pool.Rent());
            pool.Barrier();
        }
    }

    // Fault caught: a type-safe pool that forgets the slabs on their way to the system.
    [Fact]
    public void A_type_safe_pool_s_disposal_waits_for_its_slabs_and_for_no_callback()
    {
        using RcuDomain domain = Domains.New();
        RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = true, SlabBytes = 4096 });
        using BusyReclaimer busy = new(domain);
        using ParkedReader reader = new(domain);
        nint[] blocks = [.. Enumerable.Range(0, 5_000).Select(_ => (nint)pool.Rent())];
        Array.ForEach(blocks, block => pool.Free((Item*)block));
        Assert.NotEqual(0, domain.GetStatistics().BlocksWaiting); // The slabs.
        reader.Release();
        Worker.Run(pool.Dispose);
        Assert.Equal(0, domain.GetStatistics().BlocksWaiting);
    }

    [Fact]
    public void It_throws_inside_a_section_in_a_callback_and_after_a_disposal()
    {
        RcuDomain domain = Domains.New();
        RcuPool<Item> pool = new(domain);
        RcuPool<Item> disposed = new(domain);
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(disposed.Barrier);
        Assert.Throws<ObjectDisposedException>(() => { _ = disposed.BarrierAsync(CancellationToken.None).AsTask(); });
        using (ReadGuard guard = domain.ReadLock())
        {
            Assert.Throws<InvalidOperationException>(pool.Barrier);
        }

        Exception? thrown = null;
        domain.Call(() => thrown = Record.Exception(pool.Barrier));
        domain.Barrier();
        Assert.IsType<InvalidOperationException>(thrown);
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(pool.Barrier);
        Assert.Throws<ObjectDisposedException>(() => { _ = pool.BarrierAsync(CancellationToken.None).AsTask(); });
        pool.Dispose();
    }

    [Fact]
    public void Both_disposals_may_come_while_it_waits()
    {
        RcuDomain domain = Domains.New();
        RcuPool<Item> pool = new(domain);
        using ParkedReader reader = new(domain);
        Worker.Run(() => pool.Free(pool.Rent()));
        using Worker waiter = Worker.Start(pool.Barrier);
        Task async = pool.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        Until.True(() => waiter.IsWaiting);
        using Worker ofPool = Worker.Start(pool.Dispose);
        Until.True(() => ofPool.IsWaiting);
        using Worker ofDomain = Worker.Start(domain.Dispose);
        Until.True(() => ofDomain.IsWaiting);
        reader.Release();
        waiter.Join();
        Until.Done(async);
        ofPool.Join();
        ofDomain.Join();
    }

    private static void FreeInTwoThreads(RcuPool<Item> pool, int blocks)
    {
        nint[] mine = [.. Enumerable.Range(0, blocks).Select(_ => (nint)pool.Rent())];
        Worker.Run(() =>
        {
            for (int i = 0; i < blocks; i++)
            {
                pool.Free(pool.Rent());
            }
        });
        Array.ForEach(mine, block => pool.Free((Item*)block));
    }
}
