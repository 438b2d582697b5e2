using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Collections.Entries;
using Quiescent.Collections.Index;

namespace Quiescent.Collections;

/// <summary>
/// A concurrent map of unmanaged keys and values outside the garbage collector's heap, with the members of
/// <see cref="System.Collections.Concurrent.ConcurrentDictionary{TKey, TValue}"/>. Compares keys by default.
/// </summary>
/// <inheritdoc cref="RcuDictionary{TKey, TValue, TComparer}" path="/remarks"/>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <param name="options">How the map behaves; null for the defaults.</param>
/// <exception cref="ArgumentException">An option is out of its range, or the keys need a comparer.</exception>
/// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
/// <exception cref="OutOfMemoryException">There is no memory for the map.</exception>
public sealed class RcuDictionary<TKey, TValue>(RcuCollectionOptions? options = null)
    : RcuDictionary<TKey, TValue, DefaultKeyComparer<TKey>>(options)
    where TKey : unmanaged
    where TValue : unmanaged;

/// <summary>
/// A concurrent map of unmanaged keys and values outside the garbage collector's heap, with the members of
/// <see cref="System.Collections.Concurrent.ConcurrentDictionary{TKey, TValue}"/>. Readers take no lock and see values
/// in place; the map grows and shrinks a piece at a time, and no operation waits for that.
/// </summary>
/// <typeparam name="TKey">The type of the keys.</typeparam>
/// <typeparam name="TValue">The type of the values.</typeparam>
/// <typeparam name="TComparer">How keys are compared and hashed.</typeparam>
/// <remarks>
/// <para>All members may be called from any thread at any time, inside sections of the map's domain and outside. Each
/// takes effect at one moment between its call and its return. A value that is replaced or removed stays readable for
/// sections that found it, and is freed when they have ended.</para>
/// <para>An update may be slowed while too much waits for readers, as <see cref="GracePeriodDomain.Free(void*)"/> may,
/// but not inside a section; under <see cref="BacklogPolicy.Throw"/> it throws <see cref="RcuBacklogException"/>, and
/// nothing has changed. Factories run in no section and under no lock; one that throws changes nothing.</para>
/// <para>After <see cref="Dispose"/> members throw <see cref="ObjectDisposedException"/>. What a section has found
/// stays until the section ends. A map that is dropped without it gives its memory back too.</para>
/// </remarks>
public unsafe class RcuDictionary<TKey, TValue, TComparer>
    : IDictionary<TKey, TValue>, IReadOnlyDictionary<TKey, TValue>, IDisposable
    where TKey : unmanaged
    where TValue : unmanaged
    where TComparer : struct, IKeyComparer<TKey>
{
    private const int BatchLength = 256;

    private readonly DictionaryCore<TKey, TValue, TComparer> _core;

    /// <summary>An empty map.</summary>
    /// <param name="options">How the map behaves; null for the defaults.</param>
    /// <exception cref="ArgumentException">An option is out of its range, or the keys need a comparer.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for the map.</exception>
    public RcuDictionary(RcuCollectionOptions? options = null)
    {
        options = (options ?? new RcuCollectionOptions()).Validated();
        if (typeof(TComparer) == typeof(DefaultKeyComparer<TKey>))
        {
            DefaultKeyComparer<TKey>.RequireComparable();
        }

        _core = new DictionaryCore<TKey, TValue, TComparer>(options);
    }

    internal DictionaryCore<TKey, TValue, TComparer> Core => _core;

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

    /// <summary>The keys, as they were at about the time of the call: a copy.</summary>
    public ICollection<TKey> Keys => CopyAll(static item => item.Key).AsReadOnly();

    /// <summary>The values, as they were at about the time of the call: a copy.</summary>
    public ICollection<TValue> Values => CopyAll(static item => item.Value).AsReadOnly();

    /// <inheritdoc/>
    IEnumerable<TKey> IReadOnlyDictionary<TKey, TValue>.Keys => Keys;

    /// <inheritdoc/>
    IEnumerable<TValue> IReadOnlyDictionary<TKey, TValue>.Values => Values;

    /// <inheritdoc/>
    bool ICollection<KeyValuePair<TKey, TValue>>.IsReadOnly => false;

    /// <summary>The value of a key. Setting it replaces the key's value, or adds the key.</summary>
    /// <param name="key">The key.</param>
    /// <returns>A copy of the value.</returns>
    /// <exception cref="KeyNotFoundException">The key is absent, and its value was asked for.</exception>
    public TValue this[TKey key]
    {
        get => _core.TryGet(in key, out TValue value) ? value : throw AbsentKey(key);
        set => _core.Set(in key, in value);
    }

    /// <summary>Finds a key's value and returns it in place. Takes no lock and copies nothing: the misses
    /// of a bucket and of an entry.</summary>
    /// <param name="guard">A section of the map's domain. The value stays until it ends.</param>
    /// <param name="key">The key.</param>
    /// <returns>The value; a null reference if the key is absent (<see cref="Rcu.IsNull{T}"/>).</returns>
    /// <exception cref="InvalidOperationException">The guard is a default one, or another domain's.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref readonly TValue Find(ref readonly ReadGuard guard, scoped in TKey key)
    {
        RequireGuard(in guard);
        DictionaryEntry<TKey, TValue>* entry = _core.Find(in key, _core.HashOf(in key));

        // SAFETY: the entry stays until the section ends, and the compiler keeps the reference inside it.
        return ref entry == null ? ref Unsafe.NullRef<TValue>() : ref entry->Value;
    }

    /// <summary>Finds several keys' values at once: their cache misses are waited for side by side.</summary>
    /// <param name="guard">A section of the map's domain. The values stay until it ends.</param>
    /// <param name="keys">At most <see cref="FoundValues{TValue}.Capacity"/> keys. A <c>Span</c> declared before this
    /// call has to be <c>scoped</c>.</param>
    /// <returns>The values, in the keys' order.</returns>
    /// <exception cref="ArgumentException">There are more keys than that.</exception>
    /// <exception cref="InvalidOperationException">The guard is a default one, or another domain's.</exception>
    public FoundValues<TValue> FindAll(ref readonly ReadGuard guard, scoped ReadOnlySpan<TKey> keys)
    {
        RequireGuard(in guard);
        if (keys.Length > FoundValues<TValue>.Capacity)
        {
            throw new ArgumentException(
                $"At most {FoundValues<TValue>.Capacity} keys at a time; there are {keys.Length}.", nameof(keys));
        }

        FoundEntries found = default;
        _core.FindAll(keys, found);
        for (int i = 0; i < keys.Length; i++)
        {
            found[i] = found[i] == 0 ? 0 : (nint)(&((DictionaryEntry<TKey, TValue>*)found[i])->Value);
        }

        return new FoundValues<TValue>(in found, keys.Length);
    }

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

    /// <summary>Copies a key's value. Costs a section, and the misses of a bucket and of an entry.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value; the default if the key is absent.</param>
    /// <returns>Whether the key is there.</returns>
    public bool TryGetValue(TKey key, out TValue value) => _core.TryGet(in key, out value);

    /// <summary>Whether a key is there.</summary>
    /// <param name="key">The key.</param>
    /// <returns>True if it is.</returns>
    public bool ContainsKey(TKey key) => _core.Contains(in key);

    /// <summary>Adds a key unless it is there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value.</param>
    /// <returns>Whether it was added.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public bool TryAdd(TKey key, TValue value) => _core.TryAdd(in key, in value, out _);

    /// <summary>Removes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value that was removed; the default if the key was absent.</param>
    /// <returns>Whether it was removed.</returns>
    public bool TryRemove(TKey key, out TValue value) => _core.TryRemove(in key, out value);

    /// <summary>Removes a key if it has this value, by <see cref="EqualityComparer{T}.Default"/>.</summary>
    /// <param name="item">The key and the value.</param>
    /// <returns>Whether it was removed.</returns>
    public bool TryRemove(KeyValuePair<TKey, TValue> item) => _core.TryRemoveEqual(item.Key, item.Value);

    /// <summary>Replaces a key's value if it is equal to another one, by
    /// <see cref="EqualityComparer{T}.Default"/>.</summary>
    /// <param name="key">The key.</param>
    /// <param name="newValue">The value that takes its place.</param>
    /// <param name="comparisonValue">What the value has to be equal to.</param>
    /// <returns>Whether it was replaced.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public bool TryUpdate(TKey key, TValue newValue, TValue comparisonValue) =>
        _core.TryUpdate(in key, in newValue, in comparisonValue);

    /// <summary>The key's value, which is added if the key is absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">What to add.</param>
    /// <returns>The value that is in the map.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public TValue GetOrAdd(TKey key, TValue value) => _core.TryAdd(in key, in value, out TValue found) ? value : found;

    /// <inheritdoc cref="GetOrAdd{TArg}(TKey, Func{TKey, TArg, TValue}, TArg)"/>
    public TValue GetOrAdd(TKey key, Func<TKey, TValue> valueFactory)
    {
        ArgumentNullException.ThrowIfNull(valueFactory);
        return GetOrAdd(key, static (key, factory) => factory(key), valueFactory);
    }

    /// <summary>The key's value, which is made and added if the key is absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="valueFactory">Makes the value. May be called although another thread's value is added.</param>
    /// <param name="factoryArgument">Handed to it.</param>
    /// <returns>The value that is in the map.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public TValue GetOrAdd<TArg>(TKey key, Func<TKey, TArg, TValue> valueFactory, TArg factoryArgument)
        where TArg : allows ref struct
    {
        ArgumentNullException.ThrowIfNull(valueFactory);
        return _core.TryGet(in key, out TValue value) ? value : GetOrAdd(key, valueFactory(key, factoryArgument));
    }

    /// <inheritdoc cref="AddOrUpdate{TArg}(TKey, Func{TKey, TArg, TValue}, Func{TKey, TValue, TArg, TValue}, TArg)"/>
    /// <param name="key">The key.</param>
    /// <param name="addValue">What to add.</param>
    /// <param name="updateValueFactory">Makes the value of a key that is there from the old one.</param>
    public TValue AddOrUpdate(TKey key, TValue addValue, Func<TKey, TValue, TValue> updateValueFactory)
    {
        ArgumentNullException.ThrowIfNull(updateValueFactory);
        return AddOrUpdate(
            key,
            static (_, argument) => argument.Value,
            static (key, old, argument) => argument.Update(key, old),
            (Value: addValue, Update: updateValueFactory));
    }

    /// <inheritdoc cref="AddOrUpdate{TArg}(TKey, Func{TKey, TArg, TValue}, Func{TKey, TValue, TArg, TValue}, TArg)"/>
    /// <param name="key">The key.</param>
    /// <param name="addValueFactory">Makes the value of an absent key.</param>
    /// <param name="updateValueFactory">Makes the value of a key that is there from the old one.</param>
    public TValue AddOrUpdate(
        TKey key, Func<TKey, TValue> addValueFactory, Func<TKey, TValue, TValue> updateValueFactory)
    {
        ArgumentNullException.ThrowIfNull(addValueFactory);
        ArgumentNullException.ThrowIfNull(updateValueFactory);
        return AddOrUpdate(
            key,
            static (key, argument) => argument.Add(key),
            static (key, old, argument) => argument.Update(key, old),
            (Add: addValueFactory, Update: updateValueFactory));
    }

    /// <summary>Adds an absent key, or replaces the value of one that is there, if it is still the value that the new
    /// one was made from.</summary>
    /// <param name="key">The key.</param>
    /// <param name="addValueFactory">Makes the value of an absent key.</param>
    /// <param name="updateValueFactory">Makes the value of a key that is there from the old one. May be called more
    /// than once.</param>
    /// <param name="factoryArgument">Handed to both.</param>
    /// <returns>The value that is in the map now.</returns>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public TValue AddOrUpdate<TArg>(
        TKey key,
        Func<TKey, TArg, TValue> addValueFactory,
        Func<TKey, TValue, TArg, TValue> updateValueFactory,
        TArg factoryArgument)
        where TArg : allows ref struct
    {
        ArgumentNullException.ThrowIfNull(addValueFactory);
        ArgumentNullException.ThrowIfNull(updateValueFactory);
        while (true)
        {
            TValue value;
            bool isDone = _core.TryGet(in key, out TValue old)
                ? _core.TryUpdate(in key, value = updateValueFactory(key, old, factoryArgument), in old)
                : _core.TryAdd(in key, value = addValueFactory(key, factoryArgument), out _);
            if (isDone)
            {
                return value;
            }
        }
    }

    /// <summary>Removes all entries. Those that are added meanwhile may stay.</summary>
    /// <remarks>Goes through the whole map, a few entries at a time, and holds nobody up.</remarks>
    public void Clear() => IndexClear.Clear(_core.Index);

    /// <summary>Copies all entries, as they are at about the time of the call.</summary>
    /// <returns>The entries.</returns>
    public KeyValuePair<TKey, TValue>[] ToArray() => [.. CopyAll(static item => item)];

    /// <summary>Gives back what the index does not need for its entries any more. A map that shrinks does most of this
    /// by itself.</summary>
    public void TrimExcess() => IndexTrim.Trim(_core.Index);

    /// <summary>Copies the values of any number of keys: their cache misses are waited for side by side.</summary>
    /// <param name="keys">The keys.</param>
    /// <param name="values">Where the values go; the default for an absent key.</param>
    /// <param name="found">Where it goes whether the key was there.</param>
    /// <returns>How many were there.</returns>
    /// <exception cref="ArgumentException">There is less room than there are keys.</exception>
    public int GetValues(ReadOnlySpan<TKey> keys, Span<TValue> values, Span<bool> found)
    {
        if (values.Length < keys.Length || found.Length < keys.Length)
        {
            throw new ArgumentException("There is less room than there are keys.");
        }

        return _core.GetValues(keys, values, found);
    }

    /// <summary>The map's figures.</summary>
    /// <returns>Each figure at a moment during the call.</returns>
    public RcuDictionaryStatistics GetStatistics()
    {
        ThrowIfDisposed();
        RcuDictionaryStatistics statistics = _core.Index.ReadStatistics(_core.Entries.GetStatistics().SlabBytes);
        return statistics;
    }

    /// <summary>Enumerates copies of the entries, in sections of its own: each entry that is there throughout comes
    /// once.</summary>
    /// <returns>The enumerator.</returns>
    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator()
    {
        ThrowIfDisposed();
        return EnumerateCopies();
    }

    /// <summary>Ends the map, and gives its memory back after a grace period, without waiting for it. A second call
    /// does nothing.</summary>
    public void Dispose()
    {
        _core.Index.End();
        GC.SuppressFinalize(this); // For a class derived from this one.
    }

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    void IDictionary<TKey, TValue>.Add(TKey key, TValue value)
    {
        if (!TryAdd(key, value))
        {
            throw new ArgumentException($"The key is in the map already: {key}", nameof(key));
        }
    }

    /// <inheritdoc/>
    bool IDictionary<TKey, TValue>.Remove(TKey key) => TryRemove(key, out _);

    /// <inheritdoc/>
    void ICollection<KeyValuePair<TKey, TValue>>.Add(KeyValuePair<TKey, TValue> item) =>
        ((IDictionary<TKey, TValue>)this).Add(item.Key, item.Value);

    /// <inheritdoc/>
    bool ICollection<KeyValuePair<TKey, TValue>>.Contains(KeyValuePair<TKey, TValue> item) =>
        TryGetValue(item.Key, out TValue value) && EqualityComparer<TValue>.Default.Equals(value, item.Value);

    /// <inheritdoc/>
    void ICollection<KeyValuePair<TKey, TValue>>.CopyTo(KeyValuePair<TKey, TValue>[] array, int arrayIndex)
    {
        ArgumentNullException.ThrowIfNull(array);
        ArgumentOutOfRangeException.ThrowIfNegative(arrayIndex);
        CopyAll(static item => item).CopyTo(array, arrayIndex);
    }

    /// <inheritdoc/>
    bool ICollection<KeyValuePair<TKey, TValue>>.Remove(KeyValuePair<TKey, TValue> item) => TryRemove(item);

    private static KeyNotFoundException AbsentKey(TKey key) => new($"The key is not in the map: {key}");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RequireGuard(ref readonly ReadGuard guard)
    {
        if (!_core.IsGuard(in guard))
        {
            ThrowWrongGuard(in guard);
        }
    }

    [DoesNotReturn]
    private void ThrowWrongGuard(ref readonly ReadGuard guard) => GuardCheck.Throw(in guard, _core.Index.Name);

    private void ThrowIfDisposed()
    {
        if (_core.Index.Directory.IsEnded)
        {
            _core.Index.ThrowDisposed();
        }
    }

    private IEnumerator<KeyValuePair<TKey, TValue>> EnumerateCopies()
    {
        KeyValuePair<TKey, TValue>[] batch = new KeyValuePair<TKey, TValue>[BatchLength];
        DictionaryCursor cursor = default;
        for (int count; (count = _core.Copy(ref cursor, batch)) != 0;)
        {
            for (int i = 0; i < count; i++)
            {
                yield return batch[i];
            }
        }
    }

    private List<TItem> CopyAll<TItem>(Func<KeyValuePair<TKey, TValue>, TItem> select)
    {
        List<TItem> all = new(Count);
        foreach (KeyValuePair<TKey, TValue> item in this)
        {
            all.Add(select(item));
        }

        return all;
    }

    /// <summary>An entry in place, until the section ends.</summary>
    public readonly ref struct Entry
    {
        private readonly DictionaryEntry<TKey, TValue>* _entry;

        internal Entry(DictionaryEntry<TKey, TValue>* entry) => _entry = entry;

        /// <summary>The key.</summary>
        /// <exception cref="NullReferenceException">There is no entry.</exception>
        public ref readonly TKey Key => ref _entry->Key; // SAFETY: the compiler keeps this value inside the section.

        /// <summary>The value.</summary>
        /// <exception cref="NullReferenceException">There is no entry.</exception>
        public ref readonly TValue Value => ref _entry->Value; // SAFETY: as above.
    }

    /// <summary>Goes through the map in place, for <c>foreach</c>, until the section ends.</summary>
    public ref struct Enumerator
    {
        private CursorWalk _walk;

        internal Enumerator(RcuDictionary<TKey, TValue, TComparer> map) => _walk = new CursorWalk(map._core.Index);

        internal Enumerator(RcuDictionary<TKey, TValue, TComparer> map, ref DictionaryCursor cursor, int atMost)
        {
            _walk = new CursorWalk(map._core.Index, ref cursor, atMost);
        }

        /// <summary>The current entry.</summary>
        public readonly Entry Current => new((DictionaryEntry<TKey, TValue>*)_walk.Current);

        /// <summary>This enumerator, for <c>foreach</c>.</summary>
        /// <returns>A copy, which begins where this one stands.</returns>
        public readonly Enumerator GetEnumerator() => this;

        /// <summary>Goes to the next entry.</summary>
        /// <returns>False: there is none, or as many as were asked for have been given.</returns>
        /// <exception cref="ObjectDisposedException">The map is disposed.</exception>
        public bool MoveNext() => _walk.MoveNext();
    }
}
