using Quiescent.Tests.Resources.Support;
using Quiescent.Tests.Support;
using static Quiescent.Tests.Resources.Support.RentedArrays;

namespace Quiescent.Tests.Resources;

// An array pool whose readers are not asked: no array is rented again, nor cleared, under a section from before its
// return.
public sealed class ArrayPoolTests
{
    private const int PerBucket = 8;

    public static TheoryData<DomainKind> Domains => Kinds.Domains;

    // Faults caught: an array handed out at once, or after a grace period that began before its return; and none ever
    // used again.
    [Theory]
    [MemberData(nameof(Domains))]
    public void A_returned_array_is_rented_again_after_the_sections_from_before_and_not_earlier(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain);
        int[] array = pool.Rent(100);
        using (new Visitor(domain))
        {
            steps.TryAdvance();
            pool.Return(array);
            for (int i = 0; i < 5; i++)
            {
                Assert.DoesNotContain(array, RentMany(pool, 100, 2 * PerBucket), ReferenceEqualityComparer.Instance);
                steps.Advance();
            }
        }

        steps.Advance();
        Assert.Contains(array, RentMany(pool, 100, PerBucket), ReferenceEqualityComparer.Instance);
        Assert.DoesNotContain(array, RentMany(pool, 100, PerBucket), ReferenceEqualityComparer.Instance);
    }

    // Each return waits for itself, and not for the batch it joins or the one before.
    [Theory]
    [MemberData(nameof(Domains))]
    public void Arrays_returned_one_after_the_other_wait_for_their_own_readers(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain);
        Queue<(Visitor Visitor, int[] Array)> inside = [];
        for (int i = 0; i < 20; i++)
        {
            int[] array = pool.Rent(50);
            Assert.DoesNotContain(array, inside.Select(one => one.Array), ReferenceEqualityComparer.Instance);
            inside.Enqueue((new Visitor(domain), array));
            pool.Return(array);
            steps.TryAdvance();
            Assert.DoesNotContain(pool.Rent(50), inside.Select(one => one.Array), ReferenceEqualityComparer.Instance);
            if (inside.Count == 3)
            {
                inside.Dequeue().Visitor.Dispose();
            }

            steps.TryAdvance();
        }

        while (inside.TryDequeue(out (Visitor Visitor, int[] Array) one))
        {
            one.Visitor.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void An_array_is_cleared_after_the_sections_from_before_its_return(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain);
        int[] array = pool.Rent(100);
        array.AsSpan().Fill(7);
        using (new Visitor(domain))
        {
            pool.Return(array, clearArray: true);
            steps.Advance();
            Assert.False(array.AsSpan().ContainsAnyExcept(7));
        }

        steps.Advance();
        int[] again = RentMany(pool, 100, PerBucket).Single(one => one == array);
        Assert.False(again.AsSpan().ContainsAnyExcept(0));
    }

    [Theory]
    [MemberData(nameof(Domains))]
    public void A_second_return_is_recognised_wherever_the_array_is_by_then(DomainKind domainKind)
    {
        using GracePeriodDomain domain = Kinds.New(domainKind);
        using GracePeriodStepper steps = new(domain);
        RcuArrayPool<int> pool = new(domain);
        int[] array = pool.Rent(100);
        pool.Return(array);
        AssertRefused(() => pool.Return(array));
        steps.TryAdvance();
        AssertRefused(() => pool.Return(array));
        steps.Advance();
        AssertRefused(() => pool.Return(array));
        steps.Advance();
        int[][] rented = RentMany(pool, 100, 3 * PerBucket);
        Assert.Equal(rented.Length, rented.Distinct(ReferenceEqualityComparer.Instance).Count());

        // Rented again, it may be returned again.
        Assert.Contains(array, rented, ReferenceEqualityComparer.Instance);
        pool.Return(array);
        AssertRefused(() => pool.Return(array));
    }

    // A second return while the array is rented again by another is the one that nobody could tell from the first.
    [Fact]
    public void One_of_several_returns_of_one_array_at_once_succeeds()
    {
        using RcuDomain domain = new();
        RcuArrayPool<int> pool = new(domain);
        for (int i = 0; i < 200; i++)
        {
            int[] array = pool.Rent(64);
            int succeeded = 0;
            using Barrier start = new(3);
            Worker.JoinAll(Worker.StartMany(3, _ =>
            {
                start.SignalAndWait(Until.Bound);
                if (Record.Exception(() => pool.Return(array)) is null)
                {
                    Interlocked.Increment(ref succeeded);
                }
            }));
            Assert.Equal(1, succeeded);
        }
    }

    [Fact]
    public void Lengths_are_those_of_an_array_pool()
    {
        using RcuDomain domain = new();
        RcuArrayPool<byte> pool = new(domain, maxArrayLength: 1_000, maxArraysPerBucket: PerBucket);
        for (int length = 0; length < 2_100; length++)
        {
            byte[] array = pool.Rent(length);
            Assert.InRange(array.Length, length, Math.Max(16, 2 * length));
            pool.Return(array);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(-1));
        Assert.Throws<ArgumentNullException>(() => pool.Return(null!));
        pool.Return([]);
        pool.Return(pool.Rent(0));
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void An_array_of_a_length_that_the_pool_does_not_have_is_refused()
    {
        using RcuDomain domain = new();
        RcuArrayPool<byte> pool = new(domain);
        Assert.Throws<ArgumentException>(() => pool.Return(new byte[100]));
        Assert.Throws<ArgumentException>(() => pool.Return(new byte[17]));
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void Impossible_bounds_are_refused()
    {
        using RcuDomain domain = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => new RcuArrayPool<int>(domain, maxArrayLength: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RcuArrayPool<int>(domain, maxArrayLength: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RcuArrayPool<int>(domain, maxArraysPerBucket: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RcuArrayPool<int>(domain, maxArraysPerBucket: -1));
    }

    // No grace period will pass any more. The array may be left to the collector, or the return refused.
    [Theory]
    [MemberData(nameof(Domains))]
    public void In_a_disposed_domain_nothing_is_used_again(DomainKind domainKind)
    {
        GracePeriodDomain domain = Kinds.New(domainKind);
        RcuArrayPool<int> pool = new(domain);
        int[] array = pool.Rent(100);
        using Visitor visitor = new(domain);
        domain.Dispose();
        Assert.True(Record.Exception(() => pool.Return(array)) is null or ObjectDisposedException);
        Assert.DoesNotContain(array, RentMany(pool, 100, 2 * PerBucket), ReferenceEqualityComparer.Instance);
    }

    // What the pool is for. Each array says which version it holds, in every element, from its publication to its
    // return; whoever rents it writes at once. So a reader under whom it is rented again sees two versions, and a
    // renter who is not alone another's.
    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Domains))]
    public void Readers_see_each_published_array_whole_until_their_sections_end(DomainKind domainKind)
    {
        const int Length = 64;
        const int Rounds = 20_000;
        using GracePeriodDomain domain = Kinds.New(domainKind);
        RcuArrayPool<long> pool = new(domain, maxArraysPerBucket: 16);
        long[]?[] slots = new long[]?[2];
        int updating = slots.Length;
        long reused = 0;
        Worker[] updaters = Worker.StartMany(slots.Length, slot =>
        {
            HashSet<long[]> known = new(ReferenceEqualityComparer.Instance);
            for (int i = 1; i <= Rounds; i++)
            {
                long version = ((long)i * slots.Length) + slot;
                long[] array = pool.Rent(Length);
                reused += known.Add(array) ? 0 : 1;
                array.AsSpan().Fill(version);
                Thread.SpinWait(i & 63);
                Assert.True(!array.AsSpan().ContainsAnyExcept(version), "An array was rented by two.");
                if (Interlocked.Exchange(ref slots[slot], array) is { } old)
                {
                    pool.Return(old, clearArray: (i & 7) == 0);
                }
            }

            Interlocked.Decrement(ref updating);
        });
        Worker[] readers = Worker.StartMany(2, reader =>
        {
            for (int i = 0; Volatile.Read(ref updating) != 0; i++)
            {
                if (domain is SrcuDomain sleepable)
                {
                    using SrcuReadLock section = sleepable.ReadLock();
                    Check(Volatile.Read(ref slots[i & 1]), i);
                }
                else
                {
                    using ReadGuard guard = ((RcuDomain)domain).ReadLock();
                    Check(Volatile.Read(ref slots[i & 1]), i);
                }
            }
        });
        Worker.JoinAll(updaters);
        Worker.JoinAll(readers);
        Assert.NotEqual(0, reused);
        RcuAssert.BooksBalance(domain);

        static void Check(long[]? array, int spins)
        {
            if (array is not null)
            {
                long version = Volatile.Read(ref array[0]);
                Thread.SpinWait(spins & 255);
                Assert.True(
                    !array.AsSpan().ContainsAnyExcept(version),
                    $"An array was used again under its reader, of version {version}.");
            }
        }
    }

    [Fact]
    public void The_default_domain_is_taken_where_none_is_given()
    {
        RcuArrayPool<int> pool = new();
        int[] array = pool.Rent(30);
        using (Rcu.ReadLock())
        {
            pool.Return(array);
            Assert.DoesNotContain(array, RentMany(pool, 30, PerBucket), ReferenceEqualityComparer.Instance);
        }

        Rcu.Barrier();
        Rcu.Synchronize();
        Assert.Contains(array, RentMany(pool, 30, PerBucket), ReferenceEqualityComparer.Instance);
    }

    private static void AssertRefused(Action action) =>
        Assert.True(
            Record.Exception(action) is InvalidOperationException or ArgumentException,
            "A second return was taken for a first one.");
}
