using RouteTable.Data;

namespace RouteTable.Trie;

/// <summary>
/// An answer: the origin and the length of the longest prefix that covers an address, or none. One word, so that it is
/// stored and loaded whole.
/// </summary>
internal readonly record struct Route
{
    // origin << 8 | length + 1; zero is none, so that a node's cleared memory says "no route".
    private readonly ulong _word;

    private Route(ulong word) => _word = word;

    public Route(uint origin, int length)
        : this((ulong)origin << 8 | (uint)(length + 1))
    {
    }

    public static Route None => default;

    /// <summary>
    /// What freed nodes are filled with. No table holds it: the origin is reserved and the length impossible.
    /// </summary>
    public static Route Poison => new(Announcement.ReservedOrigin, Prefix.MaxLength + 1);

    public bool IsNone => _word == 0;

    public uint Origin => (uint)(_word >> 8);

    /// <summary>-1 for none: shorter than any prefix.</summary>
    public int Length => (byte)_word - 1;

    public override string ToString() =>
        IsNone ? "no route" : this == Poison ? "poison: a freed node" : $"AS{Origin} by a /{Length}";
}
