namespace Quiescent.Collections;

/// <summary>How a collection behaves. Its constructor validates it.</summary>
public sealed record RcuCollectionOptions
{
    /// <summary>The domain whose sections protect what readers find. Null, the default, is the process's default
    /// domain.</summary>
    public RcuDomain? Domain { get; init; }

    /// <summary>How many entries to make room for at once. More can be added; the default is 0.</summary>
    public long Capacity { get; init; }

    /// <summary>The collection's name in messages and meters. Must not be empty.</summary>
    public string Name { get; init; } = "collection";

    /// <summary>Takes memory in aligned pieces of 2 MiB, which a system whose transparent huge pages are on puts on
    /// huge pages: fewer misses in the processor's address tables for a large collection that is read at
    /// random.</summary>
    public bool HugePages { get; init; }

    internal RcuCollectionOptions Validated()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Name);
        ArgumentOutOfRangeException.ThrowIfNegative(Capacity);
        return this;
    }
}
