namespace Quiescent.Scale.Contests;

internal enum Side
{
    /// <summary>The library.</summary>
    Ours,

    /// <summary>The best that hardware and runtime allow: no protection at all.</summary>
    Floor,

    /// <summary>Another library or a part of the runtime, in this process.</summary>
    Managed,

    /// <summary>A native library, in a process of its own.</summary>
    Native,
}

// One way of doing what the contest measures. Measure runs one turn of about the given length and returns its result;
// it starts and ends all its threads itself, and leaves nothing queued.
internal sealed record Contestant(string Name, Side Side, Func<TimeSpan, Reading> Measure)
{
    /// <summary>A remark for readers of the table: that the peer's algorithm is incorrect, for example.</summary>
    public string? Remark { get; init; }

    /// <summary>The preparation for its first turn, or null.</summary>
    public SetUp? SetUp { get; init; }

    /// <summary>Why it cannot take part here ("not installed: liburcu-dev"), or null.</summary>
    public string? Absent { get; init; }
}
