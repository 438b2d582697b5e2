using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Testing;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;
using static Quiescent.Tests.Resources.Support.RentedArrays;

namespace Quiescent.Tests.Resources;

// What an array pool keeps is bounded, whatever readers do, and goes with it; so a return neither fails nor waits.
public sealed class ArrayPoolBoundsTests
{
    private const int PerBucket = 8;

    // One thread's, and what the pool keeps for all.
    private static int Bound => (1 + Math.Max(2, Environment.ProcessorCount)) * PerBucket;

    public static TheoryData<DomainKind> Domains => Kinds.Domains;

    [Fact]
    public void An_array_returned_uncleared_may_come_back_as_it_was_and_one_of_references_cleared_keeps_nothing()
    {
        using RcuDomain domain = new();
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<object?> pool = new(domain);
        WeakReference content = RentFillAndReturn(pool, out object?[] array);
        Garbage.Collect();
        Assert.True(content.IsAlive);
        steps.Advance();
        Assert.Same(array, Assert.Single(RentMany(pool, 10, 1)));
        Assert.All(array, Assert.Null);
        Garbage.Collect();
        Assert.False(content.IsAlive);
    }

    // Beyond the bound arrays are left to the garbage collector, which needs no grace period.
    [Theory]
    [MemberData(nameof(Domains))]
    public void The_number_of_arrays_that_wait_for_a_reader_that_stays_is_bounded(DomainKind domainKind)
    {
        const int Many = 2_000;
        using GracePeriodDomain domain = Kinds.New(domainKind);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: PerBucket);
        using Visitor visitor = new(domain);
        WeakReference[] arrays = ReturnMany(pool, Many);
        Garbage.Collect();
        Assert.InRange(arrays.Count(array => array.IsAlive), 0, Bound);
        Assert.InRange(domain.GetStatistics().CallbacksWaiting + domain.GetStatistics().BlocksWaiting, 0, Bound);
        GC.KeepAlive(pool);
    }

    [Fact]
    public void The_number_of_arrays_kept_after_the_readers_is_bounded()
    {
        const int Many = 500;
        using RcuDomain domain = new();
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: PerBucket);
        WeakReference[] arrays = ReturnMany(pool, Many);
        steps.Advance();
        arrays = [.. arrays, .. ReturnMany(pool, Many)];
        steps.Advance();
        Garbage.Collect();
        Assert.InRange(arrays.Select(array => array.Target).OfType<int[]>().Distinct().Count(), 1, Bound);
        GC.KeepAlive(pool);
    }

    // Faults caught: a handle that keeps what waits, and the pool with it, for ever.
    [Theory]
    [MemberData(nameof(Domains))]
    public void A_dropped_pool_is_collected_with_its_arrays(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        WeakReference[] dropped;
        using (new Visitor(domain))
        {
            dropped = DropPool(domain);
        }

        domain.Barrier();
        Until.True(() =>
        {
            Garbage.Collect();
            return !dropped.Any(one => one.IsAlive);
        });
    }

    [Theory]
    [MemberData(nameof(Failures.All), MemberType = typeof(Failures))]
    public void Returning_needs_no_memory(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        using RcuDomain domain = new(new RcuDomainOptions { Validate = site == FaultSite.Ledger });
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: PerBucket);
        using (new Visitor(domain))
        {
            int[][] arrays = RentMany(pool, 100, 4);
            using (new Failures(site, failing))
            {
                Worker.Run(() =>
                {
                    pool.Return(arrays[0]);
                    pool.Return(arrays[1], clearArray: true);
                });
                pool.Return(arrays[2]);
                pool.Return(arrays[3], clearArray: true);
            }

            Assert.Empty(RentMany(pool, 100, PerBucket).Intersect(arrays, ReferenceEqualityComparer.Instance));
        }

        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [InlineData(BacklogPolicy.Throw)]
    [InlineData(BacklogPolicy.Block)]
    public void Returning_beyond_the_backlog_limit_neither_fails_nor_waits_for_a_reader_s_own_section(
        BacklogPolicy policy)
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogLimit = 4, BacklogPolicy = policy });
        RcuArrayPool<int> pool = new(domain);
        Worker.Run(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            for (int i = 0; i < 200; i++)
            {
                pool.Return(pool.Rent(100));
            }
        });
        RcuAssert.BooksBalance(domain);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] ReturnMany(RcuArrayPool<int> pool, int count)
    {
        WeakReference[] arrays = new WeakReference[count];
        int[][] rented = RentMany(pool, 1_000, count);
        for (int i = 0; i < count; i++)
        {
            arrays[i] = new WeakReference(rented[i]);
            pool.Return(rented[i], clearArray: (i & 1) != 0);
        }

        return arrays;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference[] DropPool(GracePeriodDomain domain)
    {
        RcuArrayPool<int> pool = new(domain, maxArraysPerBucket: PerBucket);
        return [new WeakReference(pool), .. ReturnMany(pool, 20)];
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference RentFillAndReturn(RcuArrayPool<object?> pool, out object?[] array)
    {
        object content = new();
        array = pool.Rent(10);
        array.AsSpan().Fill(content);
        pool.Return(array, clearArray: true);
        return new WeakReference(content);
    }
}
