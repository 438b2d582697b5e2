namespace Quiescent.Ordering;

// The live objects of one kind in the process: a list that keeps none of them alive. The gate protects its links and
// nothing else; no memory is taken under it (O8). A walk takes no lock: a link that leaves the list still leads on.
internal sealed class WeakList<T>
    where T : class
{
    private const int MinPruned = 8;

    private Link? _newest;
    private int _gate;
    private int _count;
    private int _pruneAt = MinPruned;

    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public void Add(T item)
    {
        Link link = new(new WeakReference<T>(item));
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_count >= _pruneAt)
        {
            Prune(null);
            _pruneAt = Math.Max(MinPruned, 2 * _count);
        }

        link.Older = _newest;
        Order.Release(ref _newest, link);
        _count++;
    }

    /// <summary>Needs no memory.</summary>
    public void Remove(T item)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Prune(item);
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

    private void Prune(T? item)
    {
        Link? newer = null;
        for (Link? link = _newest; link is not null; link = link.Older)
        {
            if (link.Item.TryGetTarget(out T? target) && target != item)
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
    }

    private sealed class Link(WeakReference<T> item)
    {
        public WeakReference<T> Item => item;

        public Link? Older { get; set; }
    }
}
