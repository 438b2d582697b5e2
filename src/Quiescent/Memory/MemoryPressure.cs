using Quiescent.Ordering;

namespace Quiescent.Memory;

// Tells the garbage collector how much memory lies behind small objects, or it would not finalize dropped ones: from
// the memory's allocation to its release. Each Add has one Remove of the same size. Adding may collect, so nobody calls
// it under a lock.
internal static class MemoryPressure
{
    private static long s_told;

    /// <summary>Bytes that the collector has been told of, less those that it was told to forget.</summary>
    public static long Told => Order.Acquire(in s_told);

    public static void Add(long bytes)
    {
        if (bytes != 0)
        {
            Order.Add(ref s_told, bytes);
            GC.AddMemoryPressure(bytes);
        }
    }

    public static void Remove(long bytes)
    {
        if (bytes != 0)
        {
            GC.RemoveMemoryPressure(bytes);
            Order.Add(ref s_told, -bytes);
        }
    }
}
