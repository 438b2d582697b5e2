namespace Quiescent.Collections;

/// <summary>
/// A place in a map, between two entries: enumeration goes on from it in a later section. The default is the map's
/// start. It is a plain value without a hold on the map; copy and keep it as you like.
/// </summary>
/// <remarks>Entries come in the order of their hashes, which depends on a secret of the map: a place in one map means
/// nothing in another.</remarks>
public readonly struct DictionaryCursor : IEquatable<DictionaryCursor>
{
    private readonly Place _place;

    private DictionaryCursor(Place place, ulong hash, ulong number)
    {
        _place = place;
        Hash = hash;
        Number = number;
    }

    private enum Place : byte
    {
        Start,
        BehindAnEntry,
        End,
    }

    /// <summary>Whether enumeration has found that there are no more entries. It would find none that is added
    /// behind this place later, either.</summary>
    public bool IsAtEnd => _place == Place.End;

    internal static DictionaryCursor End => new(Place.End, ulong.MaxValue, ulong.MaxValue);

    internal bool IsBehindAnEntry => _place == Place.BehindAnEntry;

    internal ulong Hash { get; }

    internal ulong Number { get; }

    /// <summary>Whether two values are the same place.</summary>
    /// <param name="left">One place.</param>
    /// <param name="right">The other.</param>
    /// <returns>True if they are.</returns>
    public static bool operator ==(DictionaryCursor left, DictionaryCursor right) => left.Equals(right);

    /// <summary>Whether two values are different places.</summary>
    /// <param name="left">One place.</param>
    /// <param name="right">The other.</param>
    /// <returns>True if they are.</returns>
    public static bool operator !=(DictionaryCursor left, DictionaryCursor right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(DictionaryCursor other) =>
        _place == other._place && Hash == other.Hash && Number == other.Number;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DictionaryCursor other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_place, Hash, Number);

    internal static DictionaryCursor Behind(ulong hash, ulong number) => new(Place.BehindAnEntry, hash, number);
}
