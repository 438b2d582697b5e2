using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Resources;

// The caches of a pool's threads. A thread's local value is a weak handle, and the pool keeps the caches: arrays whose
// elements lead back to a dropped pool do not keep it alive through threads that live on.
//
// A3 (a bounded number waits)  When a thread has ended, its handle is finalized, and what its caches hold goes to the
//     depots.
[SuppressMessage(
    "Design", "CA1001", Justification = "As other array pools: when it is dropped, so are its threads' local values.")]
internal sealed class ThreadArrays
{
    /// <summary>How many lengths a pool can have.</summary>
    public const int MaxLengths = 27; // From 16 to 2^30.

    private readonly ArrayDepot[] _depots;
    private readonly ThreadLocal<Handle> _handles;
    private Caches? _first;
    private int _lock;

    public ThreadArrays(ArrayDepot[] depots)
    {
        _depots = depots;
        _handles = new ThreadLocal<Handle>(Add);
    }

    /// <summary>This thread's cache of a length.</summary>
    /// <param name="length">Its index.</param>
    /// <exception cref="OutOfMemoryException">The thread has none yet, and there is no memory for it.</exception>
    /// <exception cref="ObjectDisposedException">This has been finalized, ahead of the finalizer that calls
    /// it.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted in the runtime's lock of all local
    /// values, which their first use takes.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ArrayCache CacheOf(int length)
    {
        Caches caches = _handles.Value.Caches;
        return caches.ByLength[length] ?? Make(caches, length);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ArrayCache Make(Caches caches, int length)
    {
        FaultInjection.ThrowIfDue(FaultSite.Array);
        ArrayCache made = new(_depots[length]);
        return caches.ByLength[length] ??= made; // A first-chance handler may have been here.
    }

    private Handle Add()
    {
        FaultInjection.ThrowIfDue(FaultSite.Array);
        Caches caches = new(this);
        Handle handle = new(caches); // First, as there may be no memory for it: nobody would take them out of the list.
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        caches.Next = _first;
        if (_first is not null)
        {
            _first.Previous = caches;
        }

        _first = caches;
        return handle;
    }

    private void Remove(Caches caches)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        if (caches.Previous is not null)
        {
            caches.Previous.Next = caches.Next;
        }
        else
        {
            _first = caches.Next;
        }

        if (caches.Next is not null)
        {
            caches.Next.Previous = caches.Previous;
        }
    }

    // One thread's, in the list of its pool.
    private sealed class Caches(ThreadArrays owner)
    {
        public Lengths ByLength;

        public Caches? Previous { get; set; }

        public Caches? Next { get; set; }

        public void End()
        {
            owner.Remove(this);
            foreach (ArrayCache? cache in ByLength)
            {
                cache?.GiveAll();
            }
        }
    }

    [InlineArray(MaxLengths)]
    private struct Lengths
    {
        private ArrayCache? _first;
    }

    // What the thread keeps. The second frees the first, when the thread's local values are gone.
    private readonly struct Handle
    {
        private readonly WeakGCHandle<Caches> _caches;
        private readonly Ending _ending;

        public Handle(Caches caches)
        {
            _ending = new Ending(caches);
            _caches = _ending.Caches;
        }

        public Caches Caches => _caches.TryGetTarget(out Caches? caches)
            ? caches
            : throw new ObjectDisposedException("RcuArrayPool");
    }

    private sealed class Ending(Caches caches)
    {
        public WeakGCHandle<Caches> Caches { get; } = new(caches);

        ~Ending()
        {
            if (!Caches.IsAllocated)
            {
                return; // There was no memory for it.
            }

            if (Caches.TryGetTarget(out Caches? caches))
            {
                caches.End();
            }

            Caches.Dispose();
        }
    }
}
