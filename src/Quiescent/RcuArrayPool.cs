using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Resources;
using static Quiescent.Tuning;

namespace Quiescent;

/// <summary>
/// A pool of arrays that are read inside sections: a returned array is handed out again only after a grace period, when
/// no reader can hold it any more (<c>ArrayPool&lt;T&gt;</c> with <c>kfree_rcu</c>).
/// </summary>
/// <remarks>
/// <para>An array returned a second time, to this or another of these pools, while it waits or is free, is refused with
/// an exception, where other pools hand it out to two tenants at once. If it has been rented out again meanwhile, the
/// second return cannot be told from the new tenant's.</para>
/// <para>Lengths are powers of two from 16. Arrays longer than the pool's longest are allocated and left to the garbage
/// collector; so are arrays that are returned while the pool is full or readers hold grace periods up. So a pool holds
/// a bounded number of arrays, needs no thread, and costs nothing while it is idle; renting drives grace periods
/// itself. It is safe for any number of threads: each keeps arrays that it returned, which it rents again without
/// meeting another thread, and gives those that it has too many of to threads that rent more than they return, as a
/// thread that has ended gives all.</para>
/// </remarks>
/// <typeparam name="T">What the arrays hold.</typeparam>
public sealed class RcuArrayPool<T> : ArrayPool<T>
{
    private const int ShortestArray = 16;

    private readonly ArrayDepot[] _depots;
    private readonly ThreadArrays _threads;

    /// <summary>An empty pool.</summary>
    /// <param name="domain">Whose readers read the arrays; null: those of <see cref="Rcu"/>.</param>
    /// <param name="maxArrayLength">The longest array to keep, at least 1; rounded up to a power of two.</param>
    /// <param name="maxArraysPerBucket">How many arrays of a length to keep for each thread that returns some, at least
    /// 1, besides the one that it rented last; the pool keeps as many again for each processor, for threads that rent
    /// more than they return. Null: as many
    /// as make a mebibyte with what the pool knows of each, at least 4 and at most 4,096. Half of that number share the
    /// cost of a grace period.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is too small, or the length more than
    /// 1,073,741,824.</exception>
    public RcuArrayPool(GracePeriodDomain? domain = null, int maxArrayLength = 1 << 20, int? maxArraysPerBucket = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxArrayLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxArrayLength, 1 << 30);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxArraysPerBucket ?? 1, nameof(maxArraysPerBucket));
        Domain = domain ?? Rcu.DefaultDomain;
        _depots = new ArrayDepot[BucketFor(maxArrayLength) + 1];
        for (int i = 0; i < _depots.Length; i++)
        {
            int capacity = maxArraysPerBucket ?? DefaultCapacity((long)Unsafe.SizeOf<T>() * ShortestArray << i);
            _depots[i] = new ArrayDepot(Domain.Core, capacity);
        }

        _threads = new ThreadArrays(_depots);
    }

    /// <summary>The domain whose readers read the arrays.</summary>
    public GracePeriodDomain Domain { get; }

    /// <summary>An array of at least the given length, which no reader holds. Its content is arbitrary.</summary>
    /// <param name="minimumLength">How many elements the array must have at least.</param>
    /// <returns>The array.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    /// <exception cref="OutOfMemoryException">None is free, and there is no memory for another.</exception>
    public override T[] Rent(int minimumLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimumLength);
        if (minimumLength == 0)
        {
            return [];
        }

        int bucket = BucketFor(minimumLength);
        if (bucket >= _depots.Length)
        {
            return GC.AllocateUninitializedArray<T>(minimumLength);
        }

        Array? array = null;
        try
        {
            array = _threads.CacheOf(bucket).TryRent();
        }
        catch (Exception e) when (MeansNoCache(e))
        {
            KeepInterrupt(e);
        }

        // SAFETY: Return puts in arrays of T only.
        return Unsafe.As<T[]>(array) ?? GC.AllocateUninitializedArray<T>(ShortestArray << bucket);
    }

    /// <summary>Takes an array back, already unlinked: it is handed out again when no reader can hold it. Costs an
    /// interlocked instruction and the look-up of what the pool knows of the array: some 100 bytes, which are allocated
    /// when it comes back for the first time. If there is no memory for these, the array is left to the garbage
    /// collector.</summary>
    /// <param name="array">An array that was rented here.</param>
    /// <param name="clearArray">Whether to clear it, when its readers are gone.</param>
    /// <exception cref="ArgumentNullException">The array is null.</exception>
    /// <exception cref="ArgumentException">The pool hands out no array of this length.</exception>
    /// <exception cref="InvalidOperationException">It was returned before, and not rented since. Nothing has
    /// changed.</exception>
    public override void Return(T[] array, bool clearArray = false)
    {
        ArgumentNullException.ThrowIfNull(array);
        int bucket = BucketFor(array.Length);
        if (array.Length == 0 || bucket >= _depots.Length)
        {
            return;
        }

        if (array.Length != ShortestArray << bucket)
        {
            throw new ArgumentException(
                "The array was not rented here: the pool has none of this length.", nameof(array));
        }

        try
        {
            ArrayCache cache = _threads.CacheOf(bucket);
            ArrayEntry entry = cache.EntryIfLast(array) ?? ArrayEntries.Of(array);
            if (entry.TryTakeIn())
            {
                entry.IsToClear = clearArray;
                cache.Put(entry);
                return;
            }
        }
        catch (Exception e) when (MeansNoCache(e))
        {
            KeepInterrupt(e); // A3 (a bounded number waits): the array is left to the collector.
            return;
        }

        throw new InvalidOperationException("The array was returned before. It stays where it is.");
    }

    // There is no memory; or a finalizer uses a pool that has been finalized; or the thread was interrupted in a lock
    // of the runtime's.
    private static bool MeansNoCache(Exception e) =>
        e is OutOfMemoryException or ObjectDisposedException or ThreadInterruptedException;

    private static void KeepInterrupt(Exception e)
    {
        if (e is ThreadInterruptedException)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    private static int DefaultCapacity(long bytes) =>
        (int)Math.Clamp(KeptArrayBytes / (bytes + ArrayOverhead), MinArraysKept, MaxArraysKept);

    private static int BucketFor(int length) => BitOperations.Log2((uint)Math.Max(length - 1, ShortestArray - 1)) - 3;
}
