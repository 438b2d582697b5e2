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

    public static TheoryData<DomainKind> AllDomains => Kinds.Domains;

    // Faults caught: an array that only the thread that returned it finds again; and one that another thread takes
    // without looking at its grace period.
    [Theory]
    [MemberData(nameof(AllDomains))]
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
    [MemberData(nameof(AllDomains))]
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
    [MemberData(nameof(AllDomains))]
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
    [MemberData(nameof(AllDomains))]
    public void A_thread_that_only_rents_drives_the_grace_periods_of_what_others_returned(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: PerBucket);
        int[][] arrays = RentMany(pool, 100, 2 * PerBucket);
        Worker.Run(() => ReturnAll(pool, arrays));
        Assert.NotEmpty(RentMany(pool, 100, 1_000).Intersect(arrays, ReferenceEqualityComparer.Instance));
    }

    [Theory]
    [MemberData(nameof(AllDomains))]
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

    // Faults caught: a stack that lets go of arrays, and a grace period for each array.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Renting_and_returning_by_turns_takes_no_managed_memory_in_the_end(int threads)
    {
        const int Kept = 64;
        const int Turns = 10 * Kept;
        using RcuDomain domain = new(new RcuDomainOptions { ReadSideBarrier = ReadSideBarrier.Full });
        RcuArrayPool<byte> pool = new(domain, maxArraysPerBucket: Kept);
        long rounds = 0;
        Worker.JoinAll(Worker.StartMany(threads, _ =>
        {
            bool isSteady = false;
            for (int round = 0; round < 10_000 && !isSteady; round++)
            {
                Interlocked.Increment(ref rounds);
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < Turns; i++)
                {
                    pool.Return(pool.Rent(1_000));
                }

                isSteady = GC.GetAllocatedBytesForCurrentThread() == before;
            }

            Assert.True(isSteady, "Each round allocated.");
        }));
        if (threads == 1)
        {
            Assert.InRange(domain.GetStatistics().GracePeriodsCompleted, 1, rounds * Turns / 8);
        }
    }

    // Fault caught: a thread that returns more than it rents gives its arrays away one by one, and nobody thinks so few
    // worth a grace period.
    [Fact]
    public void A_thread_that_only_rents_gets_what_one_returns_that_rents_less()
    {
        using RcuDomain domain = new();
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: 8);
        int[][] arrays = RentMany(pool, 100, 60);
        Worker.Run(() =>
        {
            for (int i = 0; i < arrays.Length; i++)
            {
                pool.Return(arrays[i]);
                if (i % 7 == 6)
                {
                    pool.Rent(100);
                }
            }
        });
        int[][] rented = RentMany(pool, 100, 200);
        Assert.InRange(rented.Intersect(arrays, ReferenceEqualityComparer.Instance).Count(), 8, arrays.Length);
    }

    // Faults caught: a handler of the program comes in between, on this thread, and what it returns is rented without a
    // grace period; or what it leaves in the cache is lost.
    [Fact]
    public void A_handler_on_the_renting_thread_may_use_the_pool()
    {
        using RcuDomain domain = Domains.New(name: nameof(ArrayPoolThreadTests));
        using HeardEvents heard = new(nameof(ArrayPoolThreadTests));
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: 16);
        int[][] arrays = RentMany(pool, 100, 8);
        int[][] late = RentMany(pool, 100, 8);
        ReturnAll(pool, arrays);

        Visitor? visitor = null;
        bool isHere = false;
        FaultInjection.Decide = site =>
        {
            if (site != FaultSite.PoolThread || isHere)
            {
                return false;
            }

            isHere = true;
            visitor = new Visitor(domain);
            ReturnAll(pool, late);

            return true;
        };
        int[] first = pool.Rent(100);
        FaultInjection.Decide = null;
        Assert.NotNull(visitor);
        using (visitor)
        {
            int[][] rented = [first, .. RentMany(pool, 100, 20)];
            Assert.Empty(rented.Intersect(late, ReferenceEqualityComparer.Instance));
            Assert.Equal(8, rented.Intersect(arrays, ReferenceEqualityComparer.Instance).Count());
        }

        Until.True(() => pool.Rent(100) is var rented && late.Contains(rented));
    }

    // Fault caught: arrays that lead back to their pool keep it alive through a thread that lives on.
    [Fact]
    public void A_dropped_pool_that_its_arrays_lead_back_to_is_collected()
    {
        using RcuDomain domain = new();
        WeakReference dropped = DropCycle(domain);
        Until.True(() =>
        {
            Garbage.Collect();
            return !dropped.IsAlive;
        });
    }

    // Fault caught: what an ended thread had is lost to the others.
    [Fact]
    public void What_an_ended_thread_had_is_rented_by_others()
    {
        using RcuDomain domain = new();
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: 8);
        int[][] arrays = RentMany(pool, 100, 4);
        Worker.Run(() => ReturnAll(pool, arrays));
        HashSet<int[]> found = new(ReferenceEqualityComparer.Instance);
        Until.True(() =>
        {
            Garbage.Collect();
            steps.Advance();
            found.UnionWith(RentMany(pool, 100, 1).Intersect(arrays));
            return found.Count == arrays.Length;
        });
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
        int[] second = first;
        for (int i = 0; i < 5; i++)
        {
            second = RentKnown(pool, steps); // Till each stack has memory.
        }

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
    private static WeakReference DropCycle(RcuDomain domain)
    {
        RcuArrayPool<object?> pool = new(domain);
        object?[] array = pool.Rent(16);
        array[0] = pool;
        pool.Return(array);
        return new WeakReference(pool);
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
