namespace Quiescent.Collections;

/// <summary>One reading of a map's figures. Exact while nobody updates the map.</summary>
public sealed record RcuDictionaryStatistics
{
    /// <summary>Entries in the map.</summary>
    public long Entries { get; init; }

    /// <summary>First buckets of chains: 64 bytes each, with seven slots.</summary>
    public long Buckets { get; init; }

    /// <summary>Further buckets of chains that did not find room in one.</summary>
    public long OverflowBuckets { get; init; }

    /// <summary>The memory that the map has from the system, in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>How often 256 chains have become 512.</summary>
    public long Splits { get; init; }

    /// <summary>How often 512 chains have become 256.</summary>
    public long Merges { get; init; }

    /// <summary>The most buckets that a chain has had.</summary>
    public long LongestChain { get; init; }
}
