using System.Diagnostics;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Pools;

// Readers against updaters that replace blocks of a pool. What is to be caught: a block rented under a reader, or to
// two at a time.
[Trait("Category", "Slow")]
public sealed unsafe class PoolStressTests
{
    private const int Pointers = 8;
    private const int Updaters = 3;
    private const int Readers = 2;

    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(1);

    // A block's two words agree while it is published, and change when it is rented again.
    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric, false)]
    [InlineData(ReadSideBarrier.Full, false)]
    [InlineData(ReadSideBarrier.Asymmetric, true)]
    public void No_block_is_rented_under_a_reader(ReadSideBarrier readSide, bool shortLived)
    {
        using RcuDomain domain = Domains.New(readSide);
        using RcuPool<Item> pool = new(domain, new RcuPoolOptions { SlabBytes = 4096 });
        RcuPointer<Item>[] pointers = new RcuPointer<Item>[Pointers];
        long start = Stopwatch.GetTimestamp();
        Worker[] updaters = Worker.StartMany(Updaters, thread =>
        {
            Random random = new(thread);
            while (Stopwatch.GetElapsedTime(start) < s_time)
            {
                void Update()
                {
                    for (int i = 0; i < 2_000; i++)
                    {
                        Item* block = pool.Rent();
                        block->Value = block->Check = ((long)thread << 32) + random.Next();
                        if (i % 5 == 0)
                        {
                            pool.FreeNow(block);
                            continue;
                        }

                        pool.Free(pointers[random.Next(Pointers)].Exchange(block));
                    }
                }

                if (shortLived)
                {
                    Worker.Run(Update);
                }
                else
                {
                    Update();
                }
            }
        });
        Worker[] readers = Worker.StartMany(Readers, thread =>
        {
            Random random = new(-thread);
            while (Stopwatch.GetElapsedTime(start) < s_time)
            {
                for (int i = 0; i < 1_000; i++)
                {
                    using ReadGuard guard = domain.ReadLock();
                    Item* block = guard.DereferencePointer(in pointers[random.Next(Pointers)]);
                    if (block == null)
                    {
                        continue;
                    }

                    long value = Volatile.Read(ref block->Value);
                    Assert.Equal(value, Volatile.Read(ref block->Check));
                    Thread.SpinWait(random.Next(20));
                    Assert.Equal(value, Volatile.Read(ref block->Value));
                    Assert.Equal(value, Volatile.Read(ref block->Check));
                }
            }
        });
        Worker.JoinAll(updaters);
        Worker.JoinAll(readers);
        PoolInside.MustBalanceWith(pool, pointers.Count(pointer => !pointer.IsNull));
        foreach (ref RcuPointer<Item> pointer in pointers.AsSpan())
        {
            pool.Free(pointer.Exchange(null));
        }

        PoolInside.MustBalanceWith(pool, 0);
    }

    // The rule of type-safe pools: a reader checks the generation around its read. Slabs come and go meanwhile. The
    // mutant typesafe-slab-freed-without-waiting leaves an address that is no block any more.
    [Fact]
    public void A_reader_of_a_type_safe_pool_that_checks_again_is_never_deceived()
    {
        using RcuDomain domain = Domains.New();
        using RcuPool<Item> pool = new(domain, new RcuPoolOptions { SlabBytes = 4096, TypesafeByRcu = true });
        RcuPointer<Item>[] pointers = new RcuPointer<Item>[Pointers];
        long start = Stopwatch.GetTimestamp();
        long seen = 0;
        Worker[] updaters = Worker.StartMany(2, thread =>
        {
            Random random = new(thread);
            nint[] burst = new nint[3_000];
            while (Stopwatch.GetElapsedTime(start) < s_time)
            {
                for (int i = 0; i < burst.Length; i++)
                {
                    burst[i] = (nint)pool.Rent();
                }

                foreach (nint address in burst)
                {
                    // Check is the generation, odd while the rest changes.
                    Item* block = (Item*)address;
                    Volatile.Write(ref block->Check, block->Check | 1);
                    Thread.MemoryBarrier();
                    block->Value = block->Check + 1;
                    Volatile.Write(ref block->Check, block->Check + 1);
                    pool.Free(pointers[random.Next(Pointers)].Exchange(block));
                }
            }
        });
        Worker[] readers = Worker.StartMany(Readers, thread =>
        {
            Random random = new(-thread);
            while (Stopwatch.GetElapsedTime(start) < s_time)
            {
                for (int i = 0; i < 1_000; i++)
                {
                    using ReadGuard guard = domain.ReadLock();
                    Item* block = guard.DereferencePointer(in pointers[random.Next(Pointers)]);
                    if (block == null)
                    {
                        continue;
                    }

                    long generation = Volatile.Read(ref block->Check);
                    long value = Volatile.Read(ref block->Value);
                    if ((generation & 1) == 0 && Volatile.Read(ref block->Check) == generation)
                    {
                        Assert.Equal(generation, value);
                        Interlocked.Increment(ref seen);
                    }
                }
            }
        });
        Worker.JoinAll(updaters);
        Worker.JoinAll(readers);
        Assert.NotEqual(0, seen);
        foreach (ref RcuPointer<Item> pointer in pointers.AsSpan())
        {
            pool.Free(pointer.Exchange(null));
        }

        Assert.NotEqual(0, domain.GetStatistics().BlocksQueued); // Slabs, each through a grace period.
        PoolInside.MustBalanceWith(pool, 0);
    }
}
