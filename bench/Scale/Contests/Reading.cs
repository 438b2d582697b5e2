namespace Quiescent.Scale.Contests;

// The result of one turn of one contestant: the contest's value, and further details, by name with their unit ("p99
// µs", "peak MiB").
internal readonly record struct Reading(double Value)
{
    public IReadOnlyList<Detail> Details { get; init; } = [];
}

internal readonly record struct Detail(string Name, double Value);
