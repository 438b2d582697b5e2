using System.Diagnostics.CodeAnalysis;
using Quiescent.Ordering;

namespace Quiescent.Pools;

// Whether a pool is open, and why not; what leads from one to the other is in PoolDisposal.cs. It lies inside the
// pool's object, so that renting reads Open with one load.
internal struct PoolState(long number, string name)
{
    /// <summary>Disposal counts the blocks that are out. It decides soon, one way or the other.</summary>
    public const int Closing = 1;

    public const int Disposed = 2;
    public const int DomainDisposed = 4;

    /// <summary>Nothing refers to the pool any more.</summary>
    public const int Abandoned = 8;

    /// <summary>Nobody uses the blocks that are out.</summary>
    public const int Discarded = 16;

    private int _flags;
    private int _gate;
    private long _open;

    /// <summary>The pool's number, or <see cref="Magazines.Closed"/>.</summary>
    [UnscopedRef]
    public readonly ref readonly long Open => ref _open;

    public readonly long Number => number;

    public readonly bool Has(int flag) => (Order.Acquire(in _flags) & flag) != 0;

    /// <summary>Sets and clears flags. The pool is open when none is left.</summary>
    public void Change(int set, int clear = 0)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        int flags = (_flags | set) & ~clear;
        Order.Release(ref _flags, flags);
        Order.Release(ref _open, flags == 0 ? number : Magazines.Closed);
    }

    /// <summary>Waits while a disposal is under way.</summary>
    /// <exception cref="ObjectDisposedException">The pool or its domain is disposed.</exception>
    public readonly void AwaitOpen()
    {
        Backoff backoff = default;
        try
        {
            int flags;
            while ((flags = Order.Acquire(in _flags)) != 0)
            {
                if ((flags & (Disposed | DomainDisposed)) != 0)
                {
                    ThrowDisposed();
                }

                backoff.PauseUninterrupted();
            }
        }
        finally
        {
            backoff.RestoreInterrupt();
        }
    }

    public readonly void ThrowIfDisposed()
    {
        if (Has(Disposed))
        {
            ThrowDisposed();
        }
    }

    [DoesNotReturn]
    private readonly void ThrowDisposed() =>
        throw new ObjectDisposedException("RcuPool", $"The pool '{name}', or its domain, is disposed.");
}
