using System.Buffers;
using System.Numerics;
using Quiescent.Resources;

namespace Quiescent;

/// <summary>
/// A pool of arrays that are read inside sections: a returned array is handed out again only after a grace period, when
/// no reader can hold it any more (<c>ArrayPool&lt;T&gt;</c> with <c>kfree_rcu</c>).
/// </summary>
/// <remarks>
/// <para>An array returned a second time, while it waits or is free, is refused with an exception, where other pools
/// hand it out to two tenants at once. If it has been rented out again meanwhile, the second return cannot be told from
/// the new tenant's.</para>
/// <para>Lengths are powers of two from 16. Arrays longer than the pool's longest are allocated and left to the garbage
/// collector; so are arrays that are returned while the pool is full or readers hold grace periods up. So a pool holds
/// a bounded number of arrays, needs no thread, and costs nothing while it is idle; renting drives grace periods
/// itself. It is safe for any number of threads.</para>
/// </remarks>
/// <typeparam name="T">What the arrays hold.</typeparam>
public sealed class RcuArrayPool<T> : ArrayPool<T>
{
    private const int ShortestArray = 16;

    private readonly ArrayBucket<T>[] _buckets;

    /// <summary>An empty pool.</summary>
    /// <param name="domain">Whose readers read the arrays; null: those of <see cref="Rcu"/>.</param>
    /// <param name="maxArrayLength">The longest array to keep, at least 1; rounded up to a power of two.</param>
    /// <param name="maxArraysPerBucket">How many arrays of a length to keep, at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is too small, or the length more than
    /// 1,073,741,824.</exception>
    public RcuArrayPool(GracePeriodDomain? domain = null, int maxArrayLength = 1 << 20, int maxArraysPerBucket = 64)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxArrayLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxArrayLength, 1 << 30);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxArraysPerBucket);
        Domain = domain ?? Rcu.DefaultDomain;
        _buckets = new ArrayBucket<T>[BucketFor(maxArrayLength) + 1];
        for (int i = 0; i < _buckets.Length; i++)
        {
            _buckets[i] = new ArrayBucket<T>(Domain.Core, ShortestArray << i, maxArraysPerBucket);
        }
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
        return bucket < _buckets.Length
            ? _buckets[bucket].TryRent() ?? GC.AllocateUninitializedArray<T>(_buckets[bucket].Length)
            : GC.AllocateUninitializedArray<T>(minimumLength);
    }

    /// <summary>Takes an array back, already unlinked: it is handed out again when no reader can hold it. Allocates
    /// nothing; costs a full fence and a lock held for some instructions.</summary>
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
        if (array.Length == 0 || bucket >= _buckets.Length)
        {
            return;
        }

        if (array.Length != _buckets[bucket].Length)
        {
            throw new ArgumentException(
                "The array was not rented here: the pool has none of this length.", nameof(array));
        }

        if (!_buckets[bucket].TryReturn(array, clearArray))
        {
            throw new InvalidOperationException("The array was returned before. It stays where it is.");
        }
    }

    private static int BucketFor(int length) => BitOperations.Log2((uint)Math.Max(length - 1, ShortestArray - 1)) - 3;
}
