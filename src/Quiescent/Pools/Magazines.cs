using System.Runtime.CompilerServices;
using Quiescent.Ordering;

namespace Quiescent.Pools;

// This thread's magazines, by their pools' numbers: two in thread-local words that need no object, as most loops use
// one pool or two; and behind them a table, for threads that use more.
//
// No other pool ever has the number of an open pool, so a match is the pool's magazine. It is freed with the slots of
// the domain, which the pool keeps. When both are gone, what is remembered leads nowhere, and matches no number. A
// thread that the runtime has attached again (Ordering/ThreadLife.cs) has its words still, and no table.
internal static unsafe class Magazines
{
    /// <summary>Stands in place of a closed pool's number. No magazine is ever remembered for it.</summary>
    public const long Closed = -1;

    [ThreadStatic]
    private static long t_lastPool;

    [ThreadStatic]
    private static Magazine* t_last;

    [ThreadStatic]
    private static long t_secondPool;

    [ThreadStatic]
    private static Magazine* t_second;

    [ThreadStatic]
    private static MagazineTable? t_table;

    /// <summary>This thread's magazine of the pool, if it is one of the two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFind(long pool, out Magazine* magazine)
    {
        magazine = t_last;
        if (t_lastPool == pool)
        {
            return true;
        }

        magazine = t_second;
        return t_secondPool == pool;
    }

    /// <summary>This thread's magazine of the pool, if it is in the table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRecall(long pool, out Magazine* magazine)
    {
        magazine = null;
        if (t_table is not { } table || !table.TryFind(pool, out magazine))
        {
            return false;
        }

        if (table.Recurrence.IsDueAfterMiss(pool))
        {
            Remember(pool, magazine);
        }

        return true;
    }

    /// <summary>Remembers a magazine, as well as there is memory for it.</summary>
    public static void Remember(long pool, Magazine* magazine)
    {
        if (TryFind(pool, out _))
        {
            return;
        }

        if (t_secondPool != 0)
        {
            RememberSeveral(pool, magazine);
        }

        SetLast(pool, magazine);
    }

    private static void RememberSeveral(long pool, Magazine* magazine)
    {
        try
        {
            MagazineTable table = t_table ??= new MagazineTable();
            table.Put(t_secondPool, t_second);
            table.Put(t_lastPool, t_last);
            table.Put(pool, magazine);
        }
        catch (OutOfMemoryException)
        {
            // The thread looks for its magazines in its slot.
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SetLast(long pool, Magazine* magazine)
    {
        t_second = t_last;
        t_secondPool = t_lastPool;
        t_last = magazine;
        t_lastPool = pool;
    }
}
