using System.Runtime.CompilerServices;
using BitFaster.Caching.Lru;

namespace Quiescent.Scale.Workloads.Maps;

// The lock-free map of the package NonBlocking.
internal readonly struct NonBlockingMap(NonBlocking.ConcurrentDictionary<ulong, Value64> map) : IMap<NonBlockingMap>
{
    public static Type Kind => typeof(NonBlocking.ConcurrentDictionary<ulong, Value64>);

    public static object Create(long entries) => new NonBlocking.ConcurrentDictionary<ulong, Value64>();

    public static NonBlockingMap Enter(object map) => new((NonBlocking.ConcurrentDictionary<ulong, Value64>)map);

    public ulong Differences(ReadOnlySpan<ulong> keys) => MapBatch.OneByOne(this, keys);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Get(ulong key) => map.TryGetValue(key, out Value64 value) ? value.Stamp : 0;

    public bool TryAdd(ulong key, in Value64 value) => map.TryAdd(key, value);

    public void Set(ulong key, in Value64 value) => map[key] = value;

    public bool TryRemove(ulong key) => map.TryRemove(key, out _);
}

// The cache of the package BitFaster.Caching, with twice the room: it must not evict anything.
internal readonly struct LruCache(ConcurrentLru<ulong, Value64> map) : IMap<LruCache>
{
    public const string Remark = "a cache that marks each use; with room for twice as many";

    private const int FewestEntries = 16;

    public static Type Kind => typeof(ConcurrentLru<ulong, Value64>);

    public static object Create(long entries) =>
        new ConcurrentLru<ulong, Value64>(checked((int)Math.Max(2 * entries, FewestEntries)));

    public static LruCache Enter(object map) => new((ConcurrentLru<ulong, Value64>)map);

    public ulong Differences(ReadOnlySpan<ulong> keys) => MapBatch.OneByOne(this, keys);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Get(ulong key) => map.TryGet(key, out Value64 value) ? value.Stamp : 0;

    public bool TryAdd(ulong key, in Value64 value)
    {
        if (map.TryGet(key, out _))
        {
            return false;
        }

        map.AddOrUpdate(key, value);
        return true;
    }

    public void Set(ulong key, in Value64 value) => map.AddOrUpdate(key, value);

    public bool TryRemove(ulong key) => map.TryRemove(key);
}
