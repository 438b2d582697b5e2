using System.Text.Json;
using System.Text.Json.Serialization;
using Quiescent.Claims.Barriers;
using Quiescent.Claims.CodeSize;
using Quiescent.Claims.Figures;
using Quiescent.Claims.Footprint;
using Quiescent.Claims.Unloading;

namespace Quiescent.Claims.Reports;

// What a run has shown, as --json prints it.
internal sealed record ClaimsResult
{
    private const int Passed = 0;
    private const int Failed = 1;
    private const int Inconclusive = 3;

    public required string Machine { get; init; }

    public required Dictionary<Claim, Finding> Findings { get; init; }

    /// <summary>What could not be measured and why; how was counted.</summary>
    public required string[] Remarks { get; init; }

    public required BarrierCell[] Barriers { get; init; }

    public required UnloadCell[] Unloads { get; init; }

    public required CodeSizes[] Sizes { get; init; }

    public required TimedPair[] Times { get; init; }

    public required CountedWay[] Counts { get; init; }

    [JsonIgnore]
    public int ExitCode =>
        Findings.Values.Any(finding => finding.Outcome == Outcome.DoesNotHold) ? Failed
        : Findings.Values.Any(finding => finding.Outcome == Outcome.Inconclusive) ? Inconclusive
        : Passed;

    public string ToJson() => JsonSerializer.Serialize(this, ClaimsJson.Default.ClaimsResult);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ClaimsResult))]
internal sealed partial class ClaimsJson : JsonSerializerContext;
