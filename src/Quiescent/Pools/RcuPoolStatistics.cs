namespace Quiescent;

/// <summary>
/// One reading of a pool's figures. Exact while nobody uses the pool. Otherwise each figure was true at some moment
/// during the call, and <see cref="BlocksOut"/> is never too low.
/// </summary>
public sealed record RcuPoolStatistics
{
    /// <summary>Blocks rented and not freed.</summary>
    public long BlocksOut { get; init; }

    /// <summary>Freed blocks that wait for their grace period, or for collection after it.</summary>
    public long BlocksWaiting { get; init; }

    /// <summary>Blocks that are ready to be rented.</summary>
    public long BlocksReady { get; init; }

    /// <summary>Slabs that the pool holds from the system.</summary>
    public long Slabs { get; init; }

    /// <summary>The size of these slabs together, in bytes.</summary>
    public long SlabBytes { get; init; }
}
