using System.Runtime.InteropServices;
using Quiescent.Ordering;

namespace Quiescent.Testing;

/// <summary>A history up to one moment, sorted by key. The operations stay where their threads recorded them until
/// their key is looked at.</summary>
internal sealed class KeyedHistory<TKey, TState, TCall, TResult>
    where TKey : notnull
    where TCall : struct
    where TResult : struct
{
    private readonly ISequentialSpecification<TKey, TState, TCall, TResult> _specification;
    private readonly long _now;
    private readonly Dictionary<TKey, int> _numbers = [];
    private readonly List<TKey> _keys = [];
    private readonly List<(HistoryEntry<TCall, TResult>[] Entries, int Thread)> _chunks = [];
    private readonly List<(int Key, int Chunk, int Index)> _places = [];
    private (int Chunk, int Index)[] _sorted = [];
    private int[] _ends = [];

    public KeyedHistory(ISequentialSpecification<TKey, TState, TCall, TResult> specification, long now)
    {
        _specification = specification;
        _now = now;
    }

    public int Operations => _sorted.Length;

    public int Keys => _keys.Count;

    public TKey KeyOf(int number) => _keys[number];

    /// <summary>Adds the operations of a thread that were called up to the moment.</summary>
    public void Add(HistoryLog<TCall, TResult> log)
    {
        HistoryChunk<TCall, TResult>? chunk = log.First;
        for (; chunk is not null; chunk = Order.Acquire(ref chunk.Next))
        {
            _chunks.Add((chunk.Entries, log.Number));
            for (int index = 0; index < chunk.Entries.Length; index++)
            {
                ref HistoryEntry<TCall, TResult> entry = ref chunk.Entries[index];
                long calledAt = Order.Acquire(ref entry.CalledAt);
                if (calledAt == 0 || calledAt > _now)
                {
                    return;
                }

                if (Order.Acquire(ref entry.ReturnedAt) == HistoryEntry<TCall, TResult>.Discarded)
                {
                    continue;
                }

                _places.Add((Number(_specification.GetKey(in entry.Call)), _chunks.Count - 1, index));
            }
        }
    }

    /// <summary>Sorts the operations by key; no operation is added after it.</summary>
    public void Sort()
    {
        // Counts, then starts, and once all are placed, ends.
        _ends = new int[_keys.Count];
        foreach ((int key, _, _) in _places)
        {
            _ends[key]++;
        }

        int start = 0;
        foreach (ref int end in _ends.AsSpan())
        {
            (end, start) = (start, start + end);
        }

        _sorted = new (int, int)[_places.Count];
        foreach ((int key, int chunk, int index) in _places)
        {
            _sorted[_ends[key]++] = (chunk, index);
        }

        _places.Clear();
        _places.TrimExcess();
    }

    /// <summary>The operations on a key, those of one thread in the order of their calls.</summary>
    public HistoryOperation<TCall, TResult>[] Read(int key)
    {
        int start = key == 0 ? 0 : _ends[key - 1];
        HistoryOperation<TCall, TResult>[] operations = new HistoryOperation<TCall, TResult>[_ends[key] - start];
        for (int i = 0; i < operations.Length; i++)
        {
            (int chunk, int index) = _sorted[start + i];
            operations[i] = Read(ref _chunks[chunk].Entries[index], _chunks[chunk].Thread);
        }

        return operations;
    }

    private HistoryOperation<TCall, TResult> Read(ref HistoryEntry<TCall, TResult> entry, int thread)
    {
        long returnedAt = Order.Acquire(ref entry.ReturnedAt);
        bool hasReturned = returnedAt > 0 && returnedAt <= _now;
        return new HistoryOperation<TCall, TResult>
        {
            Call = entry.Call,
            CalledAt = entry.CalledAt,
            Result = hasReturned ? entry.Result : null,
            ReturnedAt = hasReturned ? returnedAt : long.MaxValue,
            Thread = thread,
        };
    }

    private int Number(TKey key)
    {
        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, key, out bool isKnown);
        if (!isKnown)
        {
            number = _keys.Count;
            _keys.Add(key);
        }

        return number;
    }
}

/// <summary>An operation as a check sees it: without a result, and never returned, if it had not returned when the
/// check began.</summary>
internal struct HistoryOperation<TCall, TResult>
    where TCall : struct
    where TResult : struct
{
    public TCall Call;
    public TResult? Result;
    public long CalledAt;
    public long ReturnedAt;
    public int Thread;
}
