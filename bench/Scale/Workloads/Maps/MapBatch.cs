using System.Runtime.CompilerServices;

namespace Quiescent.Scale.Workloads.Maps;

// A call of a method that is not inlined for each operation, so that every operation loads what it takes from memory,
// as in a program. A batch is a method of its own, so that each enters the newest code.
internal static class MapBatch
{
    /// <summary>Operations between two looks at whether the turn is over.</summary>
    public const int Length = 960;

    /// <summary>One in so many is an update where 10 % are.</summary>
    public const int UpdateEvery = 10;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong OneByOne<TMap>(TMap map, ReadOnlySpan<ulong> keys)
        where TMap : struct, IMap<TMap>
    {
        ulong differences = 0;
        foreach (ulong key in keys)
        {
            differences |= Get(ref map, key) ^ Value64.StampOf(key);
        }

        return differences;
    }

    /// <summary>Looks up nine tenths of the keys, and replaces the values of the others: as many look-ups at a time as
    /// the widest way takes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong WithUpdates<TMap>(ref TMap shared, ReadOnlySpan<ulong> keys)
        where TMap : struct, IMap<TMap>
    {
        const int Group = UpdateEvery * Sixteen.Length;
        TMap map = shared;
        ulong differences = 0;
        for (; keys.Length >= Group; keys = keys[Group..])
        {
            differences |= map.Differences(keys[..(Group - Sixteen.Length)]);
            foreach (ulong key in keys[(Group - Sixteen.Length)..Group])
            {
                Set(ref map, key);
            }
        }

        return differences;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Replace<TMap>(ref TMap shared, ReadOnlySpan<ulong> keys)
        where TMap : struct, IMap<TMap>
    {
        TMap map = shared;
        foreach (ulong key in keys)
        {
            Set(ref map, key);
        }
    }

    /// <summary>One operation for each key, and returns something that depends on all of them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Mixed<TMap>(ref TMap shared, ReadOnlySpan<ulong> keys, ReadOnlySpan<MapOperation> operations)
        where TMap : struct, IMap<TMap>
    {
        TMap map = shared;
        ulong sum = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            sum += Do(ref map, operations[i], keys[i]);
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong Do<TMap>(ref TMap map, MapOperation operation, ulong key)
        where TMap : struct, IMap<TMap>
    {
        switch (operation)
        {
            case MapOperation.Read:
                return Get(ref map, key);
            case MapOperation.Insert:
                return Add(ref map, key) ? 1UL : 0;
            case MapOperation.Remove:
                return Remove(ref map, key) ? 1UL : 0;
            default:
                Set(ref map, key);
                return 0;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool Add<TMap>(ref TMap map, ulong key)
        where TMap : struct, IMap<TMap> => map.TryAdd(key, Value64.Of(key));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Get<TMap>(ref TMap map, ulong key)
        where TMap : struct, IMap<TMap> => map.Get(key);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Set<TMap>(ref TMap map, ulong key)
        where TMap : struct, IMap<TMap> => map.Set(key, Value64.Of(key));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool Remove<TMap>(ref TMap map, ulong key)
        where TMap : struct, IMap<TMap> => map.TryRemove(key);
}

// How many keys are looked up at once, where that can be done.
internal static class Sixteen
{
    public const int Length = 16;
}
