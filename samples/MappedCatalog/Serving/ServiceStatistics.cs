namespace MappedCatalog.Serving;

/// <summary>What <c>GET /stats</c> tells. Rates and the longest grace period are of the last second.</summary>
internal sealed record ServiceStatistics
{
    public required double UptimeSeconds { get; init; }

    public required RequestStatistics Requests { get; init; }

    public required LookupStatistics Lookups { get; init; }

    /// <summary>Null when answers are not compared.</summary>
    public required long? WrongAnswers { get; init; }

    public required SwapStatistics Swaps { get; init; }

    public required MappingStatistics Mappings { get; init; }

    public required GracePeriodStatistics GracePeriods { get; init; }

    public required SectionStatistics Sections { get; init; }

    /// <summary>What waits in the domain for a grace period.</summary>
    public required long Backlog { get; init; }

    public required MemoryStatistics Memory { get; init; }
}

/// <inheritdoc cref="Traffic"/>
internal sealed record RequestStatistics(long Total, double PerSecond, long Failed, long Refused, long Aborted);

internal sealed record LookupStatistics(long Total, double PerSecond);

/// <param name="Total">Files put in place of another.</param>
/// <param name="PerSecond">Of the last second.</param>
/// <param name="Failed">Files that could not be made or mapped.</param>
/// <param name="MeanRebuildMilliseconds">From the table in memory to the verified file.</param>
/// <param name="LongestRebuildMilliseconds">The same.</param>
internal sealed record SwapStatistics(
    long Total, double PerSecond, long Failed, double MeanRebuildMilliseconds, double LongestRebuildMilliseconds);

/// <param name="Open">Mapped and not yet unmapped.</param>
/// <param name="Closed">Unmapped.</param>
/// <param name="Peak">The most that were seen open, looking four times a second.</param>
/// <param name="SeenBySystem">Catalog files in the process's memory map, as the operating system lists it; null where
/// it has no such list.</param>
internal sealed record MappingStatistics(long Open, long Closed, long Peak, int? SeenBySystem);

/// <param name="Completed">Of the domain.</param>
/// <param name="LongestAfterSwapMilliseconds">The longest that readers held a replaced file up, in the last
/// second.</param>
/// <param name="MedianMilliseconds">Of all, as the domain counts them.</param>
/// <param name="P99Milliseconds">The same.</param>
/// <param name="MaxMilliseconds">The same.</param>
internal sealed record GracePeriodStatistics(
    long Completed, double LongestAfterSwapMilliseconds, double MedianMilliseconds, double P99Milliseconds, double MaxMilliseconds);

/// <param name="Total">Begun.</param>
/// <param name="Open">Not yet ended.</param>
/// <param name="Moved">Ended on another thread than they began on.</param>
internal sealed record SectionStatistics(long Total, long Open, long Moved);

/// <param name="WorkingSetBytes">Resident memory of the process, mapped pages of files included.</param>
/// <param name="HeapBytes">The garbage-collected heap after its last collection.</param>
/// <param name="Collections">Collections so far.</param>
internal sealed record MemoryStatistics(long WorkingSetBytes, long HeapBytes, long Collections);
