namespace Quiescent.Claims;

internal enum Claim
{
    /// <summary>Barrier against none.</summary>
    Barrier,

    /// <summary>Unloading a module with a barrier against without.</summary>
    Unload,

    /// <summary>Code size.</summary>
    Size,

    /// <summary>Cache and branch footprint.</summary>
    Footprint,
}

internal sealed record ClaimsOptions
{
    public IReadOnlyList<Claim> Claims { get; init; } = Enum.GetValues<Claim>();

    /// <summary>How long what is timed takes together; building and counting come on top.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    public bool AheadOfTime { get; init; } = true;

    public bool Counters { get; init; } = true;

    public IReadOnlyList<int> Threads { get; init; } = [1, 16, 128, 512];

    public IReadOnlyList<int> Backlogs { get; init; } = [0, 1_000, 100_000, 1_000_000];

    public IReadOnlyList<int> ModuleBacklogs { get; init; } = [0, 1_000, 1_000_000];
}
