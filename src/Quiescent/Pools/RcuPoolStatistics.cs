namespace Quiescent;

/// <summary>
/// One reading of a pool's books. Exact while nobody uses the pool; else each figure was true at some moment during the
/// call, and
/// <see cref="BlocksOut"/> is never low.
/// </summary>
public sealed record RcuPoolStatistics
{
    /// <summary>Blocks rented and not freed.</summary>
    public long BlocksOut { get; init; }

    /// <summary>Blocks freed that wait for their grace period, or to be collected after it.</summary>
    public long BlocksWaiting { get; init; }

    /// <summary>Blocks that are ready to be rented.</summary>
    public long BlocksReady { get; init; }

    /// <summary>Slabs that the pool has from the system.</summary>
    public long Slabs { get; init; }

    /// <summary>The bytes of these slabs.</summary>
    public long SlabBytes { get; init; }
}
