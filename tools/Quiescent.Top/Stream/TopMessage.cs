namespace Quiescent.Top.Stream;

// Messages of the observed process, decoded from its events.
internal abstract record TopMessage(DateTime Time);

/// <summary>The values of an interval are complete. Times are UTC.</summary>
internal sealed record IntervalEnded(DateTime Time, DateTime Start, DateTime End) : TopMessage(Time);

/// <summary>A counter of a domain. <see cref="Part"/> tells the series of one instrument apart: `block`, `used`; <see
/// cref="Delta"/> is the change since the interval before, null in a series' first interval.</summary>
internal sealed record CounterValue(
    DateTime Time, string Instrument, string? Part, DomainKey Domain, double? Delta, double Value) : TopMessage(Time);

/// <summary>How long the grace periods of an interval took, in seconds; null where there was none.</summary>
internal sealed record DurationsValue(DateTime Time, DomainKey Domain, double? P50, double? P99) : TopMessage(Time);

internal enum ReportKind
{
    Stall,
    ReaderAbandoned,
    BacklogOverLimit,
    BacklogUnderLimit,
    CallbackFailed,
    MisuseFound,
}

internal enum StallCause
{
    Reader,
    Reclaimer,
}

/// <summary>A report of a domain: see docs/diagnostics.md. A value for which an event has no field is null.</summary>
internal sealed record Report(DateTime Time, ReportKind Kind, DomainKey Domain, string Text) : TopMessage(Time)
{
    public StallCause Cause { get; init; }

    public string? Culprit { get; init; }

    public int? ManagedThreadId { get; init; }

    public long? OsThreadId { get; init; }

    /// <summary>How long the stall had lasted at that time.</summary>
    public double? Seconds { get; init; }
}

/// <summary>The process has the meter.</summary>
internal sealed record MeterFound(DateTime Time) : TopMessage(Time);

/// <summary>All existing meters have been examined.</summary>
internal sealed record MetersListed(DateTime Time) : TopMessage(Time);

/// <summary>The figures shown are incomplete or wrong; the text says why.</summary>
internal sealed record Trouble(DateTime Time, string Text) : TopMessage(Time);

/// <summary>Another tool observes the process with other limits, which this observer must take over; null if it cannot
/// join.</summary>
internal sealed record Occupied(DateTime Time, MetricLimits? Limits) : TopMessage(Time);
