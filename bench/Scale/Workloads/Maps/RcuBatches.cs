using System.Runtime.CompilerServices;
using Quiescent.Collections;

namespace Quiescent.Scale.Workloads.Maps;

// Sixteen look-ups at a time, in a section of their own; the values are read in place.
internal readonly struct RcuFindAll(RcuDictionary<ulong, Value64> map) : IMap<RcuFindAll>
{
    public static Type Kind => typeof(RcuDictionary<ulong, Value64>);

    public static object Create(long entries) => RcuMap.Create();

    public static RcuFindAll Enter(object map) => new((RcuDictionary<ulong, Value64>)map);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public ulong Differences(ReadOnlySpan<ulong> keys)
    {
        ulong differences = 0;
        for (; keys.Length >= Sixteen.Length; keys = keys[Sixteen.Length..])
        {
            differences |= FindAll(map, keys[..Sixteen.Length]);
        }

        return differences | MapBatch.OneByOne(new RcuFind(map), keys);
    }

    public ulong Get(ulong key) => RcuMap.FindStamp(map, key);

    public bool TryAdd(ulong key, in Value64 value) => map.TryAdd(key, value);

    public void Set(ulong key, in Value64 value) => map[key] = value;

    public bool TryRemove(ulong key) => map.TryRemove(key, out _);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong FindAll(RcuDictionary<ulong, Value64> map, scoped ReadOnlySpan<ulong> keys)
    {
        using ReadGuard guard = Rcu.ReadLock();
        FoundValues<Value64> found = map.FindAll(in guard, keys);
        ulong differences = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            differences |= RcuMap.StampOf(in found[i]) ^ Value64.StampOf(keys[i]);
        }

        return differences;
    }
}

// Sixteen look-ups at a time; the values are copied.
internal readonly struct RcuGetValues(RcuDictionary<ulong, Value64> map) : IMap<RcuGetValues>
{
    public static Type Kind => typeof(RcuDictionary<ulong, Value64>);

    public static object Create(long entries) => RcuMap.Create();

    public static RcuGetValues Enter(object map) => new((RcuDictionary<ulong, Value64>)map);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public ulong Differences(ReadOnlySpan<ulong> keys)
    {
        Span<Value64> values = stackalloc Value64[Sixteen.Length];
        Span<bool> found = stackalloc bool[Sixteen.Length];
        ulong differences = 0;
        for (; keys.Length >= Sixteen.Length; keys = keys[Sixteen.Length..])
        {
            differences |= GetValues(map, keys[..Sixteen.Length], values, found);
        }

        return differences | MapBatch.OneByOne(new RcuFind(map), keys);
    }

    public ulong Get(ulong key) => RcuMap.FindStamp(map, key);

    public bool TryAdd(ulong key, in Value64 value) => map.TryAdd(key, value);

    public void Set(ulong key, in Value64 value) => map[key] = value;

    public bool TryRemove(ulong key) => map.TryRemove(key, out _);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong GetValues(
        RcuDictionary<ulong, Value64> map, ReadOnlySpan<ulong> keys, Span<Value64> values, Span<bool> found)
    {
        ulong differences = map.GetValues(keys, values, found) == keys.Length ? 0 : ulong.MaxValue;
        for (int i = 0; i < keys.Length; i++)
        {
            differences |= values[i].Stamp ^ Value64.StampOf(keys[i]);
        }

        return differences;
    }
}
