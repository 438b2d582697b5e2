using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Tests.Pools;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Resources;

// What resources and pools say about their bytes: to the backlog, from their closing to their release, and to the
// garbage collector, from their allocation to their release.
public sealed unsafe class BytesHeldTests
{
    private const int MiB = 1 << 20;

    [Fact]
    public void A_closed_resource_counts_until_it_is_released()
    {
        using RcuDomain domain = NewDomain();
        RcuMemoryMappedFile mapped = new(Mapping.NewFile(new byte[12_345]), domain);
        IDisposable memory = new RcuMemoryManager<byte>(3 * MiB, domain);
        using (new ParkedReader(domain))
        {
            Assert.Equal(0, BytesOf(domain));
            memory.Dispose();
            memory.Dispose();
            Assert.Equal(3 * MiB, BytesOf(domain));
            Until.True(() => Inside.Backlog(domain).Bytes.Count == 3 * MiB); // The reclaimer may hold the queue's lock.
            mapped.Dispose();
            Assert.Equal((3 * MiB) + 12_345, BytesOf(domain));
        }

        MustBeAtRest(domain);
    }

    // A use after Close makes it wait for a second grace period.
    [Fact]
    public void A_resource_that_waits_twice_counts_once_and_a_pinned_one_does_not_count_beyond_its_readers()
    {
        using RcuDomain domain = NewDomain();
        using (GracePeriodStepper steps = new(domain))
        {
            RcuMemoryManager<byte> memory = new(MiB, domain);
            MemoryHandle pin = memory.Pin();
            ((IDisposable)memory).Dispose();
            using (domain.ReadLock())
            {
                Assert.Equal(MiB, memory.GetSpan().Length);
            }

            steps.TryAdvance();
            steps.Reclaim();
            Assert.Equal(MiB, BytesOf(domain));
            steps.Advance();
            Assert.Equal(0, BytesOf(domain));
            pin.Dispose();
            Assert.Equal(0, BytesOf(domain));
        }

        MustBeAtRest(domain);
    }

    [Fact]
    public void A_resource_closed_after_its_domain_s_disposal_counts_until_it_is_released()
    {
        RcuDomain domain = NewDomain();
        IDisposable memory = new RcuMemoryManager<byte>(MiB, domain);
        domain.Dispose();
        memory.Dispose();
        Until.True(() => BytesOf(domain) == 0 && Inside.Backlog(domain).Bytes.Count == 0);
    }

    [Fact]
    public void An_array_on_its_way_back_to_its_pool_counts()
    {
        using RcuDomain domain = NewDomain();
        using (new ParkedReader(domain))
        {
            domain.Return(ArrayPool<long>.Shared, new long[1_024]);
            Assert.Equal(8_192, BytesOf(domain));
        }

        MustBeAtRest(domain);
        domain.Return(new RefusingPool(), new long[1_024]);
        MustBeAtRest(domain);
        RcuDomain disposed = NewDomain();
        disposed.Dispose();
        Assert.Throws<ObjectDisposedException>(() => disposed.Return(ArrayPool<long>.Shared, new long[1_024]));
        Assert.Equal(0, BytesOf(disposed));
    }

    // Fault caught: a policy that looks at callbacks only every 128th time.
    [Fact]
    public void Throttle_slows_down_whoever_closes_large_resources()
    {
        FakeClock clock = new();
        using RcuDomain domain = new(new RcuDomainOptions { BacklogBytesLimit = 100 * MiB, Clock = clock });
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 30; i++)
            {
                using RcuMemoryManager<byte> memory = new(10 * MiB, domain);
            }

            // 200 MiB above the limit, at 50 a second.
            Assert.InRange(clock.Slept, 3_700, 4_001);
        }

        MustBeAtRest(domain);
    }

    [Fact]
    public void A_bulk_of_large_blocks_counts_and_is_refused_as_a_whole()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            BacklogPolicy = BacklogPolicy.Throw,
            BacklogBytesLimit = 10 * MiB,
        });
        nint[] blocks = [.. Enumerable.Range(0, 600).Select(static _ => (nint)NativeMemory.Alloc(16_384)), 0];
        using (new ParkedReader(domain))
        {
            domain.FreeBulk(blocks.AsSpan(300)); // Over two pages.
            Assert.InRange(BytesOf(domain), 300 * 16_384, 300 * 16_500);
            Until.True(() => Inside.Backlog(domain).Bytes.Count is >= 300 * 16_384 and <= 300 * 16_500);
            Assert.InRange(domain.GetStatistics().PagesInUse, 2, 2);
            domain.FreeBulk(blocks.AsSpan(200, 100));
            Assert.Throws<RcuBacklogException>(() => domain.FreeBulk(blocks.AsSpan(0, 400)));
            Assert.Equal(400, domain.GetStatistics().BlocksWaiting);
        }

        MustBeAtRest(domain);
        domain.FreeBulk(blocks.AsSpan(0, 200));
        MustBeAtRest(domain);
        Assert.Equal(600, domain.GetStatistics().BlocksFreed);
    }

    // Fault caught: two gibibytes of dropped memory, and no collection.
    [Fact]
    public void Dropped_memory_makes_the_garbage_collector_collect()
    {
        List<WeakReference> dropped = [];
        Until.True(() =>
        {
            Drop(dropped);
            Thread.Sleep(1); // The collector does not spend more than a fifth of the time on it.
            return dropped.Exists(static one => !one.IsAlive);
        });
    }

    [Fact]
    public void The_garbage_collector_is_told_of_each_byte_once_and_told_to_forget_it_once()
    {
        Garbage.Collect();
        Rcu.Barrier();
        using RcuDomain domain = NewDomain();
        long before = MemoryPressure.Told;
        RcuMemoryManager<long> memory = new(1_000, domain);
        RcuMemoryMappedFile mapped = new(Mapping.NewFile(new byte[54_321]), domain);
        Assert.Equal(8_000 + 54_321, MemoryPressure.Told - before);
        mapped.Replace(Mapping.NewFile([]));
        domain.Barrier();
        Assert.Equal(8_000, MemoryPressure.Told - before);
        mapped.Dispose();
        ((IDisposable)memory).Dispose();
        Assert.Throws<OutOfMemoryException>(() => new RcuMemoryManager<Vast>(int.MaxValue, domain));
        long foreign = 0;
        using (new RcuMemoryManager<long>(&foreign, 1, owner: null, domain))
        {
            Assert.InRange(MemoryPressure.Told - before, 0, 8_000);
        }

        domain.Barrier();
        Assert.Equal(0, MemoryPressure.Told - before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_garbage_collector_is_told_of_each_slab(bool typesafe)
    {
        Garbage.Collect();
        Rcu.Barrier();
        using RcuDomain domain = NewDomain();
        long before = MemoryPressure.Told;
        RcuPool<Item> pool = new(domain, new RcuPoolOptions { TypesafeByRcu = typesafe });
        Item*[] blocks = new Item*[20_000];
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < blocks.Length; i++)
            {
                blocks[i] = pool.Rent();
            }

            Assert.Equal(pool.GetStatistics().SlabBytes, MemoryPressure.Told - before);
            foreach (Item* block in blocks)
            {
                pool.Free(block);
            }

            domain.Barrier();
            Assert.Equal(pool.GetStatistics().SlabBytes, MemoryPressure.Told - before);
        }

        pool.Dispose();
        Assert.Equal(0, MemoryPressure.Told - before);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Drop(List<WeakReference> dropped) =>
        dropped.Add(new WeakReference(new RcuMemoryManager<byte>(10 * MiB)));

    private static RcuDomain NewDomain() => new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });

    private static long BytesOf(RcuDomain domain) => domain.GetStatistics().BytesWaiting;

    private static void MustBeAtRest(RcuDomain domain)
    {
        domain.Barrier();
        Assert.Equal((0, 0), (BytesOf(domain), Inside.Backlog(domain).Bytes.Count));
    }

    private sealed class RefusingPool : ArrayPool<long>
    {
        public override long[] Rent(int minimumLength) => [];

        public override void Return(long[] array, bool clearArray = false) => throw new InvalidOperationException();
    }

    [StructLayout(LayoutKind.Sequential, Size = 1 << 30)]
    private struct Vast;
}
