namespace Quiescent.Scale.Contests;

// One figure, measured for several contestants that take turns.
internal sealed record Contest(string Id, string Title, Unit Unit, IReadOnlyList<Contestant> Contestants)
{
    /// <summary>A turn's length if the measurement itself sets it (a reader that overstays a second); null: a share of
    /// the run's.</summary>
    public TimeSpan? TurnLength { get; init; }

    /// <summary>The most turns that each contestant takes; null: as many as the run has rounds.</summary>
    public int? MaxRounds { get; init; }

    /// <summary>The time of a turn beyond its length: starting threads, draining the queues.</summary>
    public TimeSpan TurnOverhead { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Whether the figure takes precedence if the time does not suffice for all.</summary>
    public bool IsHeadline { get; init; }

    /// <summary>A part of the id of figures that an ordinary run has neither the time nor the memory for ("20M"): they
    /// are measured only if the run asks for an id with it. Null: measured whenever there is time.</summary>
    public string? OnlyByName { get; init; }

    /// <summary>Gives back what the contestants have kept from turn to turn; called after the last. Null:
    /// nothing.</summary>
    public Action? End { get; init; }

    /// <summary>The project's goals for this figure.</summary>
    public IReadOnlyList<Target> Targets { get; init; } = [];
}

// A goal: the contestant's value is at most (or at least) Factor times the peer's in the same round, or Factor itself
// when there is no peer.
internal sealed record Target(string Contestant, Bound Bound, double Factor, string? Peer = null)
{
    /// <summary>The detail that is bounded in place of the contest's value ("peak MiB").</summary>
    public string? Detail { get; init; }
}

internal enum Bound
{
    AtMost,
    AtLeast,
}
