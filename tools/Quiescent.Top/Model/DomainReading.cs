using Quiescent.Top.Stream;

namespace Quiescent.Top.Model;

// One domain over one interval. Rates are null in a domain's first interval, durations where no grace period ended.
internal sealed record DomainReading(DomainKey Key)
{
    public required long GracePeriods { get; init; }

    public required double? GracePeriodsPerSecond { get; init; }

    public required double? P50 { get; init; }

    public required double? P99 { get; init; }

    public required long BlocksQueued { get; init; }

    public required double? BlocksQueuedPerSecond { get; init; }

    public required long BlocksFreed { get; init; }

    public required double? BlocksFreedPerSecond { get; init; }

    public required long BlocksWaiting { get; init; }

    public required long CallbacksQueued { get; init; }

    public required double? CallbacksQueuedPerSecond { get; init; }

    public required long CallbacksInvoked { get; init; }

    public required double? CallbacksInvokedPerSecond { get; init; }

    public required long CallbacksFailed { get; init; }

    public required long CallbacksWaiting { get; init; }

    public required long? BacklogLimit { get; init; }

    public required long SlotsUsed { get; init; }

    public required long SlotsFree { get; init; }

    public required long Pages { get; init; }

    /// <summary>Null for a domain whose sections cannot sleep.</summary>
    public required long? OpenSections { get; init; }

    public required long Stalls { get; init; }

    public required long ReadersAbandoned { get; init; }

    /// <summary>The backlog of the last minute's intervals, the newest last.</summary>
    public required IReadOnlyList<long> BacklogHistory { get; init; }

    /// <summary>What holds the domain up now: the last report of each offender.</summary>
    public required IReadOnlyList<Report> StalledBy { get; init; }

    /// <summary>For how long nothing at all has changed. In one session the runtime repeats the last values of a domain
    /// that is gone, so that a domain that was disposed of looks like this too.</summary>
    public required TimeSpan Unchanged { get; init; }

    public long Backlog => BlocksWaiting + CallbacksWaiting;

    public bool IsOverLimit => Backlog > BacklogLimit;
}
