using Quiescent.Ordering;

namespace Quiescent.Torture.Litmus.Shapes;

// A shape: what each of a few threads does with two words x and y, zero at first, and what their loads must not find
// together.
internal unsafe interface IShape
{
    static abstract int Threads { get; }

    static abstract void Run(int thread, ulong* x, ulong* y, ulong* loaded);

    /// <param name="loaded">The threads' loads, two for each.</param>
    static abstract bool IsForbidden(ReadOnlySpan<ulong> loaded);
}

// SAFETY, of all shapes: ShapeLitmus owns the words.

// SB, store buffering: each thread stores to one word and loads the other. Both miss the other's store. The library's
// pairs A/B, C/B, D/E and D/F have this shape, G and Full its fenced form.
internal readonly unsafe struct StoreBuffering<TFirst, TSecond> : IShape
    where TFirst : struct, IFence
    where TSecond : struct, IFence
{
    public static int Threads => 2;

    public static void Run(int thread, ulong* x, ulong* y, ulong* loaded)
    {
        if (thread == 0)
        {
            Order.Release(x, 1);
            TFirst.Fence();
            loaded[0] = Order.Acquire(y);
        }
        else
        {
            Order.Release(y, 1);
            TSecond.Fence();
            loaded[0] = Order.Acquire(x);
        }
    }

    public static bool IsForbidden(ReadOnlySpan<ulong> loaded) => loaded is [0, _, 0, _];
}

// LB, load buffering: each thread loads one word, then stores to the other. Both see the other's store. A section's
// loads against its end (O2).
internal readonly unsafe struct LoadBuffering<TAccess> : IShape
    where TAccess : struct, IAccess
{
    public static int Threads => 2;

    public static void Run(int thread, ulong* x, ulong* y, ulong* loaded)
    {
        ulong* own = thread == 0 ? x : y;
        ulong* other = thread == 0 ? y : x;
        loaded[0] = TAccess.Load(other);
        TAccess.Store(own, 1);
    }

    public static bool IsForbidden(ReadOnlySpan<ulong> loaded) => loaded is [1, _, 1, _];
}

// MP, message passing: one stores data, then a flag; the other sees the flag and not the data. Publication, and every
// queue.
internal readonly unsafe struct MessagePassing<TAccess> : IShape
    where TAccess : struct, IAccess
{
    public static int Threads => 2;

    public static void Run(int thread, ulong* x, ulong* y, ulong* loaded)
    {
        if (thread == 0)
        {
            TAccess.Store(x, 1);
            TAccess.Store(y, 1);
        }
        else
        {
            loaded[0] = TAccess.Load(y);
            loaded[1] = TAccess.Load(x);
        }
    }

    public static bool IsForbidden(ReadOnlySpan<ulong> loaded) => loaded is [_, _, 1, 0];
}

// IRIW, independent reads of independent writes: two readers see two threads' stores in opposite orders. In the
// library: when one reader has seen an unlink and the start of a grace period in one order, no other sees them in the
// other.
internal readonly unsafe struct IndependentReads<TAccess> : IShape
    where TAccess : struct, IAccess
{
    public static int Threads => 4;

    public static void Run(int thread, ulong* x, ulong* y, ulong* loaded)
    {
        switch (thread)
        {
            case 0:
                TAccess.Store(x, 1);
                break;
            case 1:
                TAccess.Store(y, 1);
                break;
            case 2:
                loaded[0] = TAccess.Load(x);
                loaded[1] = TAccess.Load(y);
                break;
            default:
                loaded[0] = TAccess.Load(y);
                loaded[1] = TAccess.Load(x);
                break;
        }
    }

    public static bool IsForbidden(ReadOnlySpan<ulong> loaded) => loaded is [_, _, _, _, 1, 0, 1, 0];
}
