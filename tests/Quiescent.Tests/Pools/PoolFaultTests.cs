using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Pools;

// Each place that can run out of memory, under each use of a pool: it succeeds, or throws OutOfMemoryException with
// nothing changed.
public sealed unsafe class PoolFaultTests
{
    public static MatrixTheoryData<string, Failing> Places => Failures.At(
        FaultSite.Registration, FaultSite.Page, FaultSite.Queue, FaultSite.Ledger, FaultSite.Slab);

    [Theory]
    [MemberData(nameof(Places))]
    [Trait("Category", "Slow")]
    public void Every_block_is_rented_and_freed_or_refused_whole(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);

        // Pages of one block, so that each free needs a new one.
        using RcuDomain domain = new(new RcuDomainOptions
        {
            BacklogLimit = 8,
            BacklogPolicy = BacklogPolicy.None,
            Validate = site == FaultSite.Ledger,
        });
        RcuPool<Item> pool = new(domain, new RcuPoolOptions { SlabBytes = 4096 });
        List<nint> rented = [];
        using (new ParkedReader(domain))
        {
            using (Failures failures = new(site, failing))
            {
                for (int i = 0; i < 10; i++)
                {
                    Worker.Run(() => Use(pool, rented));
                    Use(pool, rented);
                }

                Assert.NotEqual(0, failures.Failed);
            }

            Assert.Equal(rented.Count, PoolInside.MustBalance(pool).BlocksOut);
            Worker.Run(() => rented.ForEach(block => pool.Free((Item*)block)));
        }

        PoolInside.MustBalanceWith(pool, 0);
        pool.Dispose();
        Assert.Equal(0, pool.GetStatistics().Slabs);
    }

    [Fact]
    public void A_pool_that_cannot_be_made_leaves_nothing()
    {
        using RcuDomain domain = Domains.New();
        using (new Failures(FaultSite.Pool, Failing.Every))
        {
            Assert.ThrowsAny<OutOfMemoryException>(() => new RcuPool<Item>(domain));
        }

        using RcuPool<Item> pool = new(domain);
        Assert.Equal(-1, PoolInside.Core(pool).Channel);
    }

    [Theory]
    [InlineData(Failing.First)]
    [InlineData(Failing.Every)]
    public void Disposal_that_ran_out_is_finished_by_the_next_call(Failing failing)
    {
        using RcuDomain domain = Domains.New();
        RcuPool<Item> pool = new(domain);
        using (ParkedReader reader = new(domain))
        {
            pool.Free(pool.Rent());
            using Failures failures = new(FaultSite.Barrier, failing);
            Assert.ThrowsAny<OutOfMemoryException>(pool.Dispose);
        }

        Assert.Throws<ObjectDisposedException>(() => pool.Rent());
        Assert.NotEqual(0, pool.GetStatistics().Slabs);
        pool.Dispose();
        Assert.Equal(0, pool.GetStatistics().Slabs);
    }

    private static void Use(RcuPool<Item> pool, List<nint> rented)
    {
        for (int i = 0; i < 60; i++)
        {
            long blocksOut = pool.GetStatistics().BlocksOut;
            Assert.Equal(rented.Count, blocksOut);
            try
            {
                Item* block = pool.Rent();
                block->Value = i;
                rented.Add((nint)block);
            }
            catch (OutOfMemoryException)
            {
            }

            if (i % 3 != 0 && rented.Count != 0)
            {
                try
                {
                    pool.Free((Item*)rented[^1]);
                    rented.RemoveAt(rented.Count - 1);
                }
                catch (OutOfMemoryException)
                {
                }
            }

            if (i % 10 == 0 && rented.Count != 0)
            {
                pool.FreeNow((Item*)rented[^1]);
                rented.RemoveAt(rented.Count - 1);
            }
        }
    }
}
