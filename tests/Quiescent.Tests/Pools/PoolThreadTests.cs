using Quiescent.Tests.Support;

namespace Quiescent.Tests.Pools;

// Pools between threads.
public unsafe class PoolThreadTests
{
    // Mutant magazine-of-an-ended-thread-dropped.
    [Fact]
    public void A_new_thread_goes_on_with_the_magazine_of_an_ended_one()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        for (int i = 0; i < 40; i++)
        {
            Worker.Run(() =>
            {
                for (int k = 0; k < 100; k++)
                {
                    pool.FreeNow(pool.Rent());
                }
            });
            Assert.Equal(0, PoolInside.MustBalance(pool).BlocksOut);
        }

        Assert.Equal(1, pool.GetStatistics().Slabs);
        Assert.Single(PoolInside.MagazinesOf(pool));
    }

    [Fact]
    public void Blocks_freed_by_ended_threads_come_home_and_blocks_they_rented_stay_out()
    {
        using RcuDomain domain = Domains.New();
        RcuPool<Item> pool = new(domain);
        List<nint> kept = [];
        for (int i = 0; i < 30; i++)
        {
            Worker.Run(() =>
            {
                for (int k = 0; k < 700; k++)
                {
                    Item* block = pool.Rent();
                    if (k % 100 == 0)
                    {
                        kept.Add((nint)block);
                    }
                    else
                    {
                        pool.Free(block);
                    }
                }
            });
        }

        PoolInside.MustBalanceWith(pool, kept.Count);
        Worker.Run(() => kept.ForEach(block => pool.Free((Item*)block)));
        PoolInside.MustBalanceWith(pool, 0);
        pool.Dispose();
    }

    // One thread rents and others free: blocks go round through the depot.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Blocks_freed_by_other_threads_are_rented_again(bool now)
    {
        const int Rounds = 200;
        const int Batch = 1_000;
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        using System.Collections.Concurrent.BlockingCollection<nint[]> batches = new(boundedCapacity: 4);
        Worker consumer = Worker.Start(() =>
        {
            foreach (nint[] batch in batches.GetConsumingEnumerable())
            {
                foreach (nint block in batch)
                {
                    Assert.Equal(((Item*)block)->Value, ((Item*)block)->Check);
                    if (now)
                    {
                        pool.FreeNow((Item*)block);
                    }
                    else
                    {
                        pool.Free((Item*)block);
                    }
                }
            }
        });
        for (int i = 0; i < Rounds; i++)
        {
            nint[] batch = new nint[Batch];
            for (int k = 0; k < Batch; k++)
            {
                Item* block = pool.Rent();
                block->Value = block->Check = i;
                batch[k] = (nint)block;
            }

            batches.Add(batch, TestContext.Current.CancellationToken);
        }

        batches.CompleteAdding();
        consumer.Join();
        Assert.InRange(PoolInside.MustBalanceWith(pool, 0).Slabs, 1, 100);
    }

    [Fact]
    public void A_barrier_reclaims_what_all_threads_have_freed()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        using ManualResetEventSlim end = new();
        using CountdownEvent freed = new(3);
        Worker[] idle = Worker.StartMany(3, _ =>
        {
            for (int i = 0; i < 1_200; i++)
            {
                pool.Free(pool.Rent());
            }

            freed.Signal();
            end.Wait();
        });
        Until.True(() => freed.IsSet);
        domain.Barrier();
        Assert.Equal(0, PoolInside.MustBalance(pool).BlocksWaiting);
        end.Set();
        Worker.JoinAll(idle);
    }

    // Nobody calls anything: the reclaimer alone finds it.
    [Fact]
    public void Blocks_freed_by_an_idle_thread_come_home_by_themselves()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain);
        pool.Free(pool.Rent());
        Until.True(() => pool.GetStatistics().BlocksWaiting == 0);
        Assert.Equal(1, domain.GetStatistics().BlocksFreed);
    }

    [Fact]
    public void A_reader_that_overstays_puts_back_pressure_on_freeing_and_loses_nothing()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            BacklogLimit = 8_000,
            BacklogPolicy = BacklogPolicy.Throw,
        });
        using RcuPool<Item> pool = new(domain);
        using (new ParkedReader(domain))
        {
            Item* refused = null;
            int freed = 0;
            while (refused == null)
            {
                Item* block = pool.Rent();
                try
                {
                    pool.Free(block);
                    freed++;
                }
                catch (RcuBacklogException)
                {
                    refused = block;
                }
            }

            Assert.InRange(freed, 8_000 - 1_000, 8_000 + 1_000);
            Assert.Equal(1, PoolInside.MustBalance(pool).BlocksOut);
            Assert.Throws<RcuBacklogException>(() => pool.Free(refused));
            pool.FreeNow(refused);
        }

        PoolInside.MustBalanceWith(pool, 0);
    }
}
