using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// The asynchronous callbacks of a domain that have returned to the reclaimer and are not done, in the order in which
// they began. Queues count them as reclaimed, so barriers look here as well.
//
// O10 (a barrier misses nothing)  The reclaimer adds a callback before it marks the item reclaimed. So whoever finds a
//     position reclaimed finds the callback here, unless it is done. A barrier takes its positions first, and the
//     number of the last pending callback after them: each callback that was queued before is behind a position, or
//     numbered, or done.
internal sealed class PendingCallbacks : ICallbackWatch
{
    private int _gate;
    private AsyncCallback? _first;
    private AsyncCallback? _last;
    private long _lastNumber;
    private int _count;

    public int Count => Order.Acquire(in _count);

    public bool Any => Count != 0;

    /// <summary>On the reclaimer, before the item is marked reclaimed.</summary>
    public void Add(AsyncCallback callback)
    {
        using (TryLock.Hold(ref _gate))
        {
            callback.Number = ++_lastNumber;
            callback.Previous = _last;
            if (_last is null)
            {
                _first = callback;
            }
            else
            {
                _last.Next = callback;
            }

            _last = callback;
            Order.Release(ref _count, _count + 1);
        }
    }

    /// <summary>The callback is done. False: it was removed before.</summary>
    public bool TryRemove(AsyncCallback callback)
    {
        using (TryLock.Hold(ref _gate))
        {
            if (callback.Number == 0)
            {
                return false;
            }

            callback.Number = 0;
            Link(callback.Previous, callback.Next);
            callback.Previous = callback.Next = null;
            Order.Release(ref _count, _count - 1);
            return true;
        }
    }

    /// <summary>The number of the last pending callback; 0 if none is pending.</summary>
    public long LastNumber()
    {
        if (!Any)
        {
            return 0;
        }

        using (TryLock.Hold(ref _gate))
        {
            return _last?.Number ?? 0;
        }
    }

    /// <summary>Whether a callback up to this number is pending.</summary>
    public bool AnyUpTo(long number)
    {
        if (!Any)
        {
            return false;
        }

        using (TryLock.Hold(ref _gate))
        {
            return _first is not null && _first.Number <= number;
        }
    }

    /// <summary>The last pending callback from this queue, up to the position; null if none is pending.</summary>
    public AsyncCallback? LastOf(nint queue, long position)
    {
        if (!Any)
        {
            return null;
        }

        using (TryLock.Hold(ref _gate))
        {
            AsyncCallback? callback = _last;
            while (callback is not null && (callback.Item.Queue != queue || callback.Item.Position > position))
            {
                callback = callback.Previous;
            }

            return callback;
        }
    }

    public bool TryRead(out (nint Queue, long Position) running)
    {
        running = default;
        if (!Any)
        {
            return false;
        }

        using (TryLock.Hold(ref _gate))
        {
            running = _first?.Item ?? default;
            return _first is not null;
        }
    }

    public bool TryDescribe((nint Queue, long Position) seen, out string name, out string? queuedAt)
    {
        AsyncCallback? first;
        using (TryLock.Hold(ref _gate))
        {
            first = _first;
        }

        bool isPending = first is not null && first.Item == seen;
        name = isPending ? first!.Name : "";
        queuedAt = isPending ? first!.QueuedAt : null;
        return isPending;
    }

    private void Link(AsyncCallback? previous, AsyncCallback? next)
    {
        if (previous is null)
        {
            _first = next;
        }
        else
        {
            previous.Next = next;
        }

        if (next is null)
        {
            _last = previous;
        }
        else
        {
            next.Previous = previous;
        }
    }
}
