namespace Quiescent.Testing;

/// <summary>The operations of a map of unique keys that <see cref="MapSpecification{TKey, TValue}"/> knows. Names and
/// meaning are those of <c>ConcurrentDictionary</c>.</summary>
public enum MapMethod
{
    /// <summary>Looks up a key: success and value.</summary>
    TryGetValue,

    /// <summary>Looks up a key: success.</summary>
    ContainsKey,

    /// <summary>Adds a key that is absent: success.</summary>
    TryAdd,

    /// <summary>Adds or replaces (the indexer): no result.</summary>
    Set,

    /// <summary>Replaces a value that equals the comparand: success.</summary>
    TryUpdate,

    /// <summary>Removes a key: success and value.</summary>
    TryRemove,

    /// <summary>Removes a key with a value that equals the comparand (the overload that takes a pair):
    /// success.</summary>
    TryRemoveItem,

    /// <summary>Looks up a key, and adds it if it is absent: the value that is there then.</summary>
    GetOrAdd,
}

/// <summary>An operation on a map, with its arguments.</summary>
/// <typeparam name="TKey">The map's keys.</typeparam>
/// <typeparam name="TValue">The map's values.</typeparam>
/// <param name="method">Which operation.</param>
/// <param name="key">Its key.</param>
/// <param name="value">The value to store, if the operation takes one.</param>
/// <param name="comparand">The value to compare with, if the operation takes one.</param>
public readonly struct MapCall<TKey, TValue>(
    MapMethod method, TKey key, TValue value = default, TValue comparand = default)
    where TKey : notnull
    where TValue : struct
{
    /// <summary>Which operation.</summary>
    public MapMethod Method { get; } = method;

    /// <summary>Its key.</summary>
    public TKey Key { get; } = key;

    /// <summary>The value to store, if the operation takes one.</summary>
    public TValue Value { get; } = value;

    /// <summary>The value to compare with, if the operation takes one.</summary>
    public TValue Comparand { get; } = comparand;
}

/// <summary>What an operation on a map returned.</summary>
/// <typeparam name="TValue">The map's values.</typeparam>
/// <param name="success">Its return value, if that is a <see cref="bool"/>.</param>
/// <param name="value">The value that it gave, if it gives one.</param>
public readonly struct MapResult<TValue>(bool success, TValue value = default)
    where TValue : struct
{
    /// <summary>The return value, if that is a <see cref="bool"/>.</summary>
    public bool Success { get; } = success;

    /// <summary>The value that the operation gave, if it gives one.</summary>
    public TValue Value { get; } = value;
}
