namespace Quiescent.Collections.Index;

// What a kind of map makes of entries, for the index, which knows only their addresses.
internal interface IEntries<TKey>
    where TKey : allows ref struct
{
    /// <summary>Whether the entry has the key. May be code of the program.</summary>
    static abstract unsafe bool Matches(void* entry, scoped in TKey key);

    /// <summary>The hash of the entry's key. May be code of the program.</summary>
    static abstract unsafe ulong GetHashCode(void* entry, ulong secret);

    /// <summary>Whether two entries have the same key. May be code of the program.</summary>
    static abstract unsafe bool HaveSameKey(void* x, void* y);

    /// <summary>Makes the key of an entry that is not in the map the same, byte by byte, as that of an equal
    /// one.</summary>
    static abstract unsafe void CopyKey(void* to, void* from);

    /// <summary>Writes the key of an entry that is not in the map.</summary>
    static abstract unsafe void WriteKey(void* entry, scoped in TKey key);

    /// <summary>A number by which entries of one and the same hash are put in order, made from the key's bytes and the
    /// map's secret. An entry that replaces another one has the same.</summary>
    static abstract unsafe ulong GetNumber(void* entry, ulong secret);
}
