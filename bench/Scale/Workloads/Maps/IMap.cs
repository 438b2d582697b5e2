namespace Quiescent.Scale.Workloads.Maps;

/// <summary>One way of using a map, as a struct that holds what a thread of its needs: each loop is compiled for
/// it.</summary>
internal interface IMap<TSelf>
    where TSelf : struct, IMap<TSelf>
{
    /// <summary>An empty map, which threads share. Ways that use the same map return the same type.</summary>
    /// <param name="entries">How many entries it will have. Only what cannot grow may use this.</param>
    static abstract object Create(long entries);

    /// <summary>The type that <see cref="Create"/> returns.</summary>
    static abstract Type Kind { get; }

    /// <summary>This thread's use of the map.</summary>
    static abstract TSelf Enter(object map);

    /// <summary>The bytes of the map by its own books; for a map on the collector's heap, of all that lives there.
    /// Null: no map yet.</summary>
    static virtual double BytesByBooks(object? map) => GC.GetTotalMemory(forceFullCollection: false);

    void Leave()
    {
    }

    /// <summary>Looks up keys that are all there, and returns the bits in which a value differs from its key's: zero,
    /// if all is well.</summary>
    ulong Differences(ReadOnlySpan<ulong> keys);

    /// <summary>The stamp of the key's value; zero if the key is absent.</summary>
    ulong Get(ulong key);

    bool TryAdd(ulong key, in Value64 value);

    /// <summary>Replaces the key's value, or adds the key.</summary>
    void Set(ulong key, in Value64 value);

    bool TryRemove(ulong key);
}
