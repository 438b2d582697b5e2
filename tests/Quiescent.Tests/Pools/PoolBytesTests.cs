using System.Runtime.InteropServices;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Pools;

// A pool knows the size of its blocks, so what waits in it counts towards the backlog's bytes.
public unsafe class PoolBytesTests
{
    private const long MiB = 1 << 20;

    // Fault caught: pages of 508 blocks, counted when they are full: half a gibibyte that nobody counts.
    [Fact]
    public void What_waits_is_counted_to_within_a_step()
    {
        Follow<Small>(5_000);
        Follow<Large>(100);
        Follow<Huge>(10);
    }

    [Fact]
    public void Throw_refuses_a_block_above_the_limit_in_bytes()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            BacklogPolicy = BacklogPolicy.Throw,
            BacklogBytesLimit = 20 * MiB,
        });
        using RcuPool<Huge> pool = new(domain);
        Huge*[] blocks = Rent(pool, 20);
        int freed = 0;
        using (new GracePeriodStepper(domain)) // No other thread holds the queue's lock.
        using (new ParkedReader(domain))
        {
            Assert.Throws<RcuBacklogException>(() =>
            {
                for (; freed < blocks.Length; freed++)
                {
                    pool.Free(blocks[freed]);
                }
            });
            Assert.InRange(freed, 10, 11);
        }

        for (; freed < blocks.Length; freed++)
        {
            pool.FreeNow(blocks[freed]);
        }
    }

    // Fault caught: a magazine that still has its last pool's pages, or size of blocks.
    [Fact]
    public void A_pool_that_takes_the_place_of_another_counts_its_own_size()
    {
        using RcuDomain domain = NewDomain();
        for (int i = 0; i < 5; i++)
        {
            FreeAndDispose<Small>(domain, 700);
            FreeAndDispose<Huge>(domain, 3);
            FreeAndDispose<Large>(domain, 50);
        }
    }

    [Fact]
    public void What_a_renter_takes_back_counts_no_more()
    {
        const int Count = 8; // What two refills of the magazine take.
        using RcuDomain domain = NewDomain();
        using RcuPool<Huge> pool = new(domain);
        Huge*[] blocks = Rent(pool, Count);
        try
        {
            using GracePeriodStepper steps = new(domain);
            foreach (Huge* block in blocks)
            {
                pool.Free(block);
            }

            Assert.Equal(Count * sizeof(Huge), domain.GetStatistics().BytesWaiting);
            Assert.InRange(Inside.Backlog(domain).Bytes.Count, (Count - 1) * sizeof(Huge), Count * sizeof(Huge));
            Assert.True(steps.TryAdvance());
            blocks = Rent(pool, Count - 1); // The open page's block stays.
            long waiting = domain.GetStatistics().BytesWaiting;
            Assert.InRange(waiting, sizeof(Huge), (Count - 2) * sizeof(Huge));
            Until.True(() => Inside.Backlog(domain).Bytes.Count == waiting);
        }
        finally
        {
            foreach (Huge* block in blocks)
            {
                pool.FreeNow(block);
            }
        }
    }

    [Fact]
    public void The_books_are_exact_while_threads_rent_and_free()
    {
        using RcuDomain domain = NewDomain();
        using RcuPool<Large> large = new(domain);
        using RcuPool<Small> small = new(domain);
        for (int round = 0; round < 5; round++)
        {
            Worker.JoinAll(Worker.StartMany(3, i =>
            {
                Random random = new((round * 10) + i);
                for (int j = 0; j < 2_000; j++)
                {
                    large.Free(large.Rent());
                    foreach (Small* block in Rent(small, random.Next(5)))
                    {
                        small.Free(block);
                    }
                }
            }));
            domain.Barrier();
            Until.True(() => (domain.GetStatistics().BytesWaiting, Inside.Backlog(domain).Bytes.Count) == (0, 0));
        }
    }

    private static void Follow<T>(int count)
        where T : unmanaged
    {
        using RcuDomain domain = NewDomain();
        using RcuPool<T> pool = new(domain);
        T*[] blocks = Rent(pool, count);
        using (new GracePeriodStepper(domain)) // No other thread holds the queue's lock.
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < count; i++)
            {
                pool.Free(blocks[i]);
                long waiting = (i + 1L) * sizeof(T);
                Assert.Equal(waiting, domain.GetStatistics().BytesWaiting);
                long step = Math.Max(MiB, sizeof(T));
                Assert.InRange(Inside.Backlog(domain).Bytes.Count, waiting - (2 * step), waiting);
            }
        }

        domain.Barrier();
        Until.True(() => (domain.GetStatistics().BytesWaiting, Inside.Backlog(domain).Bytes.Count) == (0, 0));
    }

    private static void FreeAndDispose<T>(RcuDomain domain, int count)
        where T : unmanaged
    {
        using RcuPool<T> pool = new(domain);
        T*[] blocks = Rent(pool, count);
        using (new ParkedReader(domain))
        {
            foreach (T* block in blocks)
            {
                pool.Free(block);
            }

            Assert.Equal((long)count * sizeof(T), domain.GetStatistics().BytesWaiting);
        }

        domain.Barrier();
        Until.True(() => (domain.GetStatistics().BytesWaiting, Inside.Backlog(domain).Bytes.Count) == (0, 0));
    }

    private static T*[] Rent<T>(RcuPool<T> pool, int count)
        where T : unmanaged
    {
        T*[] blocks = new T*[count];
        for (int i = 0; i < count; i++)
        {
            blocks[i] = pool.Rent();
        }

        return blocks;
    }

    private static RcuDomain NewDomain() => new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });

    // Their sizes are multiples of a pool's alignment.
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Small;

    [StructLayout(LayoutKind.Sequential, Size = 64 * 1024)]
    private struct Large;

    [StructLayout(LayoutKind.Sequential, Size = 2 * 1024 * 1024)]
    private struct Huge;
}
