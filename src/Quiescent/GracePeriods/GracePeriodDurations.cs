namespace Quiescent;

/// <summary>How long grace periods took, from their start to their end. Percentiles are rounded up by at most 13
/// %.</summary>
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
