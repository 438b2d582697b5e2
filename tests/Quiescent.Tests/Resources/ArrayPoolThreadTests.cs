using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;
using static Quiescent.Tests.Resources.Support.RentedArrays;

namespace Quiescent.Tests.Resources;

// Arrays that one thread returns and another rents, returns again, or would return a second time.
public sealed class ArrayPoolThreadTests
{
    private const int PerBucket = 4;

    public static TheoryData<DomainKind> Domains => Kinds.Domains;

    // Faults caught: an array that only the thread that returned it finds again; and one that another thread takes
    // without looking at its grace period.
    [Theory]
    [MemberData(nameof(Domains))]
    public void What_a_thread_has_too_many_of_is_rented_by_others_after_its_grace_period(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: PerBucket);
        int[][] arrays = RentMany(pool, 100, 2 * PerBucket);
        using (new Visitor(domain))
        {
            Worker.Run(() => ReturnAll(pool, arrays));
            steps.TryAdvance();
            Assert.Empty(RentMany(pool, 100, PerBucket).Intersect(arrays, ReferenceEqualityComparer.Instance));
        }

        steps.Advance();
        steps.Advance();
        int[][] rented = RentMany(pool, 100, PerBucket);
        Assert.Equal(PerBucket, rented.Intersect(arrays, ReferenceEqualityComparer.Instance).Count());
    }

    // Fault caught: what is given away waits for the readers of what came back before it.
    [Theory]
    [MemberData(nameof(Domains))]
    public void What_a_thread_gives_away_waits_for_its_own_readers(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: 2);
        int[][] arrays = RentMany(pool, 100, 3);
        pool.Return(arrays[0]);
        steps.Advance();
        using (new Visitor(domain))
        {
            pool.Return(arrays[1]);
            pool.Return(arrays[2]); // One too many: the second goes.
            Worker.Run(() => Assert.DoesNotContain(pool.Rent(100), arrays, ReferenceEqualityComparer.Instance));
        }

        steps.Advance();
        steps.Advance();
        Worker.Run(() => Assert.Same(arrays[1], pool.Rent(100)));
    }

    // Fault caught: a renter drives the grace period of those that wait, and takes it for that of those behind them.
    // The first visitor holds up the grace period of the first array, the second came after its start.
    [Theory]
    [MemberData(nameof(Domains))]
    public void Arrays_behind_those_that_wait_wait_for_their_own_readers(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: 2);
        int[][] arrays = RentMany(pool, 100, 2);
        Visitor first = new(domain);
        pool.Return(arrays[0]);
        Assert.NotSame(arrays[0], pool.Rent(100)); // Starts the grace period.
        using (new Visitor(domain))
        {
            pool.Return(arrays[1]);
            first.Dispose();
            Assert.DoesNotContain(arrays[1], RentMany(pool, 100, 4), ReferenceEqualityComparer.Instance);
        }
    }

    // Fault caught: a thread that rents what another returns waits for somebody else's grace periods for ever.
    [Theory]
    [MemberData(nameof(Domains))]
    public void A_thread_that_only_rents_drives_the_grace_periods_of_what_others_returned(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: PerBucket);
        int[][] arrays = RentMany(pool, 100, 2 * PerBucket);
        Worker.Run(() => ReturnAll(pool, arrays));
        Until.True(() => RentMany(pool, 100, 1).Intersect(arrays, ReferenceEqualityComparer.Instance).Any());
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void A_second_return_by_another_thread_is_recognised(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: PerBucket);
        int[] array = pool.Rent(100);
        for (int i = 0; i < 4; i++)
        {
            pool.Return(array);
            Worker.Run(() => Assert.Throws<InvalidOperationException>(() => pool.Return(array)));
            steps.Advance();
            Worker.Run(() => Assert.Throws<InvalidOperationException>(() => pool.Return(array)));
            Assert.Same(array, pool.Rent(100));
        }
    }

    // The thread that rents it last remembers it: it may not remember it too long.
    [Fact]
    public void A_return_by_another_thread_than_the_tenant_is_a_first_one()
    {
        using RcuDomain domain = new();
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: 1);
        int[] array = pool.Rent(100);
        for (int i = 0; i < 4; i++)
        {
            pool.Return(array);
            steps.Advance();
            Assert.Same(array, pool.Rent(100));

            // The other thread keeps one, and gives this one to the depot for it.
            Worker.Run(() =>
            {
                pool.Return(array);
                Assert.Throws<InvalidOperationException>(() => pool.Return(array));
                pool.Return(new int[array.Length]);
            });
            Assert.Throws<InvalidOperationException>(() => pool.Return(array));
            steps.Advance();
            Assert.Same(array, pool.Rent(100));
        }
    }

    // Faults caught: a list that lets go of arrays, and a grace period for each array.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Renting_and_returning_by_turns_takes_no_managed_memory_in_the_end(int threads)
    {
        const int Kept = 64;
        using RcuDomain domain = new(new RcuDomainOptions { ReadSideBarrier = ReadSideBarrier.Full });
        RcuArrayPool<byte> pool = new(domain, maxArraysPerBucket: Kept);
        Worker.JoinAll(Worker.StartMany(threads, _ =>
        {
            bool isSteady = false;
            for (int round = 0; round < 10_000 && !isSteady; round++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < 10 * Kept; i++)
                {
                    pool.Return(pool.Rent(1_000));
                }

                isSteady = GC.GetAllocatedBytesForCurrentThread() == before;
            }

            Assert.True(isSteady, "Each round allocated.");
        }));
        Assert.InRange(domain.GetStatistics().GracePeriodsCompleted, 1, 10_000L * threads * 10 * Kept / 8);
    }

    // What is not kept is neither lost to its tenant nor held by the pool, and the pool goes on. A thread that rented
    // has a cache; the array has no entry yet.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_array_for_which_there_is_no_memory_is_left_to_the_collector(bool hasCache)
    {
        using RcuDomain domain = new();
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: 1);
        Worker.Run(() =>
        {
            using GracePeriodStepper steps = new(domain);
            WeakReference dropped = ReturnInVain(pool, hasCache);
            Garbage.Collect();
            Assert.False(dropped.IsAlive);
            int[] array = new int[128];
            pool.Return(array);
            Assert.Throws<InvalidOperationException>(() => pool.Return(array));
            steps.Advance();
            Assert.Same(array, pool.Rent(100));
        });
    }

    // Fault caught: an array that waits in two pools.
    [Fact]
    public void An_array_that_one_pool_has_is_refused_by_another()
    {
        using RcuDomain domain = new();
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain);
        RcuArrayPool<int> other = new(domain);
        int[] array = pool.Rent(100);
        other.Return(array);
        Assert.Throws<InvalidOperationException>(() => pool.Return(array));
        steps.Advance();
        Assert.Same(array, other.Rent(100));
        pool.Return(array);
        steps.Advance();
        Assert.Same(array, pool.Rent(100));
    }

    // Fault caught: there is no memory for the depot's places, and the arrays that should go there stay counted.
    [Fact]
    public void What_the_depot_has_no_memory_for_is_left_to_the_collector()
    {
        using RcuDomain domain = new();
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: 1);
        int[] first = RentKnown(pool, steps);
        int[] second = RentKnown(pool, steps);
        using (Failures failures = new(FaultSite.Array, Failing.Every))
        {
            pool.Return(first);
            pool.Return(second);
            Assert.Equal(1, failures.Failed);
        }

        steps.Advance();
        Assert.Same(second, pool.Rent(100));
        Assert.NotSame(first, pool.Rent(100));
        pool.Return(second);
        steps.Advance();
        Assert.Same(second, pool.Rent(100));
    }

    // Fault caught: arrays that were left to the collector together keep one another alive.
    [Fact]
    public void An_array_that_somebody_still_reads_keeps_no_other_alive()
    {
        using RcuDomain domain = new();
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: PerBucket);
        using Visitor visitor = new(domain);
        int[]?[] read = new int[100 * PerBucket][];
        WeakReference[] returned = ReturnFresh(pool, read);
        int[]?[] held = [.. read.Where((_, i) => i % (2 * PerBucket) == 0)];
        Array.Clear(read);
        Garbage.Collect();
        int bound = held.Length + ((2 + Math.Max(2, Environment.ProcessorCount)) * PerBucket);
        Assert.InRange(returned.Count(one => one.IsAlive), held.Length, bound);
        GC.KeepAlive(held);
        GC.KeepAlive(pool);
    }

    // The first use takes the runtime's lock of all threads' local values.
    [Fact]
    public void An_interrupt_stays_pending_and_the_array_is_rented()
    {
        using RcuDomain domain = new();
        RcuArrayPool<int> pool = new(domain);
        Worker.Run(() =>
        {
            Thread.CurrentThread.Interrupt();
            pool.Return(pool.Rent(100));
            Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(Until.Bound));
        });
    }

    // A pool and its threads' local values are finalized in any order.
    [Fact]
    public void A_finalizer_may_use_a_pool_that_is_garbage_too()
    {
        Until.True(() =>
        {
            MakeGarbage();
            Garbage.Collect();
            return LateUser.Uses != 0;
        });
        Assert.True(LateUser.Failure is null, LateUser.Failure?.ToString());
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void MakeGarbage()
    {
        for (int i = 0; i < 100; i++)
        {
            RcuArrayPool<int> pool = new();
            pool.Return(pool.Rent(100));
            GC.KeepAlive(new LateUser(pool));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference ReturnInVain(RcuArrayPool<int> pool, bool hasCache)
    {
        int[] array = hasCache ? pool.Rent(100) : new int[128];
        using Failures failures = new(FaultSite.Array, Failing.First);
        pool.Return(array);
        Assert.NotEqual(0, failures.Failed);
        return new WeakReference(array);
    }

    // An array that has come back once.
    private static int[] RentKnown(RcuArrayPool<int> pool, GracePeriodStepper steps)
    {
        int[] array = pool.Rent(100);
        pool.Return(array);
        steps.Advance();
        Assert.Same(array, pool.Rent(100));
        return array;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] ReturnFresh(RcuArrayPool<int> pool, int[]?[] read)
    {
        for (int i = 0; i < read.Length; i++)
        {
            read[i] = pool.Rent(100);
            pool.Return(read[i]!);
        }

        return [.. read.Select(one => new WeakReference(one))];
    }

    private static void ReturnAll(RcuArrayPool<int> pool, int[][] arrays)
    {
        foreach (int[] array in arrays)
        {
            pool.Return(array);
        }
    }

    private sealed class LateUser(RcuArrayPool<int> pool)
    {
        public static int Uses { get; private set; }

        public static Exception? Failure { get; private set; }

        ~LateUser()
        {
            try
            {
                pool.Return(pool.Rent(100));
                pool.Return(new int[128]);
            }
            catch (Exception e)
            {
                Failure = e;
            }

            Uses++;
        }
    }
}
