using System.Text.Json.Serialization;

namespace RouteTable.Run;

/// <summary>The findings of a run, as they go into the closing table and into JSON.</summary>
internal sealed record RunResult
{
    /// <summary>No wrong answer, no lost block, no failed thread.</summary>
    public bool Ok => Failures.Count == 0;

    public required IReadOnlyList<string> Failures { get; init; }

    public required bool Checked { get; init; }

    public required double Seconds { get; init; }

    public required int Readers { get; init; }

    public required TableResult Tables { get; init; }

    public required LookupsResult Lookups { get; init; }

    public required UpdatesResult Updates { get; init; }

    public required GracePeriodsResult GracePeriods { get; init; }

    public required BlocksResult Blocks { get; init; }

    public required GarbageResult Garbage { get; init; }
}

internal sealed record TableResult(int Newer, int Older, int Withdrawn, int Announced, int OriginChanged);

/// <param name="Count">By all readers.</param>
/// <param name="PerSecond">By all readers.</param>
/// <param name="Wrong">Null when answers were not checked.</param>
internal sealed record LookupsResult(long Count, double PerSecond, long? Wrong);

internal sealed record UpdatesResult(long Count, double PerSecond);

internal sealed record GracePeriodsResult(
    long Count, double PerSecond, double MeanMicroseconds, double P99Microseconds, double MaxMicroseconds);

/// <param name="Allocated">By the trie since it was made.</param>
/// <param name="Retired">Replaced, and given to the library to free.</param>
/// <param name="Freed">Reclaimed: counted by the deallocator where it can count, else by the library.</param>
/// <param name="Live">Found by walking the trie.</param>
/// <param name="Lost">Retired and never freed.</param>
/// <param name="FreedPerSecond">While the workers ran.</param>
/// <param name="PeakBacklog">The most blocks that were seen waiting, in ten looks a second.</param>
internal sealed record BlocksResult(
    long Allocated, long Retired, long Freed, long Live, long Lost, double FreedPerSecond, long PeakBacklog);

/// <param name="Pauses">Collections while the workers ran.</param>
/// <param name="PauseMilliseconds">How long they stopped the threads.</param>
/// <param name="OtherThanReporterBytesPerSecond">Managed memory allocated by all threads but the one that
/// reports.</param>
/// <param name="Workers">What each worker's loop allocated.</param>
internal sealed record GarbageResult(
    int Pauses, double PauseMilliseconds, double OtherThanReporterBytesPerSecond, IReadOnlyList<WorkerGarbage> Workers);

internal sealed record WorkerGarbage(string Worker, long Bytes, double BytesPerSecond);

/// <summary>The answer of <c>--lookup</c>; prefix and origin are null where there is no route.</summary>
internal sealed record LookupResult(string Address, string? Prefix, uint? Origin);

/// <summary>Generated at compile time: NativeAOT has no reflection to find the members with.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunResult))]
[JsonSerializable(typeof(LookupResult))]
internal sealed partial class ResultJson : JsonSerializerContext;
