namespace Quiescent.Ordering;

// The live objects of one kind in the process: a list that keeps none of them alive. The gate protects its links and
// nothing else; no memory is taken under it (O8). A walk takes no lock: a link that leaves the list still leads on.
//
// An item is here until nothing can reach it any more, no finalizer either: the references track resurrection. A short
// weak reference is empty for good once finalizers alone can reach the item, though one of the program's may go on to
// use it. An unload would then miss a domain whose callbacks it has to wait for, the meter a domain that works, and a
// thread attached again the slot table of a dropped domain in which it has a section open, as that table waits in its
// own finalizer. So what a walk finds may have objects whose finalizers have run. All of these lists have items that
// allow for it: a domain's core, and what refers to it, is as good as before, as its native memory goes by the same
// kind of reference (WeakHandle.cs); of a slot table whose memory is gone only managed memory is read.
//
// An item that is removed, or collected, leaves an empty place. They are taken out together, once there are about as
// many as items, so that each addition and each removal costs the same however many items there are.
internal sealed class WeakList<T>
    where T : class
{
    private const int MinPruned = 8;

    private Link? _newest;
    private int _gate;
    private int _count;
    private int _removed;
    private int _pruneAt = MinPruned;

    /// <summary>How many places there are, empty ones included; for tests.</summary>
    public int Places => Order.Acquire(in _count);

    /// <summary>Adds an item. Returns its place, to remove it by.</summary>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public WeakReference<T> Add(T item)
    {
        Link link = new(new WeakReference<T>(item, trackResurrection: true));
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_count >= _pruneAt)
        {
            Prune();
        }

        link.Older = _newest;
        Order.Release(ref _newest, link);
        _count++;
        return link.Item;
    }

    /// <summary>Needs no memory. The same place may be removed again.</summary>
    public void Remove(WeakReference<T> place)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (place.TryGetTarget(out _))
        {
            place.SetTarget(null!);
            if (++_removed * 2 > _count)
            {
                Prune();
            }
        }
    }

    /// <summary>The items that are still alive, the oldest first.</summary>
    public List<T> All()
    {
        List<T> all = [];
        for (Link? link = Order.Acquire(in _newest); link is not null; link = link.Older)
        {
            if (link.Item.TryGetTarget(out T? item))
            {
                all.Add(item);
            }
        }

        all.Reverse();
        return all;
    }

    // Takes the empty places out.
    private void Prune()
    {
        Link? newer = null;
        for (Link? link = _newest; link is not null; link = link.Older)
        {
            if (link.Item.TryGetTarget(out _))
            {
                newer = link;
                continue;
            }

            if (newer is null)
            {
                Order.Release(ref _newest, link.Older);
            }
            else
            {
                newer.Older = link.Older;
            }

            _count--;
        }

        _removed = 0;
        _pruneAt = Math.Max(MinPruned, 2 * _count);
    }

    private sealed class Link(WeakReference<T> item)
    {
        public WeakReference<T> Item => item;

        public Link? Older { get; set; }
    }
}
