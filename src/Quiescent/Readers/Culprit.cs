using Quiescent.Validation;

namespace Quiescent.Readers;

// Who holds a grace period up, or ended inside a section: for reports.
internal sealed record Culprit(string? ThreadName, int ManagedThreadId, ulong OsThreadId)
{
    /// <summary>Where the section was entered, under Validate; of several the oldest.</summary>
    public CallerSite? EnteredAt { get; init; }

    /// <summary>When (Stopwatch); 0 where it is not known.</summary>
    public long EnteredTimestamp { get; init; }

    /// <summary>How many sections are in the way.</summary>
    public int Sections { get; init; } = 1;
}
