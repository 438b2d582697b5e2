using Quiescent.Systematic.Support;

namespace Quiescent.Ordering;

// Stands in for the library's file of the same name, with the same members: before each operation there is a scheduling
// point, at which the exploration decides whose turn it is. One thread runs at a time, so a plain access after it is
// atomic.
internal static unsafe class Order
{
    public static ulong Acquire(ref readonly ulong location) => Read(in location);

    // SAFETY: of all pointers here: the caller vouches for the location.
    public static ulong Acquire(ulong* location) => Read(in *location);

    public static long Acquire(ref readonly long location) => Read(in location);

    public static int Acquire(ref readonly int location) => Read(in location);

    public static int Acquire(int* location) => Read(in *location);

    public static nint Acquire(ref readonly nint location) => Read(in location);

    public static T Acquire<T>(ref readonly T location)
        where T : class? => Read(in location);

    public static T* Acquire<T>(T** location)
        where T : unmanaged => (T*)Read(in *(nint*)location);

    public static void Release(ref ulong location, ulong value) => Write(ref location, value);

    public static void Release(ulong* location, ulong value) => Write(ref *location, value);

    public static void Release(ref long location, long value) => Write(ref location, value);

    public static void Release(ref int location, int value) => Write(ref location, value);

    public static void Release(ref nint location, nint value) => Write(ref location, value);

    public static void Release<T>(ref T location, T value)
        where T : class? => Write(ref location, value);

    public static void Release<T>(T** location, T* value)
        where T : unmanaged => Write(ref *(nint*)location, (nint)value);

    public static void ReadBarrier()
    {
    }

    public static void Fence() => Schedule.Point();

    public static void FenceAllThreads() => Schedule.Point();

    public static ulong Exchange(ref ulong location, ulong value) => Swap(ref location, value);

    public static nint Exchange(ref nint location, nint value) => Swap(ref location, value);

    public static T? Exchange<T>(ref T? location, T? value)
        where T : class => Swap(ref location, value);

    public static ulong CompareExchange(ref ulong location, ulong value, ulong comparand)
    {
        Schedule.Point();
        ulong old = location;
        location = old == comparand ? value : old;
        return old;
    }

    public static long CompareExchange(ref long location, long value, long comparand)
    {
        Schedule.Point();
        long old = location;
        location = old == comparand ? value : old;
        return old;
    }

    public static int CompareExchange(ref int location, int value, int comparand)
    {
        Schedule.Point();
        int old = location;
        location = old == comparand ? value : old;
        return old;
    }

    public static nint CompareExchange(ref nint location, nint value, nint comparand)
    {
        Schedule.Point();
        nint old = location;
        location = old == comparand ? value : old;
        return old;
    }

    public static T? CompareExchange<T>(ref T? location, T? value, T? comparand)
        where T : class
    {
        Schedule.Point();
        T? old = location;
        location = old == comparand ? value : old;
        return old;
    }

    public static long Add(ref long location, long value)
    {
        Schedule.Point();
        return location += value;
    }

    public static int Add(ref int location, int value)
    {
        Schedule.Point();
        return location += value;
    }

    public static long Increment(ref long location) => Add(ref location, 1);

    public static int Or(ref int location, int bits)
    {
        Schedule.Point();
        int old = location;
        location |= bits;
        return old;
    }

    public static int And(ref int location, int bits)
    {
        Schedule.Point();
        int old = location;
        location &= bits;
        return old;
    }

    private static T Read<T>(ref readonly T location)
    {
        Schedule.Point();
        return location;
    }

    private static void Write<T>(ref T location, T value)
    {
        Schedule.Point();
        location = value;
    }

    private static T Swap<T>(ref T location, T value)
    {
        Schedule.Point();
        T old = location;
        location = value;
        return old;
    }
}
