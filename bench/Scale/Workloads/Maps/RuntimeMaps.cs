using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;

namespace Quiescent.Scale.Workloads.Maps;

// The runtime's map, with values in its nodes.
internal readonly struct ConcurrentStructs(ConcurrentDictionary<ulong, Value64> map) : IMap<ConcurrentStructs>
{
    public static Type Kind => typeof(ConcurrentDictionary<ulong, Value64>);

    public static object Create(long entries) => new ConcurrentDictionary<ulong, Value64>();

    public static ConcurrentStructs Enter(object map) => new((ConcurrentDictionary<ulong, Value64>)map);

    public ulong Differences(ReadOnlySpan<ulong> keys) => MapBatch.OneByOne(this, keys);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Get(ulong key) => map.TryGetValue(key, out Value64 value) ? value.Stamp : 0;

    public bool TryAdd(ulong key, in Value64 value) => map.TryAdd(key, value);

    public void Set(ulong key, in Value64 value) => map[key] = value;

    public bool TryRemove(ulong key) => map.TryRemove(key, out _);
}

// The same, with an array for each value, as most programs have it.
internal readonly struct ConcurrentArrays(ConcurrentDictionary<ulong, byte[]> map) : IMap<ConcurrentArrays>
{
    public static Type Kind => typeof(ConcurrentDictionary<ulong, byte[]>);

    public static object Create(long entries) => new ConcurrentDictionary<ulong, byte[]>();

    public static ConcurrentArrays Enter(object map) => new((ConcurrentDictionary<ulong, byte[]>)map);

    public ulong Differences(ReadOnlySpan<ulong> keys) => MapBatch.OneByOne(this, keys);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Get(ulong key) =>
        map.TryGetValue(key, out byte[]? value) ? BinaryPrimitives.ReadUInt64LittleEndian(value) : 0;

    public bool TryAdd(ulong key, in Value64 value) => map.TryAdd(key, Write(in value));

    public void Set(ulong key, in Value64 value) => map[key] = Write(in value);

    public bool TryRemove(ulong key) => map.TryRemove(key, out _);

    private static byte[] Write(in Value64 value)
    {
        byte[] bytes = new byte[Value64.Bytes];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value.Stamp);
        return bytes;
    }
}

// A dictionary and its lock.
internal sealed class DictionaryAndLock : IDisposable
{
    public Dictionary<ulong, Value64> Entries { get; } = [];

    public ReaderWriterLockSlim Lock { get; } = new();

    public void Dispose() => Lock.Dispose();
}

internal readonly struct LockedDictionary(DictionaryAndLock map) : IMap<LockedDictionary>
{
    public static Type Kind => typeof(DictionaryAndLock);

    public static object Create(long entries) => new DictionaryAndLock();

    public static LockedDictionary Enter(object map) => new((DictionaryAndLock)map);

    public ulong Differences(ReadOnlySpan<ulong> keys) => MapBatch.OneByOne(this, keys);

    public ulong Get(ulong key)
    {
        map.Lock.EnterReadLock();
        try
        {
            return map.Entries.TryGetValue(key, out Value64 value) ? value.Stamp : 0;
        }
        finally
        {
            map.Lock.ExitReadLock();
        }
    }

    public bool TryAdd(ulong key, in Value64 value)
    {
        map.Lock.EnterWriteLock();
        try
        {
            return map.Entries.TryAdd(key, value);
        }
        finally
        {
            map.Lock.ExitWriteLock();
        }
    }

    public void Set(ulong key, in Value64 value)
    {
        map.Lock.EnterWriteLock();
        try
        {
            map.Entries[key] = value;
        }
        finally
        {
            map.Lock.ExitWriteLock();
        }
    }

    public bool TryRemove(ulong key)
    {
        map.Lock.EnterWriteLock();
        try
        {
            return map.Entries.Remove(key);
        }
        finally
        {
            map.Lock.ExitWriteLock();
        }
    }
}
