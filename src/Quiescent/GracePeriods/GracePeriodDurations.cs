namespace Quiescent;

/// <summary>How long grace periods took, from their start to their end. Percentiles are rounded up by at most 13
/// %.</summary>
/// <remarks>Where grace periods need no process-wide barrier (<see cref="ReadSideBarrier.Full"/>, and
/// platforms without a reliable one) and nobody listens, of those that find no reader in their way
/// only one in sixteen is timed after the first sixteen, as two readings of the clock would take longer than the rest.
/// The others count with the last time that was taken. Those that find a reader in their way are timed from then
/// on.</remarks>
public readonly record struct GracePeriodDurations
{
    // Numbers, for what the comparer of time spans brings into native code (RcuDomainOptions).
    private readonly long _min;
    private readonly long _mean;
    private readonly long _p50;
    private readonly long _p99;
    private readonly long _max;

    /// <summary>The shortest.</summary>
    public TimeSpan Min
    {
        get => new(_min);
        init => _min = value.Ticks;
    }

    /// <summary>The arithmetic mean.</summary>
    public TimeSpan Mean
    {
        get => new(_mean);
        init => _mean = value.Ticks;
    }

    /// <summary>The median.</summary>
    public TimeSpan P50
    {
        get => new(_p50);
        init => _p50 = value.Ticks;
    }

    /// <summary>The 99th percentile.</summary>
    public TimeSpan P99
    {
        get => new(_p99);
        init => _p99 = value.Ticks;
    }

    /// <summary>The longest.</summary>
    public TimeSpan Max
    {
        get => new(_max);
        init => _max = value.Ticks;
    }
}
