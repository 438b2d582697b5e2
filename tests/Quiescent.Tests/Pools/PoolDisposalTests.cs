using System.Runtime.CompilerServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Pools;

// How pools end, and domains before them.
public unsafe class PoolDisposalTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Disposal_waits_for_queued_blocks_and_gives_everything_back(bool typesafe)
    {
        using RcuDomain domain = Domains.New();
        RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = typesafe });
        for (int i = 0; i < 2_000; i++)
        {
            pool.Free(pool.Rent());
        }

        using ParkedReader reader = new(domain);
        pool.Free(pool.Rent());
        Worker disposal = Worker.Start(pool.Dispose);
        Until.True(() => disposal.IsWaiting);
        Assert.NotEqual(0, pool.GetStatistics().Slabs);
        reader.Release();
        disposal.Join();
        Assert.Equal(new RcuPoolStatistics(), pool.GetStatistics());
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
        Assert.Throws<ObjectDisposedException>(() => pool.Free((Item*)64));
        Assert.Throws<ObjectDisposedException>(() => pool.FreeNow((Item*)64));
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Disposal_with_blocks_out_throws_and_the_pool_goes_on()
    {
        using RcuDomain domain = Domains.New();
        RcuPool<Item> pool = new(domain, new RcuPoolOptions { Name = "routes" });
        Item* first = pool.Rent();
        nint second = 0;
        Worker.Run(() => second = (nint)pool.Rent());
        first->Value = 1;
        InvalidOperationException e = Assert.Throws<InvalidOperationException>(pool.Dispose);
        Assert.Contains("2 blocks of the pool 'routes'", e.Message, StringComparison.Ordinal);
        pool.Free((Item*)second);
        Assert.Throws<InvalidOperationException>(pool.Dispose);
        Assert.Equal(1, first->Value);
        pool.Free(pool.Rent());
        pool.Free(first);
        PoolInside.MustBalanceWith(pool, 0);
        pool.Dispose();
    }

    [Fact]
    public void Disposal_inside_a_section_or_a_callback_throws()
    {
        using RcuDomain domain = Domains.New();
        RcuPool<Item> pool = new(domain);
        using (domain.ReadLock())
        {
            Assert.Throws<InvalidOperationException>(pool.Dispose);
        }

        Exception? thrown = null;
        domain.Call(() => thrown = Record.Exception(pool.Dispose));
        domain.Barrier();
        Assert.IsType<InvalidOperationException>(thrown);
        pool.Free(pool.Rent());
        pool.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_its_domain_a_pool_takes_blocks_home_and_can_be_disposed_of(bool typesafe)
    {
        RcuDomain domain = Domains.New();
        RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = typesafe });
        Item* block = pool.Rent();
        for (int i = 0; i < 3_000; i++)
        {
            pool.Free(pool.Rent());
        }

        nint[] others = [.. Enumerable.Range(0, 20_000).Select(_ => (nint)pool.Rent())];
        domain.Dispose();
        Assert.Equal(20_001, PoolInside.MustBalance(pool).BlocksOut);
        Assert.Equal(0, pool.GetStatistics().BlocksWaiting);
        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
        if (!typesafe)
        {
            Assert.Throws<ObjectDisposedException>(() => pool.Free(block));
        }

        Assert.Throws<InvalidOperationException>(pool.Dispose);
        Worker.Run(() => pool.FreeNow(block));
        Array.ForEach(others, other => pool.FreeNow((Item*)other));
        Assert.Equal(0, PoolInside.MustBalance(pool).BlocksOut);
        pool.Dispose();
        Assert.Equal(0, pool.GetStatistics().Slabs);
        Assert.Throws<ObjectDisposedException>(() => new RcuPool<Item>(domain));
    }

    // Mutant magazine-handed-over-while-in-use: the next pool with the channel finds the last one's blocks in a
    // magazine.
    [Fact]
    public void A_pool_that_takes_the_place_of_another_has_its_own_blocks()
    {
        using RcuDomain domain = Domains.New();
        int? channel = null;
        for (int i = 0; i < 50; i++)
        {
            using RcuPool<Item> pool = new(domain);
            channel ??= PoolInside.Core(pool).Channel;
            Assert.Equal(channel, PoolInside.Core(pool).Channel);
            for (int k = 0; k < 600; k++)
            {
                Item* block = pool.Rent();
                block->Value = k;
                pool.Free(block);
            }

            Worker.Run(() => pool.Free(pool.Rent()));
            PoolInside.MustBalanceWith(pool, 0);
        }
    }

    // Catches a finalizer that frees slabs under queued blocks, and a GC handle that keeps a pool for ever.
    [Fact]
    public void A_pool_that_is_dropped_gives_its_memory_back_once_waiting_blocks_have_come_home()
    {
        using RcuDomain domain = Domains.New();
        WeakReference core;
        using (new ParkedReader(domain))
        {
            core = Drop(domain, keep: false);
            Garbage.Collect();
            Assert.True(core.IsAlive);
        }

        domain.Barrier();
        Until.True(() =>
        {
            Garbage.Collect();
            return !core.IsAlive;
        });
    }

    // A reader may have found a block before it was freed, and needs no pool to look at it.
    [Fact]
    public void The_slabs_of_a_type_safe_pool_that_is_dropped_wait_for_readers()
    {
        using RcuDomain domain = Domains.New();
        using (new ParkedReader(domain))
        {
            WeakReference core = Drop(domain, keep: false, typesafe: true);
            Until.True(() =>
            {
                Garbage.Collect();
                return !core.IsAlive;
            });
            Assert.Equal(1, domain.GetStatistics().BlocksWaiting);
        }

        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void A_type_safe_pool_that_is_dropped_after_its_domain_gives_its_memory_back()
    {
        WeakReference core = DropAfterDomain();
        Until.True(() =>
        {
            Garbage.Collect();
            return !core.IsAlive;
        });
    }

    [Fact]
    public void A_pool_that_is_dropped_with_a_block_out_keeps_its_slabs()
    {
        using RcuDomain domain = Domains.New();
        WeakReference core = Drop(domain, keep: true);
        domain.Barrier();
        Garbage.Collect();
        Assert.True(core.IsAlive);
        Assert.Equal(42, ((Item*)s_kept)->Value);
    }

    [Fact]
    public void Renting_and_disposing_at_once_rents_or_throws()
    {
        for (int round = 0; round < 100; round++)
        {
            using RcuDomain domain = Domains.New();
            RcuPool<Item> pool = new(domain);
            using Barrier start = new(3);
            Worker[] renters = Worker.StartMany(2, _ =>
            {
                pool.FreeNow(pool.Rent());
                start.SignalAndWait();
                try
                {
                    for (int i = 0; i < 2_000; i++)
                    {
                        Item* block = pool.Rent();
                        block->Value = i;
                        pool.Free(block);
                    }
                }
                catch (ObjectDisposedException)
                {
                    // The other permitted outcome.
                }
            });
            start.SignalAndWait(TestContext.Current.CancellationToken);
            Until.True(() =>
            {
                try
                {
                    pool.Dispose();
                    return true;
                }
                catch (InvalidOperationException)
                {
                    return false;
                }
            });
            Worker.JoinAll(renters);
            Assert.Equal(0, pool.GetStatistics().Slabs);
            RcuAssert.BooksBalance(domain);
        }
    }

    private static nint s_kept;

    // Not inlined, so that no register keeps the pool.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference DropAfterDomain()
    {
        using RcuDomain domain = Domains.New();
        WeakReference? core = null;
        Worker.Run(() =>
        {
            RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = true });
            Item* block = pool.Rent();
            domain.Dispose();
            pool.Free(block);
            core = new WeakReference(PoolInside.Core(pool));
        });
        return core!;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Drop(RcuDomain domain, bool keep, bool typesafe = false)
    {
        WeakReference? core = null;
        Worker.Run(() =>
        {
            RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = typesafe });
            for (int i = 0; i < 2_000; i++)
            {
                pool.Free(pool.Rent());
            }

            if (keep)
            {
                s_kept = (nint)pool.Rent();
                ((Item*)s_kept)->Value = 42;
            }

            core = new WeakReference(PoolInside.Core(pool));
        });
        return core!;
    }
}
