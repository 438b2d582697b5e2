using System.Runtime.CompilerServices;
using Quiescent.Collections.Hashing;
using Quiescent.Collections.Index;
using Quiescent.Readers;

namespace Quiescent.Collections.Entries;

// A map of fixed-size entries: the index, the pool of its entries, and what the operations of a dictionary make of
// both.
//
// C5 (free under no lock)  What an update replaces is freed after the chain's lock was given up. It is freed inside the
//     section all the same, so that the map's end can tell when nobody frees any more (IndexMemory.cs). What freeing
//     may cost comes before: room in the thread's page, and with it back-pressure, before the section and again before
//     the entry is published, in case a comparer has used the room up. So past the publication nothing fails, and
//     inside the section nothing sleeps.
// C9 (one moment)  Add and replace take effect with the slot's store, under the chain's lock; a look-up with its load
//     of the slot; one that finds nothing, and an update that changes nothing, at the moment that C2 and C3 name.
internal sealed unsafe class DictionaryCore<TKey, TValue, TComparer>
    where TKey : unmanaged
    where TValue : unmanaged
    where TComparer : struct, IKeyComparer<TKey>
{
    private readonly HashIndex<TKey, DictionaryEntries<TKey, TValue, TComparer>> _index;
    private readonly EntryPool<DictionaryEntry<TKey, TValue>> _entries;
    private readonly RcuDomain _domain;
    private readonly DomainState* _state;

    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public DictionaryCore(RcuCollectionOptions options)
    {
        _domain = options.Domain ?? Rcu.DefaultDomain;
        _state = _domain.Core.State;
        _entries = new EntryPool<DictionaryEntry<TKey, TValue>>(_domain, options);
        _index = new HashIndex<TKey, DictionaryEntries<TKey, TValue, TComparer>>(
            _domain, options, _entries, KeyHash.CreateSecret());
    }

    public RcuDomain Domain => _domain;

    public IndexTable Index => _index;

    public EntryPool<DictionaryEntry<TKey, TValue>> Entries => _entries;

    /// <summary>Whether the guard is one of the map's domain.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsGuard(ref readonly ReadGuard guard) => guard.State == _state;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong HashOf(scoped in TKey key) => TComparer.GetHashCode(in key, _index.Secret);

    /// <summary>The key's entry, or null. The caller is in a section, in which the entry stays.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public DictionaryEntry<TKey, TValue>* Find(scoped in TKey key, ulong hash) =>
        (DictionaryEntry<TKey, TValue>*)_index.Find(in key, hash);

    /// <summary>The entries of some keys, with their misses side by side instead of one after the other.</summary>
    /// <param name="keys">At most as many as <paramref name="found"/> has room for.</param>
    /// <param name="found">The addresses of their entries; 0 for an absent key.</param>
    public void FindAll(scoped ReadOnlySpan<TKey> keys, Span<nint> found)
    {
        Span<ulong> hashes = stackalloc ulong[FoundEntries.Length];
        Span<nint> chains = stackalloc nint[FoundEntries.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            hashes[i] = HashOf(in keys[i]);
            chains[i] = (nint)_index.PrefetchChain(hashes[i]);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            found[i] = (nint)_index.PrefetchEntry((Bucket*)chains[i], hashes[i]);
        }

        for (int i = 0; i < keys.Length; i++)
        {
            // What was prefetched was in the map; if it is another key's, the look-up starts again.
            void* entry = (void*)found[i];
            if (entry == null || !DictionaryEntries<TKey, TValue, TComparer>.Matches(entry, in keys[i]))
            {
                found[i] = (nint)Find(in keys[i], hashes[i]);
            }
        }
    }

    /// <summary>Copies the values of any number of keys.</summary>
    /// <returns>How many were found.</returns>
    public int GetValues(ReadOnlySpan<TKey> keys, Span<TValue> values, Span<bool> found)
    {
        int count = 0;
        Span<nint> entries = stackalloc nint[FoundEntries.Length];
        for (int done = 0; done < keys.Length;)
        {
            ReadOnlySpan<TKey> part = keys.Slice(done, Math.Min(FoundEntries.Length, keys.Length - done));
            using ReadGuard guard = _domain.ReadLock();
            FindAll(part, entries);
            for (int i = 0; i < part.Length; i++, done++)
            {
                DictionaryEntry<TKey, TValue>* entry = (DictionaryEntry<TKey, TValue>*)entries[i];
                found[done] = entry != null;
                values[done] = entry == null ? default : entry->Value;
                count += entry == null ? 0 : 1;
            }
        }

        return count;
    }

    public bool TryGet(in TKey key, out TValue value)
    {
        ulong hash = HashOf(in key);
        using ReadGuard guard = _domain.ReadLock();
        DictionaryEntry<TKey, TValue>* entry = Find(in key, hash);
        if (entry == null)
        {
            value = default;
            return false;
        }

        value = entry->Value; // Each way by itself: a conditional expression would copy the value twice.
        return true;
    }

    public bool Contains(in TKey key)
    {
        ulong hash = HashOf(in key);
        using ReadGuard guard = _domain.ReadLock();
        return Find(in key, hash) != null;
    }

    /// <summary>Adds the key unless it is there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <param name="found">The value that is there instead.</param>
    public bool TryAdd(in TKey key, in TValue value, out TValue found)
    {
        ulong hash = HashOf(in key);
        bool isOverfull = false;
        using (ReadGuard guard = _domain.ReadLock())
        {
            DictionaryEntry<TKey, TValue>* entry = Find(in key, hash);
            if (entry == null)
            {
                entry = AddUnlessFound(in key, hash, in value, out isOverfull);
            }

            if (entry != null)
            {
                found = entry->Value;
                return false;
            }
        }

        SplitIf(isOverfull, hash);
        found = default;
        return true;
    }

    /// <summary>Adds the key, or replaces its value.</summary>
    public void Set(in TKey key, in TValue value)
    {
        ulong hash = HashOf(in key);
        bool isOverfull = false;
        _entries.ApplyBackPressure();
        using (ReadGuard guard = _domain.ReadLock())
        {
            _index.WordFor(hash); // The directory first, then a pool: IndexMemory.cs.
            DictionaryEntry<TKey, TValue>* made = Make(in key, in value);
            void* replaced;
            try
            {
                replaced = _index.Put(in key, hash, made, out isOverfull);
            }
            catch
            {
                _entries.Return(made);
                throw;
            }

            _entries.Free(replaced);
        }

        SplitIf(isOverfull, hash);
    }

    /// <summary>Replaces the key's value if it is equal to another one. Compares them under no lock.</summary>
    public bool TryUpdate(in TKey key, in TValue value, in TValue comparison)
    {
        ulong hash = HashOf(in key);
        _entries.ApplyBackPressure();
        using ReadGuard guard = _domain.ReadLock();
        while (true)
        {
            DictionaryEntry<TKey, TValue>* entry = Find(in key, hash);
            if (entry == null || !EqualityComparer<TValue>.Default.Equals(entry->Value, comparison))
            {
                return false;
            }

            if (TryReplace(hash, entry, in value))
            {
                return true;
            }
        }
    }

    /// <summary>Removes the key.</summary>
    public bool TryRemove(in TKey key, out TValue removed)
    {
        ulong hash = HashOf(in key);
        bool isSparse;
        _entries.ApplyBackPressure();
        using (ReadGuard guard = _domain.ReadLock())
        {
            DictionaryEntry<TKey, TValue>* entry =
                (DictionaryEntry<TKey, TValue>*)_index.Remove(in key, hash, out isSparse);
            if (entry == null)
            {
                removed = default;
                return false;
            }

            removed = entry->Value;
            _entries.Free(entry);
        }

        MergeIf(isSparse, hash);
        return true;
    }

    /// <summary>Removes the key if its value is equal to another one. Compares them under no lock.</summary>
    public bool TryRemoveEqual(in TKey key, in TValue comparison)
    {
        ulong hash = HashOf(in key);
        bool isSparse = false;
        _entries.ApplyBackPressure();
        using (ReadGuard guard = _domain.ReadLock())
        {
            DictionaryEntry<TKey, TValue>* entry;
            do
            {
                entry = Find(in key, hash);
                if (entry == null || !EqualityComparer<TValue>.Default.Equals(entry->Value, comparison))
                {
                    return false;
                }

                _entries.PrepareFree(entry);
            }
            while (!_index.TryExchange(hash, entry, null, out isSparse));

            _index.Counts.AddEntries(-1);
            _entries.Free(entry);
        }

        MergeIf(isSparse, hash);
        return true;
    }

    /// <summary>Copies entries that follow the cursor, in a section of its own. Moves the cursor.</summary>
    /// <returns>How many; 0 at the end.</returns>
    public int Copy(ref DictionaryCursor cursor, Span<KeyValuePair<TKey, TValue>> into)
    {
        using ReadGuard guard = _domain.ReadLock();
        IndexWalk walk = new(_index, cursor);
        int count = 0;
        while (count < into.Length && walk.MoveNext())
        {
            DictionaryEntry<TKey, TValue>* entry = (DictionaryEntry<TKey, TValue>*)walk.Current;
            into[count++] = new KeyValuePair<TKey, TValue>(entry->Key, entry->Value);
        }

        cursor = walk.Cursor;
        return count;
    }

    // An entry that nobody sees yet.
    private DictionaryEntry<TKey, TValue>* Make(in TKey key, in TValue value)
    {
        DictionaryEntry<TKey, TValue>* made = _entries.Rent();
        made->Key = key;
        made->Value = value;
        return made;
    }

    // Returns the entry that is there instead, or null.
    private DictionaryEntry<TKey, TValue>* AddUnlessFound(
        in TKey key, ulong hash, in TValue value, out bool isOverfull)
    {
        DictionaryEntry<TKey, TValue>* made = Make(in key, in value);
        void* found = made; // Whatever happens, it is not in the map.
        try
        {
            found = _index.AddUnlessFound(in key, hash, made, out isOverfull);
        }
        finally
        {
            if (found != null)
            {
                _entries.Return(made);
            }
        }

        return (DictionaryEntry<TKey, TValue>*)found;
    }

    // False: somebody else has replaced or removed the entry.
    private bool TryReplace(ulong hash, DictionaryEntry<TKey, TValue>* entry, in TValue value)
    {
        DictionaryEntry<TKey, TValue>* made = Make(in entry->Key, in value);
        bool isReplaced = false;
        try
        {
            DictionaryEntries<TKey, TValue, TComparer>.CopyKey(made, entry);
            _entries.PrepareFree(entry);
            isReplaced = _index.TryExchange(hash, entry, made, out _);
        }
        finally
        {
            if (!isReplaced)
            {
                _entries.Return(made);
            }
        }

        if (isReplaced)
        {
            _entries.Free(entry);
        }

        return isReplaced;
    }

    private void SplitIf(bool isOverfull, ulong hash)
    {
        if (isOverfull)
        {
            SegmentSplit.TrySplit(_index, hash);
        }
    }

    private void MergeIf(bool isSparse, ulong hash)
    {
        if (isSparse)
        {
            SegmentMerge.TryMerge(_index, hash);
        }
    }
}
