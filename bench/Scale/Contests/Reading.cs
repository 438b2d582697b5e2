namespace Quiescent.Scale.Contests;

// What one turn of one contestant measured: the contest's value, and what else there is to say, by name with its unit
// ("p99 µs", "peak MiB").
internal readonly record struct Reading(double Value)
{
    public IReadOnlyList<Detail> Details { get; init; } = [];
}

internal readonly record struct Detail(string Name, double Value);
