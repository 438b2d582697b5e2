using Quiescent.Top.Stream;

namespace Quiescent.Top.Model;

// All domains over one interval, in the order of their numbers.
internal sealed record Reading(DateTime Start, DateTime End, IReadOnlyList<DomainReading> Domains)
{
    /// <summary>The newest last, each once, with the number of times it was seen.</summary>
    public required IReadOnlyList<RepeatedReport> Reports { get; init; }

    /// <summary>The reports of this interval.</summary>
    public required IReadOnlyList<Report> NewReports { get; init; }

    public required string? Trouble { get; init; }

    /// <summary>Whether it has rates: the first interval of a session has none.</summary>
    public bool IsFull => Domains.Any(domain => domain.GracePeriodsPerSecond is not null);
}

/// <summary>A report, and the number of similar ones; the report is the last of them.</summary>
internal sealed record RepeatedReport(Report Last, int Count);
