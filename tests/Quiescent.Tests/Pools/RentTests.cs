using System.Runtime.CompilerServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Pools;

// Renting and freeing by one thread.
public unsafe class RentTests
{
    [InlineArray(100_000)]
    private struct Large
    {
        private byte _first;
    }

    private const int Many = 5_000;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void No_block_is_rented_twice_at_a_time(bool typesafe)
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = typesafe });
        for (int round = 0; round < 4; round++)
        {
            HashSet<nint> rented = [];
            for (int i = 0; i < Many; i++)
            {
                Item* block = pool.Rent();
                block->Value = i;
                Assert.True(rented.Add((nint)block));
            }

            Assert.Equal(Many, PoolInside.MustBalance(pool).BlocksOut);
            foreach (nint block in rented)
            {
                if (round % 2 == 0)
                {
                    pool.Free((Item*)block);
                }
                else
                {
                    pool.FreeNow((Item*)block);
                }
            }

            PoolInside.MustBalanceWith(pool, 0);
        }
    }

    // Mutant page-rented-before-its-grace-period.
    [Fact]
    public void A_freed_block_is_not_rented_before_a_grace_period_has_passed()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        HashSet<nint> freed = [];
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < Many; i++)
            {
                Item* block = pool.Rent();
                Assert.DoesNotContain((nint)block, freed);
                freed.Add((nint)block);
                pool.Free(block);
            }

            Assert.Equal(Many, pool.GetStatistics().BlocksWaiting);
        }

        PoolInside.MustBalanceWith(pool, 0);
    }

    [Fact]
    public void A_flood_rents_the_same_few_blocks_again_and_again()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        for (int i = 0; i < ValidateForAll.Amount(1_000_000); i++)
        {
            pool.Free(pool.Rent());
        }

        // At most ten pages wait, and a magazine is full; the reclaimer or a preemption adds less than as much again.
        Assert.InRange(pool.GetStatistics().Slabs, 1, 16);
        PoolInside.MustBalanceWith(pool, 0);
    }

    [Fact]
    public void FreeNow_gives_the_block_to_the_next_rent()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        using (new ParkedReader(domain))
        {
            Item* block = pool.Rent();
            pool.FreeNow(block);
            Assert.True(block == pool.Rent());
            pool.FreeNow(block);
        }
    }

    [Fact]
    public void Null_is_ignored()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        pool.Free(null);
        pool.FreeNow(null);
        pool.FreeNow(pool.Rent());
        pool.Free(null);
        pool.FreeNow(null);
        Assert.Equal(0, domain.GetStatistics().BlocksQueued);
        PoolInside.MustBalanceWith(pool, 0);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(64)]
    [InlineData(4096)]
    public void Blocks_begin_at_multiples_of_the_alignment_and_do_not_overlap(int alignment)
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain, new RcuPoolOptions { Alignment = alignment });
        MustNotOverlap(pool, 3_000, alignment);
    }

    [Fact]
    public void Blocks_larger_than_a_slab_get_larger_slabs()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Large> pool = new(domain, new RcuPoolOptions { SlabBytes = 4096 });
        MustNotOverlap(pool, 20, 64);
        Assert.True(PoolInside.MustBalanceWith(pool, 0).SlabBytes >= sizeof(Large) * 4);
    }

    [Fact]
    public void Small_blocks_can_be_packed()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<byte> pool = new(domain, new RcuPoolOptions { Alignment = 8, SlabBytes = 4096 });
        MustNotOverlap(pool, 2_000, 8);
        Assert.True(PoolInside.MustBalanceWith(pool, 0).BlocksReady >= 450);
    }

    [Fact]
    public void Blocks_of_slabs_that_stay_empty_return_to_the_system()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        nint[] blocks = [.. Enumerable.Range(0, 50_000).Select(_ => (nint)pool.Rent())];
        long slabs = pool.GetStatistics().Slabs;
        Assert.InRange(slabs, 49, 60);
        Array.ForEach(blocks, block => pool.Free((Item*)block));

        // A magazine, the shelf, and the slabs that they and a few empty ones keep.
        Assert.InRange(PoolInside.MustBalanceWith(pool, 0).Slabs, 1, 12);
    }

    // Mutant typesafe-slab-freed-without-waiting.
    [Fact]
    public void An_empty_slab_of_a_type_safe_pool_waits_for_readers()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = true });
        nint[] blocks = [.. Enumerable.Range(0, 50_000).Select(_ => (nint)pool.Rent())];
        using (new ParkedReader(domain))
        {
            long slabs = pool.GetStatistics().Slabs;
            Array.ForEach(blocks, block => pool.Free((Item*)block));
            Assert.Equal(slabs - pool.GetStatistics().Slabs, domain.GetStatistics().BlocksWaiting);
            Assert.NotEqual(0, domain.GetStatistics().BlocksWaiting);
        }

        PoolInside.MustBalanceWith(pool, 0);
    }

    // Mutant slab-freed-with-blocks-out.
    [Fact]
    public void A_slab_with_one_block_out_stays()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        nint[] blocks = [.. Enumerable.Range(0, 50_000).Select(_ => (nint)pool.Rent())];
        long slabs = pool.GetStatistics().Slabs;
        HashSet<nint> kept = [.. blocks.GroupBy(block => block / (64 * 1024)).Select(slab => slab.First())];
        Array.ForEach(blocks, block =>
        {
            if (!kept.Contains(block))
            {
                pool.FreeNow((Item*)block);
            }
        });

        Assert.Equal(slabs, PoolInside.MustBalanceWith(pool, kept.Count).Slabs);
        foreach (nint block in kept)
        {
            ((Item*)block)->Value = 1;
            pool.Free((Item*)block);
        }

        PoolInside.MustBalanceWith(pool, 0);
    }

    [Fact]
    public void Pools_of_one_thread_do_not_mix_their_blocks()
    {
        using RcuDomain first = Domains.New();
        using RcuDomain second = Domains.New();
        RcuPool<Item>[] pools =
            [.. Enumerable.Range(0, 20).Select(i => new RcuPool<Item>(i % 2 == 0 ? first : second))];
        List<nint>[] blocks = [.. pools.Select(_ => new List<nint>())];
        for (int i = 0; i < 40_000; i++)
        {
            int number = (i * 7) % pools.Length;
            Item* block = pools[number].Rent();
            block->Value = number;
            blocks[number].Add((nint)block);
        }

        for (int number = 0; number < pools.Length; number++)
        {
            Assert.Equal(blocks[number].Count, PoolInside.MustBalance(pools[number]).BlocksOut);
            blocks[number].ForEach(block =>
            {
                Assert.Equal(number, ((Item*)block)->Value);
                pools[number].Free((Item*)block);
            });
            pools[number].Dispose();
        }
    }

    [Fact]
    public void The_default_domain_s_pool_works()
    {
        using RcuPool<Item> pool = new();
        Assert.Same(Rcu.DefaultDomain, pool.Domain);
        pool.Free(pool.Rent());
    }

    [Theory]
    [InlineData(0, 65536, "x")]
    [InlineData(4, 65536, "x")]
    [InlineData(24, 65536, "x")]
    [InlineData(8192, 65536, "x")]
    [InlineData(64, 2048, "x")]
    [InlineData(64, 65537, "x")]
    [InlineData(64, 65536, " ")]
    public void Options_out_of_their_range_are_refused(int alignment, int slabBytes, string name)
    {
        using RcuDomain domain = Domains.New();
        Assert.ThrowsAny<ArgumentException>(
            () =>
                new RcuPool<Item>(
                    domain, new RcuPoolOptions { Alignment = alignment, SlabBytes = slabBytes, Name = name }));
    }

    private static void MustNotOverlap<T>(RcuPool<T> pool, int count, int alignment)
        where T : unmanaged
    {
        nint[] blocks = [.. Enumerable.Range(0, count).Select(_ => (nint)pool.Rent())];
        foreach (nint block in blocks)
        {
            Assert.Equal(0, block % alignment);
            new Span<byte>((void*)block, sizeof(T)).Fill(0xA5);
        }

        nint[] sorted = [.. blocks.Order()];
        for (int i = 1; i < count; i++)
        {
            Assert.True(sorted[i] - sorted[i - 1] >= sizeof(T));
        }

        Array.ForEach(blocks, block => pool.Free((T*)block));
        PoolInside.MustBalanceWith(pool, 0);
    }
}
