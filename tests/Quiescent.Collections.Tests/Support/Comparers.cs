using Quiescent.Collections.Hashing;

namespace Quiescent.Collections.Tests.Support;

// All keys in one chain, with one hash.
internal readonly struct AllAlike : IKeyComparer<long>
{
    public static ulong GetHashCode(scoped in long key, ulong secret) => secret;

    public static bool Equals(scoped in long x, scoped in long y) => x == y;
}

// A handful of hashes for all keys.
internal readonly struct Crowded : IKeyComparer<long>
{
    public static ulong GetHashCode(scoped in long key, ulong secret) => KeyHash.Of((ulong)key % 7, secret);

    public static bool Equals(scoped in long x, scoped in long y) => x == y;
}

// Hashes that anybody can tell: the first bits are the key's.
internal readonly struct Transparent : IKeyComparer<long>
{
    public static ulong GetHashCode(scoped in long key, ulong secret) => (ulong)key;

    public static bool Equals(scoped in long x, scoped in long y) => x == y;
}

// Does what the test says before it compares or hashes, on the test's thread alone.
internal readonly struct Hooked : IKeyComparer<long>
{
    [ThreadStatic]
    private static Action? t_before;

    public static void Before(Action? action) => t_before = action;

    public static ulong GetHashCode(scoped in long key, ulong secret)
    {
        t_before?.Invoke();
        return KeyHash.Of((ulong)key % 16, secret);
    }

    public static bool Equals(scoped in long x, scoped in long y)
    {
        t_before?.Invoke();
        return x == y;
    }
}
