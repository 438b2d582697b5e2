using Quiescent.Tests.Support;

namespace Quiescent.Tests.Pools;

// A thread that uses many pools, more than it has places for what it remembers of them, and pools that come and go.
public sealed unsafe class PoolLookUpTests
{
    private const int Many = 150;

    public static TheoryData<int> Counts => [1, 2, 3, 64, Many];

    // Fault caught: a block of another pool, from a magazine that was found in this pool's place.
    [Theory]
    [MemberData(nameof(Counts))]
    public void Each_pool_gives_its_own_blocks_and_gets_them_back(int count)
    {
        using RcuDomain domain = new();
        RcuPool<long>[] pools = MakeMany(domain, count);
        nint[] blocks = new nint[count];
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < count; i++)
            {
                int k = (i * 7) % count;
                blocks[k] = (nint)pools[k].Rent();
            }

            for (int i = 0; i < count; i++)
            {
                Assert.Equal(1, pools[i].GetStatistics().BlocksOut);
            }

            for (int i = 0; i < count; i++)
            {
                Give(pools[i], (long*)blocks[i], round);
                Assert.Equal(0, pools[i].GetStatistics().BlocksOut);
            }
        }

        foreach (RcuPool<long> pool in pools)
        {
            pool.Dispose();
        }

        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: a thread remembers a pool that is closed, or takes a new one for an old one.
    [Fact]
    public void A_pool_that_is_gone_is_refused_and_its_place_serves_the_next()
    {
        using RcuDomain domain = new();
        RcuPool<long>[] pools = MakeMany(domain, 3);
        for (int i = 0; i < Many; i++)
        {
            UseAll(pools);
            RcuPool<long> old = pools[i % pools.Length];
            old.Dispose();
            Assert.Throws<ObjectDisposedException>(() => old.Rent());
            pools[i % pools.Length] = new RcuPool<long>(domain);
            UseAll(pools);
            Assert.Throws<ObjectDisposedException>(() => old.Rent());
        }

        foreach (RcuPool<long> pool in pools)
        {
            pool.Dispose();
        }
    }

    // Fault caught: what is remembered of a pool is lost, or made anew, at each turn.
    [Theory]
    [MemberData(nameof(Counts))]
    public void Using_pools_in_turns_allocates_nothing_on_the_managed_heap_in_the_end(int count)
    {
        using RcuDomain domain = new();
        RcuPool<long>[] pools = MakeMany(domain, count);
        bool isSteady = false;
        for (int round = 0; round < 1_000 && !isSteady; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 10; i++)
            {
                UseAll(pools);
            }

            isSteady = GC.GetAllocatedBytesForCurrentThread() == before;
        }

        Assert.True(isSteady, "Each round allocated.");
        foreach (RcuPool<long> pool in pools)
        {
            pool.Dispose();
        }
    }

    private static RcuPool<long>[] MakeMany(RcuDomain domain, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => new RcuPool<long>(domain))];

    private static void UseAll(RcuPool<long>[] pools)
    {
        for (int i = 0; i < pools.Length; i++)
        {
            Give(pools[i], pools[i].Rent(), i);
        }
    }

    private static void Give(RcuPool<long> pool, long* block, int how)
    {
        if ((how & 1) == 0)
        {
            pool.Free(block);
        }
        else
        {
            pool.FreeNow(block);
        }
    }
}
