namespace MappedCatalog.Serving;

/// <summary>The answer to <c>GET /stats</c>. Rates are of the last second.</summary>
internal sealed record ServiceStatistics
{
    public required double UptimeSeconds { get; init; }

    public required LoadStatistics Load { get; init; }

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

/// <summary>The load that the service makes for itself.</summary>
/// <param name="On">Whether it is switched on.</param>
/// <param name="Requests">That it has made.</param>
/// <param name="Failed">Of those, the ones without an answer, or with one that does not fit what was asked.</param>
/// <param name="MedianMicroseconds">From a request to its whole answer, of the last thousand; null when it is
/// off.</param>
/// <param name="P99Microseconds">The same.</param>
internal sealed record LoadStatistics(
    bool On, long Requests, long Failed, double? MedianMicroseconds, double? P99Microseconds);

/// <inheritdoc cref="Traffic"/>
internal sealed record RequestStatistics(long Total, double PerSecond, long Failed, long Refused, long Aborted);

internal sealed record LookupStatistics(long Total, double PerSecond);

/// <param name="Total">Files put in place of another.</param>
/// <param name="PerSecond">Of the last second.</param>
/// <param name="Failed">Files that could not be made or mapped.</param>
/// <param name="MeanRebuildMicroseconds">From the table in memory to the verified file.</param>
/// <param name="LongestRebuildMicroseconds">The same.</param>
internal sealed record SwapStatistics(
    long Total, double PerSecond, long Failed, double MeanRebuildMicroseconds, double LongestRebuildMicroseconds);

/// <param name="Open">Mapped and not yet unmapped.</param>
/// <param name="Closed">Unmapped.</param>
/// <param name="Peak">The most that were seen open, looking four times a second.</param>
/// <param name="SeenBySystem">Catalog files in the process's memory map, as the operating system lists it; null where
/// it has no such list.</param>
/// <param name="LongestHeldMicroseconds">From a swap to the unmapping of the file that it replaced: the longest of the
/// last second.</param>
internal sealed record MappingStatistics(
    long Open, long Closed, long Peak, int? SeenBySystem, double LongestHeldMicroseconds);

/// <param name="Completed">Of the domain.</param>
/// <param name="MedianMicroseconds">Of all, as the domain counts them.</param>
/// <param name="P99Microseconds">The same.</param>
/// <param name="MaxMicroseconds">The same.</param>
internal sealed record GracePeriodStatistics(
    long Completed, double MedianMicroseconds, double P99Microseconds, double MaxMicroseconds);

/// <param name="Total">Begun.</param>
/// <param name="Open">Not yet ended.</param>
/// <param name="Moved">Ended on another thread than they began on.</param>
internal sealed record SectionStatistics(long Total, long Open, long Moved);

/// <param name="WorkingSetBytes">Resident memory of the process, mapped pages of files included.</param>
/// <param name="HeapBytes">The garbage-collected heap after its last collection.</param>
/// <param name="Collections">Collections so far.</param>
internal sealed record MemoryStatistics(long WorkingSetBytes, long HeapBytes, long Collections);
