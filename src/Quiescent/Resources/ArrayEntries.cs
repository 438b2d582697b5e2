using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Resources;

// The entries of a pool's arrays, each found by its array. An array's entry lives as long as the array, and keeps alive
// neither it nor the pool.
//
// A2 (rented once for each return)  An array has one entry, made when it first comes back: the table keeps the first
//     that is added, under its lock, and a thread that made another takes the one that is kept.
internal sealed class ArrayEntries
{
    private readonly ConditionalWeakTable<Array, ArrayEntry> _table = [];
    private int _lock;

    /// <summary>The array's entry.</summary>
    /// <exception cref="OutOfMemoryException">It has none yet, and there is no memory for it.</exception>
    public ArrayEntry Of(Array array) =>
        _table.TryGetValue(array, out ArrayEntry? entry) ? entry : Add(array);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ArrayEntry Add(Array array)
    {
        FaultInjection.ThrowIfDue(FaultSite.Array);
        ArrayEntry made = new(array);

        // The table locks itself too. Nobody ever waits for that lock, so that an interrupt does not come out here.
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        return _table.GetOrAdd(array, made);
    }
}
