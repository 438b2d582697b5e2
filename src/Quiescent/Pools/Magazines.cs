using System.Runtime.CompilerServices;

namespace Quiescent.Pools;

// The magazine that this thread asked for last, in thread-local words that need no object: most loops use one pool at a
// time. No other pool ever has the number of an open pool, so a match is the pool's magazine. It is freed with the
// slots of the domain, which the pool keeps. When both are gone, the words lead nowhere, and match no number.
internal static unsafe class Magazines
{
    /// <summary>Stands in place of a closed pool's number. No magazine is ever remembered for it.</summary>
    public const long Closed = -1;

    [ThreadStatic]
    private static long t_lastPool;

    [ThreadStatic]
    private static Magazine* t_last;

    /// <summary>This thread's magazine of the pool, if it is the last one asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFind(long pool, out Magazine* magazine)
    {
        magazine = t_last;
        return t_lastPool == pool;
    }

    public static void Remember(long pool, Magazine* magazine)
    {
        t_last = magazine;
        t_lastPool = pool;
    }
}
