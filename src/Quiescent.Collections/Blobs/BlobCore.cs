using System.Buffers;
using Quiescent.Collections.Hashing;
using Quiescent.Collections.Index;
using Quiescent.Readers;

namespace Quiescent.Collections.Blobs;

// A map of byte strings: the index, where its entries lie, and what the operations make of both. C5 and C9 are met as
// in Entries/DictionaryCore.cs, except that back-pressure is applied after the section, for the class of the block that
// was freed.
internal sealed unsafe class BlobCore
{
    private readonly HashIndex<ReadOnlySpan<byte>, BlobEntries> _index;
    private readonly BlobStore _store;
    private readonly RcuDomain _domain;
    private readonly DomainState* _state;

    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public BlobCore(RcuCollectionOptions options)
    {
        _domain = options.Domain ?? Rcu.DefaultDomain;
        _state = _domain.Core.State;
        _store = new BlobStore(_domain, options);
        _index = new HashIndex<ReadOnlySpan<byte>, BlobEntries>(_domain, options, _store, KeyHash.CreateSecret());
        _store.Begin(_index.Memory);
    }

    public RcuDomain Domain => _domain;

    public IndexTable Index => _index;

    public BlobStore Store => _store;

    /// <summary>Whether the guard is one of the map's domain.</summary>
    public bool IsGuard(ref readonly ReadGuard guard) => guard.State == _state;

    /// <summary>The key's entry, or null. The caller is in a section, in which the entry stays.</summary>
    public BlobEntry* Find(scoped ReadOnlySpan<byte> key) => (BlobEntry*)_index.Find(in key, HashOf(key));

    /// <summary>Copies the key's value. Runs the writer's code in no section.</summary>
    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        ulong hash = HashOf(key);
        int length = 0;
        while (true)
        {
            Span<byte> room = destination.GetSpan(length);
            using (ReadGuard guard = _domain.ReadLock())
            {
                BlobEntry* entry = (BlobEntry*)_index.Find(in key, hash);
                if (entry == null)
                {
                    return false;
                }

                length = entry->ValueLength;
                if (length <= room.Length)
                {
                    BlobEntry.ValueOf(entry).CopyTo(room);
                    break;
                }
            }
        }

        destination.Advance(length);
        return true;
    }

    public bool Contains(ReadOnlySpan<byte> key)
    {
        using ReadGuard guard = _domain.ReadLock();
        return Find(key) != null;
    }

    public bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ulong hash = HashOf(key);
        bool isOverfull;
        using (ReadGuard guard = _domain.ReadLock())
        {
            if (_index.Find(in key, hash) != null)
            {
                return false;
            }

            BlobEntry* made = Make(key, hash, value);
            void* found = made; // Whatever happens, it is not in the map.
            try
            {
                found = _index.AddUnlessFound(in key, hash, made, out isOverfull);
            }
            finally
            {
                if (found != null)
                {
                    _store.Return(made);
                }
            }

            if (found != null)
            {
                return false;
            }

            _store.Count(made, isAdded: true);
        }

        SplitIf(isOverfull, hash);
        return true;
    }

    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ulong hash = HashOf(key);
        nuint replaced;
        bool isOverfull;
        using (ReadGuard guard = _domain.ReadLock())
        {
            _index.WordFor(hash); // The directory first, then a pool: IndexMemory.cs.
            replaced = Put(key, hash, Make(key, hash, value), out isOverfull);
        }

        Finish(replaced, isOverfull, hash);
    }

    /// <summary>Adds or replaces an entry whose value the function writes, in no section. The map's memory stays
    /// meanwhile.</summary>
    public void Set<TArg>(ReadOnlySpan<byte> key, int valueLength, TArg argument, SpanAction<byte, TArg> fill)
        where TArg : allows ref struct
    {
        ulong hash = HashOf(key);
        BlobEntry* made;
        using (ReadGuard guard = _domain.ReadLock())
        {
            _index.WordFor(hash); // As above.
            made = Make(key, hash, valueLength);
            _index.Memory.Enter();
        }

        nuint replaced = 0;
        bool isOverfull = false;
        bool isHandedOver = false;
        try
        {
            Span<byte> value = BlobEntry.ValueOf(made);
            value.Clear();
            fill(value, argument);
            using ReadGuard guard = _domain.ReadLock();
            isHandedOver = true;
            replaced = Put(key, hash, made, out isOverfull);
        }
        finally
        {
            if (!isHandedOver)
            {
                _store.Return(made);
            }

            _index.Memory.Leave();
        }

        Finish(replaced, isOverfull, hash);
    }

    public bool Remove(ReadOnlySpan<byte> key)
    {
        ulong hash = HashOf(key);
        nuint removed;
        bool isSparse;
        using (ReadGuard guard = _domain.ReadLock())
        {
            BlobEntry* entry = (BlobEntry*)_index.Remove(in key, hash, out isSparse);
            if (entry == null)
            {
                return false;
            }

            removed = BlobEntry.BytesOf(entry);
            _store.Free(entry);
        }

        _store.PayFor(removed);
        if (isSparse)
        {
            SegmentMerge.TryMerge(_index, hash);
        }

        return true;
    }

    private ulong HashOf(scoped ReadOnlySpan<byte> key) => KeyHash.Of(key, _index.Secret);

    private BlobEntry* Make(ReadOnlySpan<byte> key, ulong hash, int valueLength)
    {
        BlobEntry* made = _store.Rent(key.Length, valueLength);
        made->Hash = hash;
        key.CopyTo(BlobEntry.KeyOf(made));
        return made;
    }

    private BlobEntry* Make(ReadOnlySpan<byte> key, ulong hash, ReadOnlySpan<byte> value)
    {
        BlobEntry* made = Make(key, hash, value.Length);
        value.CopyTo(BlobEntry.ValueOf(made));
        return made;
    }

    // Returns the bytes of the entry that was replaced, or 0. If it fails, the entry goes back.
    private nuint Put(ReadOnlySpan<byte> key, ulong hash, BlobEntry* made, out bool isOverfull)
    {
        BlobEntry* replaced;
        try
        {
            replaced = (BlobEntry*)_index.Put(in key, hash, made, out isOverfull);
        }
        catch
        {
            _store.Return(made);
            throw;
        }

        _store.Count(made, isAdded: true);
        if (replaced == null)
        {
            return 0;
        }

        nuint bytes = BlobEntry.BytesOf(replaced);
        _store.Free(replaced);
        return bytes;
    }

    private void Finish(nuint replaced, bool isOverfull, ulong hash)
    {
        if (replaced != 0)
        {
            _store.PayFor(replaced);
        }

        SplitIf(isOverfull, hash);
    }

    private void SplitIf(bool isOverfull, ulong hash)
    {
        if (isOverfull)
        {
            SegmentSplit.TrySplit(_index, hash);
        }
    }
}
