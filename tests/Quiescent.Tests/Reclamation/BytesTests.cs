using System.Runtime.InteropServices;
using Quiescent.Tests.Memory;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// The backlog's bytes: what is known of what waits is counted once and taken off once, and the policy applies to it.
public unsafe class BytesTests
{
    private const int MiB = 1 << 20;

    [Fact]
    public void What_waits_is_counted_to_the_byte()
    {
        using RcuDomain domain = NewDomain(BacklogPolicy.None);
        using (new ParkedReader(domain))
        {
            domain.Free(Forms.NewBlock(), 100);
            domain.Free<CountingHeap>(Forms.NewBlock(), 20);
            domain.Free<AlignedNativeHeap>(NativeMemory.AlignedAlloc(64, 64), 3);
            domain.Free(Forms.NewBlock(), 0);
            domain.Free(null, 50);
            domain.Free(Forms.NewBlock());
            Assert.Equal((123, 5), (BytesOf(domain), domain.GetStatistics().BlocksWaiting));
        }

        MustBeAtRest(domain);
    }

    [Fact]
    public void More_bytes_than_an_address_space_has_are_refused()
    {
        using RcuDomain domain = NewDomain(BacklogPolicy.None);
        void* block = Forms.NewBlock();
        Assert.Throws<ArgumentOutOfRangeException>("bytes", () => domain.Free(block, (nuint)nint.MaxValue + 1));
        Assert.Throws<ArgumentOutOfRangeException>("bytes", () => Rcu.Free(block, nuint.MaxValue));
        Assert.Equal(0, domain.GetStatistics().BlocksQueued);
        using (new ParkedReader(domain))
        {
            domain.Free(block, (nuint)nint.MaxValue); // Whatever the caller says.
            Assert.Equal(1L << 40, BytesOf(domain));
        }

        MustBeAtRest(domain);
    }

    // Fault caught: a sum of sizes that overflows, in a thread of the library's.
    [Fact]
    public void Sizes_that_no_memory_has_do_not_add_up_to_an_overflow()
    {
        using RcuDomain domain = NewDomain(BacklogPolicy.None);
        using (new ParkedReader(domain))
        {
            domain.Free(Forms.NewBlock(), 1);
            for (int i = 0; i < 4; i++)
            {
                domain.Free(Forms.NewBlock(), (nuint)nint.MaxValue);
            }

            Assert.Equal(1 + (4L << 40), BytesOf(domain));
        }

        MustBeAtRest(domain);
    }

    [Fact]
    public void The_default_domain_counts_too()
    {
        using (ReadGuard guard = Rcu.ReadLock())
        {
            Rcu.Free(Forms.NewBlock(), 3 * MiB);
            Rcu.Free<CountingHeap>(Forms.NewBlock(), 2 * MiB);
            Assert.InRange(Rcu.GetStatistics().BytesWaiting, 5 * MiB, long.MaxValue);
        }

        Rcu.Barrier();
    }

    // Fault caught: blocks of a mebibyte that count as one block each.
    [Fact]
    public void A_large_block_of_plain_Free_counts_with_its_size()
    {
        const int Count = 10;
        using RcuDomain domain = new(new RcuDomainOptions
        {
            BacklogPolicy = BacklogPolicy.None,
            BacklogBytesLimit = Count * MiB,
        });
        using (new GracePeriodStepper(domain)) // No other thread holds the queue's lock, so no block is counted late.
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < Count; i++)
            {
                domain.Free(NativeMemory.Alloc(MiB));
            }

            Assert.InRange(BytesOf(domain), Count * MiB, (Count * MiB) + (Count * 8192));
            Assert.True(Inside.Backlog(domain).IsOverLimit);
        }

        MustBeAtRest(domain);
        Assert.False(Inside.Backlog(domain).IsOverLimit);
    }

    [Fact]
    public void Of_large_blocks_among_small_ones_at_least_a_fourth_counts_and_of_small_ones_none()
    {
        const int Count = 1_000;
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < Count; i++)
            {
                domain.Free(Forms.NewBlock());
            }

            Assert.Equal(0, BytesOf(domain));
            for (int i = 0; i < Count; i++)
            {
                domain.Free(NativeMemory.Alloc(i % 7 == 0 ? 8192u : 64u));
            }

            long all = ((Count + 6) / 7) * 8192;
            Assert.InRange(BytesOf(domain), OperatingSystem.IsLinux() ? all / 5 : 0, all + (Count * 64));
        }

        MustBeAtRest(domain);
    }

    // Fault caught: a step that is larger than an eighth of the limit, or a last block that is not counted.
    [Theory]
    [InlineData(1, 1)]
    [InlineData(1_000, 10)]
    [InlineData(100 * MiB, MiB / 2)]
    [InlineData(100 * MiB, 3 * MiB)]
    public void The_count_follows_to_within_a_step(long limit, int bytes)
    {
        using RcuDomain domain = NewDomain(BacklogPolicy.None, limit);
        using (new GracePeriodStepper(domain)) // No other thread holds the queue's lock, so no block is counted late.
        using (new ParkedReader(domain))
        {
            long step = Math.Clamp(limit / 8, 1, MiB);
            for (int i = 1; i <= 600; i++)
            {
                domain.Free(Forms.NewBlock(), (nuint)bytes);
                Assert.Equal((long)i * bytes, BytesOf(domain));
                Assert.InRange(Inside.Backlog(domain).Bytes.Count, ((long)i * bytes) - step + 1, (long)i * bytes);
            }
        }

        MustBeAtRest(domain);
    }

    [Fact]
    public void Throw_refuses_a_block_above_the_limit_which_stays_the_callers()
    {
        using RcuDomain domain = NewDomain(BacklogPolicy.Throw, 10 * MiB);
        using (new GracePeriodStepper(domain)) // No other thread holds the queue's lock, so no block is counted late.
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 10; i++)
            {
                domain.Free(Forms.NewBlock(), MiB);
            }

            void* block = Forms.NewBlock();
            for (int i = 0; i < 3; i++)
            {
                RcuBacklogException refused = Assert.Throws<RcuBacklogException>(() => domain.Free(block, MiB));
                Assert.Contains("10,485,760 bytes", refused.Message, StringComparison.Ordinal);
            }

            Assert.Equal((10 * MiB, 10), (BytesOf(domain), domain.GetStatistics().BlocksWaiting));
            NativeMemory.Free(block);
        }

        MustBeAtRest(domain);
        domain.Free(Forms.NewBlock(), 100 * MiB); // Too large by itself: let in when nothing waits.
        MustBeAtRest(domain);
    }

    // Fault caught: no pause (one limit looked at), or a pause for each block.
    [Theory]
    [InlineData(MiB)]
    [InlineData(64 * 1024)]
    [InlineData(40 * MiB)]
    public void Throttle_pauses_for_half_the_limit_a_second(int bytes)
    {
        const long Limit = 100L * MiB;
        FakeClock clock = new();
        using RcuDomain domain = new(new RcuDomainOptions { BacklogBytesLimit = Limit, Clock = clock });
        using (new GracePeriodStepper(domain)) // No other thread holds the queue's lock, so no block is counted late.
        using (new ParkedReader(domain))
        {
            long queued = 0;
            for (; queued < 3 * Limit; queued += bytes)
            {
                domain.Free(Forms.NewBlock(), (nuint)bytes);
            }

            // 4 s for the two hundred mebibytes above, less the slack, and as much for one block more.
            long most = (queued - Limit) * 1_000 / (Limit / 2);
            Assert.InRange(clock.Slept, most - 64 - (1_000 * (long)bytes / (Limit / 2)) - 20, most + 1);
        }

        MustBeAtRest(domain);
    }

    [Fact]
    public void Deferred_pauses_for_bytes_last_a_second_at_most_behind_the_scope()
    {
        FakeClock clock = new();
        using RcuDomain domain = new(new RcuDomainOptions { BacklogBytesLimit = 10 * MiB, Clock = clock });
        using (new ParkedReader(domain))
        {
            using (domain.DeferThrottle())
            {
                for (int i = 0; i < 100; i++)
                {
                    domain.Free(Forms.NewBlock(), MiB);
                }

                Assert.Equal(0, clock.Slept);
            }

            Assert.Equal(1_000, clock.Slept);
        }

        MustBeAtRest(domain);
    }

    [Fact]
    public void Block_waits_until_the_bytes_have_fallen()
    {
        using RcuDomain domain = NewDomain(BacklogPolicy.Block, 10 * MiB);
        using ParkedReader reader = new(domain);
        int queued = 0;
        using Worker worker = Worker.Start(() =>
        {
            for (; queued < 30; Volatile.Write(ref queued, queued + 1))
            {
                domain.Free(Forms.NewBlock(), MiB);
            }
        });
        Until.True(() => worker.IsWaiting && Volatile.Read(ref queued) >= 10);
        Assert.InRange(Volatile.Read(ref queued), 10, 12); // A block that finds the queue's lock held is counted late.
        reader.Release();
        worker.Join();
        MustBeAtRest(domain);
    }

    // Random programs of several threads that come and go: exact while nothing moves, and zero at rest.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void The_books_are_exact(int seed)
    {
        using RcuDomain domain = NewDomain(
            BacklogPolicy.None, new long[] { 1, 10_000, 10 * MiB, long.MaxValue }[seed - 1]);
        for (int round = 0; round < 10; round++)
        {
            Worker[] workers = Worker.StartMany(
                3, i => RunRandomly(domain, new Random(seed + (97 * i) + (round * 1_009))));
            Worker.JoinAll(workers);
            MustBeAtRest(domain);
            using (new ParkedReader(domain))
            {
                long bytes = RunRandomly(domain, new Random(seed + round), barriers: false);
                Assert.Equal(bytes, BytesOf(domain));
            }

            MustBeAtRest(domain);
        }
    }

    private static long RunRandomly(RcuDomain domain, Random random, bool barriers = true)
    {
        long all = 0;
        for (int i = 0; i < 3_000; i++)
        {
            long bytes = random.Next(4) switch { 0 => 1, 1 => random.Next(1, 100), 2 => random.Next(MiB), _ => 0 };
            all += bytes;
            switch (random.Next(barriers ? 200 : 199) % 10)
            {
                case < 5:
                    domain.Free(Forms.NewBlock(), (nuint)bytes);
                    break;
                case < 7:
                    domain.Free<CountingHeap>(Forms.NewBlock(), (nuint)bytes);
                    break;
                case < 9:
                    domain.Free<AlignedNativeHeap>(NativeMemory.AlignedAlloc(64, 64), (nuint)bytes);
                    break;
                default:
                    Form form = (Form)random.Next(12);
                    Forms.Queue(domain, form);
                    all += (form == Form.Pooled ? 64 : 0) - bytes; // Which knows the size of its array.
                    break;
            }

            if (barriers && random.Next(300) == 0)
            {
                domain.Barrier();
            }
        }

        return all;
    }

    private static RcuDomain NewDomain(BacklogPolicy policy, long limit = 1L << 40) =>
        new(new RcuDomainOptions { BacklogPolicy = policy, BacklogBytesLimit = limit });

    private static long BytesOf(RcuDomain domain) => domain.GetStatistics().BytesWaiting;

    private static void MustBeAtRest(RcuDomain domain)
    {
        domain.Barrier();
        Assert.Equal((0, 0), (BytesOf(domain), Inside.Backlog(domain).Bytes.Count));
        Assert.Equal(0, RcuAssert.BooksBalance(domain).BytesWaiting);
    }
}
