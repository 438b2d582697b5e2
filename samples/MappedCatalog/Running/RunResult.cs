using MappedCatalog.Serving;

namespace MappedCatalog.Running;

/// <summary>All that a run found, as it goes into the closing table and into JSON.</summary>
internal sealed record RunResult
{
    private const long MostGrowth = 8 << 20;

    /// <summary>No failed request, no wrong answer, no failed swap, every mapping closed, and no object left
    /// behind.</summary>
    public bool Ok => Failures.Count == 0;

    public required IReadOnlyList<string> Failures { get; init; }

    /// <summary>The figures when the last request was answered, before the last mapping was closed.</summary>
    public required ServiceStatistics Statistics { get; init; }

    /// <summary>Over its whole life.</summary>
    public required long MappingsOpened { get; init; }

    /// <summary>When all was disposed of.</summary>
    public required long MappingsLeft { get; init; }

    /// <summary>The same, as the operating system sees it; null where it has no such list.</summary>
    public required int? MappingsLeftBySystem { get; init; }

    /// <summary>Live objects after a full collection, before the first request.</summary>
    public required long HeapBytesBefore { get; init; }

    /// <summary>The same when all was disposed of.</summary>
    public required long HeapBytesAfter { get; init; }

    public static RunResult Of(CatalogService ended, ServiceStatistics statistics, long heapBefore, long heapAfter)
    {
        RequestStatistics requests = statistics.Requests;
        long left = ended.Catalog.MappingsOpen;
        int? leftBySystem = ended.MappingsSeenBySystem;
        return new RunResult
        {
            Statistics = statistics,
            MappingsOpened = ended.Catalog.MappingsOpened,
            MappingsLeft = left,
            MappingsLeftBySystem = leftBySystem,
            HeapBytesBefore = heapBefore,
            HeapBytesAfter = heapAfter,
            Failures =
            [
                .. requests.Failed > 0 ? [$"{requests.Failed:N0} requests failed"] : (string[])[],
                .. statistics.Load.Failed > 0
                    ? [$"{statistics.Load.Failed:N0} requests of the load failed"]
                    : (string[])[],
                .. statistics.WrongAnswers > 0 ? [$"{statistics.WrongAnswers:N0} answers were wrong"] : (string[])[],
                .. statistics.Swaps.Failed > 0 ? [$"{statistics.Swaps.Failed:N0} swaps failed"] : (string[])[],
                .. left != 0 ? [$"{left:N0} mappings were not closed"] : (string[])[],
                .. leftBySystem > 0 ? [$"{leftBySystem:N0} files are still mapped, says the system"] : (string[])[],
                .. heapAfter - heapBefore > MostGrowth ? [$"{heapAfter - heapBefore:N0} bytes of objects were left behind"] : (string[])[],
            ],
        };
    }
}
