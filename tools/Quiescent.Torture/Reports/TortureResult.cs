using System.Text.Json;
using System.Text.Json.Serialization;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Reports;

// The result of a run, as --json prints it.
internal sealed record TortureResult
{
    public required Verdict Verdict { get; init; }

    public required string[] Failures { get; init; }

    public required long FailureCount { get; init; }

    /// <summary>Why the absence of failures is no evidence; null if it is.</summary>
    public required string? Inconclusive { get; init; }

    /// <summary>Whether the run ended before its time: the verdict then covers the time until the end.</summary>
    public bool IsInterrupted { get; init; }

    public required string Scenario { get; init; }

    public required ulong Seed { get; init; }

    public required double Seconds { get; init; }

    public required int Readers { get; init; }

    public required int Updaters { get; init; }

    /// <summary>Whether the actors were moved between processors.</summary>
    public required bool AffinityShuffled { get; init; }

    /// <summary>How often readers saw a block at age 0, 1, … at the end of their sections.</summary>
    public required long[] Ages { get; init; }

    public required DomainResult[] Domains { get; init; }

    public required Dictionary<string, long> Primitives { get; init; }

    /// <summary>Steps of the actors, by kind.</summary>
    public required Dictionary<string, long> Actors { get; init; }

    /// <summary>The other figures of actors and domains.</summary>
    public required Dictionary<string, long> Figures { get; init; }

    public required Dictionary<string, long> InjectedFailures { get; init; }

    public required MemoryUse? Memory { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, TortureJson.Default.TortureResult);
}

// One domain that lived as long as the run.
internal sealed record DomainResult(
    string Name,
    long GracePeriods,
    double LongestMilliseconds,
    long BlocksQueued,
    long CallbacksQueued,
    long ReadersAbandoned,
    long Stalls,
    int ReaderSlots);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TortureResult))]
internal sealed partial class TortureJson : JsonSerializerContext;
