using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Tsavorite.core;
using Allocator = Tsavorite.core.SpanByteAllocator<Tsavorite.core.StoreFunctions<
    Quiescent.Scale.Workloads.Maps.TsavoriteComparer, Tsavorite.core.SpanByteRecordTriggers>>;
using Functions = Tsavorite.core.StoreFunctions<
    Quiescent.Scale.Workloads.Maps.TsavoriteComparer, Tsavorite.core.SpanByteRecordTriggers>;

namespace Quiescent.Scale.Workloads.Maps;

// Garnet's store, all in memory. Its hash index does not grow, and its log is a ring, so that both are made for the
// number of entries beforehand. A removed record's room is not used again, so it takes no part in the mixes.
internal sealed class TsavoriteStore : IDisposable
{
    public const string Remark = "index and log made for all entries beforehand; a session a thread";

    private const long FewestBytes = 1 << 26;
    private const long PageBytes = 1 << 22;
    private const long IndexBytesPerEntry = 16;
    private const long LogBytesPerEntry = 128;

    private readonly KVSettings _settings;

    public TsavoriteStore(long entries)
    {
        _settings = new KVSettings
        {
            IndexSize = Round(entries * IndexBytesPerEntry),
            LogDevice = new NullDevice(),
            LogMemorySize = Round(entries * LogBytesPerEntry),
            PageSize = PageBytes,
            MutableFraction = 0.9,
        };
        Store = new(
            _settings, StoreFunctions.Create(new TsavoriteComparer(), SpanByteRecordTriggers.Instance),
            static (settings, functions) => new Allocator(settings, functions));
    }

    public TsavoriteKV<Functions, Allocator> Store { get; }

    public void Dispose()
    {
        Store.Dispose();
        _settings.LogDevice.Dispose();
        _settings.Dispose();
    }

    private static long Round(long bytes) => (long)BitOperations.RoundUpToPowerOf2((ulong)Math.Max(bytes, FewestBytes));
}

// A key on the stack.
internal readonly unsafe struct TsavoriteKey(ulong* key) : IKey
{
    public bool IsPinned => true;

    // SAFETY: the store reads it only within the call that it is handed to.
    public ReadOnlySpan<byte> KeyBytes => new(key, sizeof(ulong));

    public bool HasNamespace => false;

    public ReadOnlySpan<byte> NamespaceBytes => [];
}

internal readonly struct TsavoriteComparer : IKeyComparer
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long GetHashCode64<TKey>(TKey key)
        where TKey : IKey, allows ref struct => Utility.GetHashCode(MemoryMarshal.Read<long>(key.KeyBytes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Equals<TFirst, TSecond>(TFirst k1, TSecond k2)
        where TFirst : IKey, allows ref struct
        where TSecond : IKey, allows ref struct =>
        MemoryMarshal.Read<long>(k1.KeyBytes) == MemoryMarshal.Read<long>(k2.KeyBytes);
}

// Reads a value's stamp in place.
internal sealed class TsavoriteFunctions : SessionFunctionsBase<ulong, ulong, Empty>
{
    public override bool Reader<TSourceLogRecord>(
        in TSourceLogRecord srcLogRecord, ref ulong input, ref ulong output, ref ReadInfo readInfo)
    {
        output = MemoryMarshal.Read<ulong>(srcLogRecord.ValueSpan);
        return true;
    }
}

internal readonly unsafe struct TsavoriteMap(
    BasicContext<TsavoriteKey, ulong, ulong, Empty, TsavoriteFunctions, Functions, Allocator> context)
    : IMap<TsavoriteMap>
{
    public static Type Kind => typeof(TsavoriteStore);

    public static object Create(long entries) => new TsavoriteStore(entries);

    public static TsavoriteMap Enter(object map) => new(
        ((TsavoriteStore)map).Store.NewSession<TsavoriteKey, ulong, ulong, Empty, TsavoriteFunctions>(
            new TsavoriteFunctions()).BasicContext);

    public static double BytesByBooks(object? map) => map is not TsavoriteStore { Store: var store }
        ? 0
        : store.IndexTotalSizeBytes + (store.Log.TailAddress - store.Log.BeginAddress);

    public void Leave() => context.Session.Dispose();

    public ulong Differences(ReadOnlySpan<ulong> keys) => MapBatch.OneByOne(this, keys);

    public ulong Get(ulong key)
    {
        ulong input = 0, stamp = 0;
        return context.Read(new TsavoriteKey(&key), ref input, ref stamp).Found ? stamp : 0;
    }

    /// <summary>Only for keys that are absent: the store has no such operation.</summary>
    public bool TryAdd(ulong key, in Value64 value)
    {
        Set(key, in value);
        return true;
    }

    public void Set(ulong key, in Value64 value) =>
        context.Upsert(new TsavoriteKey(&key), MemoryMarshal.AsBytes(new ReadOnlySpan<Value64>(in value)));

    public bool TryRemove(ulong key) => context.Delete(new TsavoriteKey(&key)).Found;
}
