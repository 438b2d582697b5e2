using Quiescent.Ordering;

namespace Quiescent.Torture.Litmus.Shapes;

// What stands between a store and a load.
internal interface IFence
{
    static abstract void Fence();
}

internal readonly struct NoFence : IFence
{
    public static void Fence()
    {
    }
}

internal readonly struct FullFence : IFence
{
    public static void Fence() => Order.Fence();
}

internal readonly struct ProcessWideFence : IFence
{
    public static void Fence() => Order.FenceAllThreads();
}

// How a shape loads and stores.
internal unsafe interface IAccess
{
    static abstract ulong Load(ulong* location);

    static abstract void Store(ulong* location, ulong value);
}

// SAFETY, of both: the caller vouches for the location.
internal readonly unsafe struct PlainAccess : IAccess
{
    public static ulong Load(ulong* location) => *location;

    public static void Store(ulong* location, ulong value) => *location = value;
}

// As in the library.
internal readonly unsafe struct OrderedAccess : IAccess
{
    public static ulong Load(ulong* location) => Order.Acquire(location);

    public static void Store(ulong* location, ulong value) => Order.Release(location, value);
}
