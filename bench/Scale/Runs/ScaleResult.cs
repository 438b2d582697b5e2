using System.Text.Json.Serialization;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Runs;

// The measurements of a run, as the reports show them.
internal sealed record ScaleResult
{
    public required Machine Machine { get; init; }

    /// <summary>The time that the run was given, and the time it took.</summary>
    public required double SecondsGiven { get; init; }

    public required double SecondsTaken { get; init; }

    /// <summary>Whether the run was ended before its time.</summary>
    public required bool IsInterrupted { get; init; }

    public required ContestResult[] Contests { get; init; }

    /// <summary>Contests that were requested, and for which there was no time.</summary>
    public required LeftOut[] LeftOut { get; init; }

    /// <summary>Contestants that threw, or whose process failed.</summary>
    [JsonIgnore]
    public IEnumerable<(ContestResult Contest, Row Row)> Failures =>
        from contest in Contests from row in contest.Rows where row.Failure is not null select (contest, row);

    public int Count(Verdict verdict) =>
        Contests.Sum(contest => contest.Targets.Count(target => target.Verdict == verdict));
}

// A contest that was not measured, and the least time that measuring it takes.
internal sealed record LeftOut(string Id, string Title, double Seconds);

internal sealed record ContestResult
{
    public required string Id { get; init; }

    public required string Title { get; init; }

    public required Unit Unit { get; init; }

    /// <summary>How many turns each contestant took, and the planned length of one.</summary>
    public required int Rounds { get; init; }

    public required double TurnSeconds { get; init; }

    public required Row[] Rows { get; init; }

    /// <summary>Every pair of rows that have values: one's value divided by the other's in the same round.</summary>
    public required Ratio[] Ratios { get; init; }

    public required TargetResult[] Targets { get; init; }

    /// <summary>The library's first form, to which the reports relate all others; null where it has no value.</summary>
    [JsonIgnore]
    public Row? Ours => Array.Find(Rows, row => row is { Side: Side.Ours, Value: not null });

    /// <summary>The rows that have values, the best first.</summary>
    [JsonIgnore]
    public IEnumerable<Row> Ranked =>
        Rows.Where(row => row.Value is not null).OrderBy(
            row => row.Value!.Value.Median * (Unit.LowerIsBetter ? 1 : -1));

    public Ratio? FindRatio(string of, string to) => Array.Find(Ratios, ratio => ratio.Of == of && ratio.To == to);
}

// One contestant: it has a value, or is absent, or has failed.
internal sealed record Row
{
    public required string Name { get; init; }

    public required Side Side { get; init; }

    public required Spread? Value { get; init; }

    /// <summary>The value of each round, in order.</summary>
    public required double[] Readings { get; init; }

    public required DetailSpread[] Details { get; init; }

    public required string? Remark { get; init; }

    public required string? Absent { get; init; }

    public required string? Failure { get; init; }
}

// A detail's name says its unit ("p99 µs").
internal sealed record DetailSpread(string Name, Spread Value);

internal sealed record Ratio(string Of, string To, Spread Value);

internal sealed record TargetResult
{
    public required Target Target { get; init; }

    /// <summary>The value (or detail), or the ratio to the peer's; null where it cannot be judged.</summary>
    public required Spread? Measured { get; init; }

    /// <summary>By the median.</summary>
    public required Verdict Verdict { get; init; }

    /// <summary>Why it cannot be judged here.</summary>
    public required string? Reason { get; init; }
}

internal enum Verdict
{
    Met,
    Missed,
    NotJudged,
}
