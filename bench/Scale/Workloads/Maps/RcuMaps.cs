using System.Runtime.CompilerServices;
using Quiescent.Collections;

namespace Quiescent.Scale.Workloads.Maps;

// What the ways of using the library's map have in common: updates, and a look-up with a section of its own.
internal static class RcuMap
{
    public static RcuDictionary<ulong, Value64> Create() => new(new RcuCollectionOptions { Name = "scale" });

    public static double Bytes(object? map) => ((RcuDictionary<ulong, Value64>?)map)?.GetStatistics().Bytes ?? 0;

    public static long CountOf(object map) => ((RcuDictionary<ulong, Value64>)map).LongCount;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong FindStamp(RcuDictionary<ulong, Value64> map, ulong key)
    {
        using ReadGuard guard = Rcu.ReadLock();
        return StampOf(in map.Find(in guard, in key));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong StampOf(ref readonly Value64 value) => Rcu.IsNull(in value) ? 0 : value.Stamp;
}

// A section around each look-up; the value is read in place.
internal readonly struct RcuFind(RcuDictionary<ulong, Value64> map) : IMap<RcuFind>
{
    public static Type Kind => typeof(RcuDictionary<ulong, Value64>);

    public static object Create(long entries) => RcuMap.Create();

    public static RcuFind Enter(object map) => new((RcuDictionary<ulong, Value64>)map);

    public static double BytesByBooks(object? map) => RcuMap.Bytes(map);

    public ulong Differences(ReadOnlySpan<ulong> keys) => MapBatch.OneByOne(this, keys);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Get(ulong key) => RcuMap.FindStamp(map, key);

    public bool TryAdd(ulong key, in Value64 value) => map.TryAdd(key, value);

    public void Set(ulong key, in Value64 value) => map[key] = value;

    public bool TryRemove(ulong key) => map.TryRemove(key, out _);
}

// The member of ConcurrentDictionary: the value is copied.
internal readonly struct RcuTryGetValue(RcuDictionary<ulong, Value64> map) : IMap<RcuTryGetValue>
{
    public static Type Kind => typeof(RcuDictionary<ulong, Value64>);

    public static object Create(long entries) => RcuMap.Create();

    public static RcuTryGetValue Enter(object map) => new((RcuDictionary<ulong, Value64>)map);

    public ulong Differences(ReadOnlySpan<ulong> keys) => MapBatch.OneByOne(this, keys);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Get(ulong key) => map.TryGetValue(key, out Value64 value) ? value.Stamp : 0;

    public bool TryAdd(ulong key, in Value64 value) => map.TryAdd(key, value);

    public void Set(ulong key, in Value64 value) => map[key] = value;

    public bool TryRemove(ulong key) => map.TryRemove(key, out _);
}

// One section around all look-ups of a batch; still a call of a method for each.
internal readonly struct RcuFindAround(RcuDictionary<ulong, Value64> map) : IMap<RcuFindAround>
{
    public static Type Kind => typeof(RcuDictionary<ulong, Value64>);

    public static object Create(long entries) => RcuMap.Create();

    public static RcuFindAround Enter(object map) => new((RcuDictionary<ulong, Value64>)map);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public ulong Differences(ReadOnlySpan<ulong> keys)
    {
        using ReadGuard guard = Rcu.ReadLock();
        RcuDictionary<ulong, Value64> all = map;
        ulong differences = 0;
        foreach (ulong key in keys)
        {
            differences |= Find(all, in guard, key) ^ Value64.StampOf(key);
        }

        return differences;
    }

    public ulong Get(ulong key) => RcuMap.FindStamp(map, key);

    public bool TryAdd(ulong key, in Value64 value) => map.TryAdd(key, value);

    public void Set(ulong key, in Value64 value) => map[key] = value;

    public bool TryRemove(ulong key) => map.TryRemove(key, out _);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Find(RcuDictionary<ulong, Value64> map, ref readonly ReadGuard guard, ulong key) =>
        RcuMap.StampOf(in map.Find(in guard, in key));
}
