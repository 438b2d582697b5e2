using System.Runtime.InteropServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Pools;

// RcuDomainOptions.Validate: a report of a pool's misuse gives the block's address.
public unsafe class PoolValidateTests
{
    private const int Poison = 0x6B;

    [Fact]
    public void A_block_freed_twice_throws_and_the_first_stands()
    {
        using RcuDomain domain = Domains.New(validate: true);
        using RcuPool<Item> pool = new(domain);
        Item* block = pool.Rent();
        pool.Free(block);
        MustName(block, () => pool.Free(block));
        MustName(block, () => pool.FreeNow(block));
        PoolInside.MustBalanceWith(pool, 0);
        block = pool.Rent();
        pool.FreeNow(block);
        MustName(block, () => pool.FreeNow(block));
        MustName(block, () => pool.Free(block));
        PoolInside.MustBalanceWith(pool, 0);
    }

    [Fact]
    public void A_block_that_is_not_the_pool_s_is_refused()
    {
        using RcuDomain domain = Domains.New(validate: true);
        using RcuPool<Item> pool = new(domain);
        using RcuPool<Item> other = new(domain);
        Item* foreign = other.Rent();
        Item* block = pool.Rent();
        Item* malloced = (Item*)NativeMemory.Alloc((nuint)sizeof(Item));
        Item* inside = (Item*)((byte*)block + 8);
        Item* header = (Item*)((nint)block & ~0xFFFF);
        foreach (nint wrong in (nint[])[(nint)foreign, (nint)malloced, (nint)inside, (nint)header, (nint)(header + 1)])
        {
            MustName((Item*)wrong, () => pool.Free((Item*)wrong));
            MustName((Item*)wrong, () => pool.FreeNow((Item*)wrong));
        }

        NativeMemory.Free(malloced);
        other.FreeNow(foreign);
        PoolInside.MustBalanceWith(pool, 1);
        pool.FreeNow(block);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(false)]
    [InlineData(true)]
    public void A_write_after_the_free_throws_with_the_block_s_address(bool now)
    {
        using RcuDomain domain = Domains.New(validate: true);
        using RcuPool<Item> pool = new(domain);
        HashSet<nint> written = [];
        for (int i = 0; i < 1_200; i++)
        {
            written.Add((nint)pool.Rent());
        }

        foreach (nint block in written)
        {
            if (now)
            {
                pool.FreeNow((Item*)block);
            }
            else
            {
                pool.Free((Item*)block);
            }
        }

        domain.Barrier();
        foreach (nint block in written)
        {
            Assert.Equal(Poison, ((byte*)block)[5]);
            ((Item*)block)->Check = 1;
        }

        // Each is reported once, in whatever order they are rented.
        List<nint> rented = [];
        HashSet<nint> reported = [];
        while (reported.Count < written.Count)
        {
            try
            {
                rented.Add((nint)pool.Rent());
            }
            catch (InvalidOperationException e)
            {
                nint found = written.Single(
                    block => e.Message.Contains($"0x{block:x} ", StringComparison.Ordinal));
                Assert.True(reported.Add(found));
            }
        }

        rented.ForEach(block => pool.Free((Item*)block));
        PoolInside.MustBalanceWith(pool, 0);
    }

    // A reader may look at a free block of a type-safe pool: it holds no poison, but what its last user left.
    [Fact]
    public void A_type_safe_block_is_zero_at_first_and_keeps_its_contents()
    {
        foreach (bool validate in (bool[])[false, true])
        {
            using RcuDomain domain = Domains.New(validate: validate);
            using RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = true });
            Item* block = pool.Rent();
            Assert.Equal(0, block->Value);
            block->Value = 7;
            pool.Free(block);
            Assert.Equal(7, block->Value);
            Assert.True(block == pool.Rent());
            Assert.Equal(7, block->Value);
            pool.FreeNow(block);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Honest_use_by_many_threads_is_never_refused(bool typesafe)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Validate = true, ReclaimDelay = TimeSpan.Zero });
        using RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = typesafe });
        Worker.JoinAll(Worker.StartMany(3, thread =>
        {
            for (int i = 0; i < 10_000; i++)
            {
                Item* block = pool.Rent();
                block->Value = thread;
                if (i % 3 == 0)
                {
                    pool.FreeNow(block);
                }
                else
                {
                    pool.Free(block);
                }
            }
        }));
        PoolInside.MustBalanceWith(pool, 0);
    }

    private static void MustName(Item* block, Action free) =>
        Assert.Contains(
            $"0x{(nint)block:x}", Assert.Throws<InvalidOperationException>(free).Message, StringComparison.Ordinal);
}
