using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Collections.Blobs;
using Quiescent.Collections.Entries;
using Quiescent.Collections.Index;

namespace Quiescent.Collections;

/// <summary>
/// A concurrent map from bytes to bytes outside the garbage collector's heap. Readers take no lock and see values in
/// place, as spans; values can be filled in place. Keys of characters are taken as UTF-8.
/// </summary>
/// <remarks>
/// <para>All members may be called from any thread at any time, inside sections of the map's domain and outside. Each
/// takes effect at one moment between its call and its return. A value that is replaced or removed stays readable for
/// sections that found it, and is freed when they have ended.</para>
/// <para>A key has at most 65,536 bytes, a value at most 2^30; more is an <see cref="ArgumentException"/>. A lone
/// surrogate in a key of characters is one too: as UTF-8, all of them would be one key.</para>
/// <para>An update may be slowed while too much waits for readers, as <see cref="GracePeriodDomain.Free(void*)"/> may,
/// but not inside a section; under <see cref="BacklogPolicy.Throw"/> it throws <see cref="RcuBacklogException"/>, and
/// nothing has changed. After <see cref="Dispose"/> members throw <see cref="ObjectDisposedException"/>; what a
/// section has found stays until the section ends. A map that is dropped without it gives its memory back too.</para>
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "It is a dictionary, whose keys and values are spans.")]
public sealed unsafe class RcuBlobDictionary : IDisposable
{
    private readonly BlobCore _core;

    /// <summary>An empty map.</summary>
    /// <param name="options">How the map behaves; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the map.</exception>
    public RcuBlobDictionary(RcuCollectionOptions? options = null) =>
        _core = new BlobCore((options ?? new RcuCollectionOptions()).Validated());

    /// <summary>The number of entries. Exact when nobody updates the map; takes no lock.</summary>
    /// <exception cref="OverflowException">There are more than <see cref="int.MaxValue"/>: ask
    /// <see cref="LongCount"/>.</exception>
    public int Count => checked((int)LongCount);

    /// <inheritdoc cref="Count"/>
    public long LongCount
    {
        get
        {
            ThrowIfDisposed();
            return _core.Index.Counts.Entries;
        }
    }

    /// <summary>Whether the map has no entries.</summary>
    public bool IsEmpty => LongCount == 0;

    /// <summary>The bytes of the blocks that entries take: keys, values, 16 bytes for each entry, and what the sizes of
    /// blocks round up. Exact when nobody updates the map; takes no lock.</summary>
    public long BytesInUse
    {
        get
        {
            ThrowIfDisposed();
            return _core.Store.BytesInUse;
        }
    }

    internal BlobCore Core => _core;

    /// <summary>Finds a key's value, in place. Takes no lock and copies nothing.</summary>
    /// <param name="guard">A section of the map's domain. The value stays until it ends.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; it begins at a multiple of eight. Empty if the key is absent.</param>
    /// <returns>Whether the key is there.</returns>
    /// <exception cref="InvalidOperationException">The guard is a default one, or another domain's.</exception>
    [OverloadResolutionPriority(1)]
    public bool TryFind(ref readonly ReadGuard guard, scoped ReadOnlySpan<byte> key, out ReadOnlySpan<byte> value)
    {
        RequireGuard(in guard);
        BlobLimits.RequireKey(key);
        BlobEntry* entry = _core.Find(key);

        // SAFETY: the entry stays until the section ends, and the compiler keeps the span inside it.
        value = entry == null ? default : BlobEntry.ValueOf(entry);
        return entry != null;
    }

    /// <inheritdoc cref="TryFind(ref readonly ReadGuard, ReadOnlySpan{byte}, out ReadOnlySpan{byte})"/>
    /// <param name="guard">A section of the map's domain. The value stays until it ends.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; it begins at a multiple of eight. Empty if the key is absent.</param>
    /// <returns>Whether the key is there.</returns>
    public bool TryFind(ref readonly ReadGuard guard, scoped ReadOnlySpan<char> key, out ReadOnlySpan<byte> value)
    {
        using Utf8Key utf8 = new(key, stackalloc byte[Utf8Key.StackBytes]);
        return TryFind(in guard, utf8.Bytes, out value);
    }

    /// <summary>Copies a key's value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="destination">Where it goes. Called in no section; nothing is written for an absent key.</param>
    /// <returns>Whether the key is there.</returns>
    [OverloadResolutionPriority(1)]
    public bool TryGet(ReadOnlySpan<byte> key, IBufferWriter<byte> destination)
    {
        ArgumentNullException.ThrowIfNull(destination);
        BlobLimits.RequireKey(key);
        return _core.TryGet(key, destination);
    }

    /// <inheritdoc cref="TryGet(ReadOnlySpan{byte}, IBufferWriter{byte})"/>
    public bool TryGet(ReadOnlySpan<char> key, IBufferWriter<byte> destination)
    {
        using Utf8Key utf8 = new(key, stackalloc byte[Utf8Key.StackBytes]);
        return TryGet(utf8.Bytes, destination);
    }

    /// <summary>Whether a key is there.</summary>
    /// <param name="key">The key.</param>
    /// <returns>True if it is.</returns>
    [OverloadResolutionPriority(1)]
    public bool ContainsKey(ReadOnlySpan<byte> key)
    {
        BlobLimits.RequireKey(key);
        return _core.Contains(key);
    }

    /// <inheritdoc cref="ContainsKey(ReadOnlySpan{byte})"/>
    public bool ContainsKey(ReadOnlySpan<char> key)
    {
        using Utf8Key utf8 = new(key, stackalloc byte[Utf8Key.StackBytes]);
        return ContainsKey(utf8.Bytes);
    }

    /// <summary>Adds a key, or replaces its value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, which is copied.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    [OverloadResolutionPriority(1)]
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        BlobLimits.RequireKey(key);
        BlobLimits.RequireValue(value.Length);
        _core.Set(key, value);
    }

    /// <inheritdoc cref="Set(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Set(ReadOnlySpan<char> key, ReadOnlySpan<byte> value)
    {
        using Utf8Key utf8 = new(key, stackalloc byte[Utf8Key.StackBytes]);
        Set(utf8.Bytes, value);
    }

    /// <summary>Adds a key, or replaces its value, by one that is written in place: readers see it complete.</summary>
    /// <param name="key">The key.</param>
    /// <param name="valueLength">How many bytes the value has.</param>
    /// <param name="argument">Handed to the function.</param>
    /// <param name="fill">Writes the value, over zeroes. Runs in no section and under no lock; if it throws, nothing
    /// has changed.</param>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    [OverloadResolutionPriority(1)]
    public void Set<TArg>(ReadOnlySpan<byte> key, int valueLength, TArg argument, SpanAction<byte, TArg> fill)
        where TArg : allows ref struct
    {
        ArgumentNullException.ThrowIfNull(fill);
        BlobLimits.RequireKey(key);
        BlobLimits.RequireValue(valueLength);
        _core.Set(key, valueLength, argument, fill);
    }

    /// <inheritdoc cref="Set{TArg}(ReadOnlySpan{byte}, int, TArg, SpanAction{byte, TArg})"/>
    public void Set<TArg>(ReadOnlySpan<char> key, int valueLength, TArg argument, SpanAction<byte, TArg> fill)
        where TArg : allows ref struct
    {
        using Utf8Key utf8 = new(key, stackalloc byte[Utf8Key.StackBytes]);
        Set(utf8.Bytes, valueLength, argument, fill);
    }

    /// <summary>Adds a key unless it is there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, which is copied.</param>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    [OverloadResolutionPriority(1)]
    public bool TryAdd(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        BlobLimits.RequireKey(key);
        BlobLimits.RequireValue(value.Length);
        return _core.TryAdd(key, value);
    }

    /// <inheritdoc cref="TryAdd(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public bool TryAdd(ReadOnlySpan<char> key, ReadOnlySpan<byte> value)
    {
        using Utf8Key utf8 = new(key, stackalloc byte[Utf8Key.StackBytes]);
        return TryAdd(utf8.Bytes, value);
    }

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory to queue its entry; nothing has changed.</exception>
    [OverloadResolutionPriority(1)]
    public bool Remove(ReadOnlySpan<byte> key)
    {
        BlobLimits.RequireKey(key);
        return _core.Remove(key);
    }

    /// <inheritdoc cref="Remove(ReadOnlySpan{byte})"/>
    public bool Remove(ReadOnlySpan<char> key)
    {
        using Utf8Key utf8 = new(key, stackalloc byte[Utf8Key.StackBytes]);
        return Remove(utf8.Bytes);
    }

    /// <summary>Removes all entries. Those that are added meanwhile may stay.</summary>
    /// <remarks>Goes through the whole map, a few entries at a time, and holds nobody up.</remarks>
    public void Clear() => IndexClear.Clear(_core.Index);

    /// <summary>Gives back what the index does not need for its entries any more. A map that shrinks does most of this
    /// by itself.</summary>
    public void TrimExcess() => IndexTrim.Trim(_core.Index);

    /// <summary>Enumerates the map in place: each entry that is there throughout comes once.</summary>
    /// <param name="guard">A section of the map's domain. The entries stay until it ends, and what is freed meanwhile
    /// waits: for a large map, use a cursor and several sections.</param>
    /// <returns>What <c>foreach</c> goes through.</returns>
    /// <exception cref="InvalidOperationException">The guard is a default one, or another domain's.</exception>
    public Enumerator Enumerate(ref readonly ReadGuard guard)
    {
        RequireGuard(in guard);
        return new Enumerator(this);
    }

    /// <summary>Enumerates a part of the map in place, from where the last part ended: each entry that is there
    /// throughout comes once, in one of the parts, however the map grows or shrinks between them.</summary>
    /// <param name="guard">A section of the map's domain. The entries stay until it ends.</param>
    /// <param name="cursor">Where to begin; the default is the start. It stands behind the last entry that was given,
    /// also if the loop was left.</param>
    /// <param name="atMost">How many entries to give.</param>
    /// <returns>What <c>foreach</c> goes through.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is not positive.</exception>
    /// <exception cref="InvalidOperationException">The guard is a default one, or another domain's.</exception>
    public Enumerator Enumerate(ref readonly ReadGuard guard, ref DictionaryCursor cursor, int atMost)
    {
        RequireGuard(in guard);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(atMost);
        return new Enumerator(this, ref cursor, atMost);
    }

    /// <summary>The map's figures.</summary>
    /// <returns>Each figure at a moment during the call.</returns>
    public RcuDictionaryStatistics GetStatistics()
    {
        ThrowIfDisposed();
        RcuDictionaryStatistics statistics = _core.Index.ReadStatistics(_core.Store.Bytes);
        return statistics;
    }

    /// <summary>Ends the map, and gives its memory back after a grace period, without waiting for it. A second call
    /// does nothing.</summary>
    public void Dispose() => _core.Index.End();

    private void RequireGuard(ref readonly ReadGuard guard)
    {
        if (!_core.IsGuard(in guard))
        {
            GuardCheck.Throw(in guard, _core.Index.Name);
        }
    }

    private void ThrowIfDisposed()
    {
        if (_core.Index.Directory.IsEnded)
        {
            _core.Index.ThrowDisposed();
        }
    }

    /// <summary>An entry in place, until the section ends.</summary>
    public readonly ref struct Entry
    {
        private readonly BlobEntry* _entry;

        internal Entry(void* entry) => _entry = (BlobEntry*)entry;

        /// <summary>The key; as UTF-8 if it was given as characters.</summary>
        /// <exception cref="NullReferenceException">There is no entry.</exception>
        [UnscopedRef]
        public ReadOnlySpan<byte> Key => BlobEntry.KeyOf(_entry); // SAFETY: the compiler keeps this inside the section.

        /// <summary>The value.</summary>
        /// <exception cref="NullReferenceException">There is no entry.</exception>
        [UnscopedRef]
        public ReadOnlySpan<byte> Value => BlobEntry.ValueOf(_entry); // SAFETY: as above.
    }

    /// <summary>Goes through the map in place, for <c>foreach</c>, until the section ends.</summary>
    public ref struct Enumerator
    {
        private CursorWalk _walk;

        internal Enumerator(RcuBlobDictionary map) => _walk = new CursorWalk(map._core.Index);

        internal Enumerator(RcuBlobDictionary map, ref DictionaryCursor cursor, int atMost)
        {
            _walk = new CursorWalk(map._core.Index, ref cursor, atMost);
        }

        /// <summary>The current entry.</summary>
        public readonly Entry Current => new(_walk.Current);

        /// <summary>This enumerator, for <c>foreach</c>.</summary>
        /// <returns>A copy, which begins where this one stands.</returns>
        public readonly Enumerator GetEnumerator() => this;

        /// <summary>Goes to the next entry.</summary>
        /// <returns>False: there is none, or as many as were asked for have been given.</returns>
        /// <exception cref="ObjectDisposedException">The map is disposed.</exception>
        public bool MoveNext() => _walk.MoveNext();
    }
}
