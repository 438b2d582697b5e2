namespace Quiescent;

/// <summary>How long grace periods took, from their start to their end. Percentiles are rounded up by at most 13
/// %.</summary>
/// <remarks>Where grace periods need no process-wide barrier (<see cref="ReadSideBarrier.Full"/>, <see
/// cref="SrcuDomain"/>) and nobody listens to them, those that find no reader in their way are timed by sample, one in
/// sixteen, and those that find one are timed from then on: two readings of the clock would take longer than the
/// rest.</remarks>
public readonly record struct GracePeriodDurations
{
    /// <summary>The shortest.</summary>
    public TimeSpan Min { get; init; }

    /// <summary>The arithmetic mean.</summary>
    public TimeSpan Mean { get; init; }

    /// <summary>The median.</summary>
    public TimeSpan P50 { get; init; }

    /// <summary>The 99th percentile.</summary>
    public TimeSpan P99 { get; init; }

    /// <summary>The longest.</summary>
    public TimeSpan Max { get; init; }
}
