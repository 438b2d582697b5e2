namespace Quiescent.Ordering;

// The live objects of one kind in the process: a list that keeps none of them alive.
internal sealed class WeakList<T>
    where T : class
{
    private readonly List<WeakReference<T>> _items = [];
    private int _gate;

    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public void Add(T item)
    {
        WeakReference<T> reference = new(item);
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_items.Count == _items.Capacity)
        {
            _items.RemoveAll(static known => !known.TryGetTarget(out _));
        }

        _items.Add(reference);
    }

    public void Remove(T item)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        _items.RemoveAll(known => !known.TryGetTarget(out T? target) || target == item);
    }

    /// <summary>The items that are still alive.</summary>
    public List<T> All()
    {
        List<T> all = [];
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        foreach (WeakReference<T> known in _items)
        {
            if (known.TryGetTarget(out T? item))
            {
                all.Add(item);
            }
        }

        return all;
    }
}
