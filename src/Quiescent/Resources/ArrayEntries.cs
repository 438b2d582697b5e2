using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Resources;

// The entries of all pools' arrays, each found by its array. An entry lives as long as its array, and keeps nothing
// else alive. The table is the process's: one that a pool owned could be finalized before a finalizer that uses the
// pool.
//
// A2 (rented once for each return)  An array has one entry, made when it first comes back to a pool: the table keeps
//     the first that is added, under its lock, and a thread that made another takes the one that is kept.
internal static class ArrayEntries
{
    private static ConditionalWeakTable<Array, ArrayEntry>? s_table;

    /// <summary>The array's entry.</summary>
    /// <exception cref="OutOfMemoryException">It has none yet, and there is no memory for it.</exception>
    /// <exception cref="ThreadInterruptedException">It has none yet, and the thread was interrupted as it waited for
    /// the table's lock.</exception>
    public static ArrayEntry Of(Array array) =>
        Order.Acquire(in s_table) is { } table && table.TryGetValue(array, out ArrayEntry? entry) ? entry : Add(array);

    // Under no lock of the library's: memory that runs out may have a handler of the program's come back here.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ArrayEntry Add(Array array)
    {
        FaultInjection.ThrowIfDue(FaultSite.Array);
        ArrayEntry made = new(array);
        ConditionalWeakTable<Array, ArrayEntry> table = Order.Acquire(in s_table) ?? Once.Keep(ref s_table, []);
        return table.GetOrAdd(array, made);
    }
}
