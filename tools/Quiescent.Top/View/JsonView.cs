using System.Text.Json;
using System.Text.Json.Serialization;
using Quiescent.Top.Model;
using Quiescent.Top.Stream;

namespace Quiescent.Top.View;

// One document per interval, each on a line. Its names are documented in the tool's README and do not change.
internal sealed class JsonView(Target target, TextWriter output) : ITopView
{
    public void Show(Reading reading)
    {
        output.WriteLine(JsonSerializer.Serialize(TopDocument.Of(reading, target), TopJson.Default.TopDocument));
        output.Flush();
    }

    public void Dispose()
    {
    }
}

internal sealed record TopDocument(
    ProcessPart Process,
    DateTime Start,
    DateTime End,
    double Seconds,
    IReadOnlyList<DomainPart> Domains,
    IReadOnlyList<ReportPart> Reports,
    string? Trouble)
{
    public static TopDocument Of(Reading reading, Target target) => new(
        new ProcessPart(target.ProcessId, target.Name),
        reading.Start,
        reading.End,
        (reading.End - reading.Start).TotalSeconds,
        [.. reading.Domains.Select(DomainPart.Of)],
        [.. reading.NewReports.Select(ReportPart.Of)],
        reading.Trouble);
}

internal sealed record ProcessPart(int Id, string Name);

internal sealed record DomainPart(
    string Name,
    long Id,
    GracePeriodsPart GracePeriods,
    BlocksPart Blocks,
    CallbacksPart Callbacks,
    BacklogPart Backlog,
    SlotsPart ReaderSlots,
    long Pages,
    long? OpenSections,
    long Stalls,
    long ReadersAbandoned,
    IReadOnlyList<ReportPart> StalledBy)
{
    public static DomainPart Of(DomainReading domain) => new(
        domain.Key.Name,
        domain.Key.Id,
        new GracePeriodsPart(domain.GracePeriods, domain.GracePeriodsPerSecond, domain.P50, domain.P99),
        new BlocksPart(
            domain.BlocksQueued, domain.BlocksFreed, domain.BlocksWaiting, domain.BlocksQueuedPerSecond,
            domain.BlocksFreedPerSecond),
        new CallbacksPart(
            domain.CallbacksQueued,
            domain.CallbacksInvoked,
            domain.CallbacksFailed,
            domain.CallbacksWaiting,
            domain.CallbacksQueuedPerSecond,
            domain.CallbacksInvokedPerSecond),
        new BacklogPart(domain.Backlog, domain.BacklogLimit),
        new SlotsPart(domain.SlotsUsed, domain.SlotsFree),
        domain.Pages,
        domain.OpenSections,
        domain.Stalls,
        domain.ReadersAbandoned,
        [.. domain.StalledBy.Select(ReportPart.Of)]);
}

internal sealed record GracePeriodsPart(long Completed, double? PerSecond, double? P50Seconds, double? P99Seconds);

internal sealed record BlocksPart(
    long Queued, long Freed, long Waiting, double? QueuedPerSecond, double? FreedPerSecond);

internal sealed record CallbacksPart(
    long Queued, long Invoked, long Failed, long Waiting, double? QueuedPerSecond, double? InvokedPerSecond);

internal sealed record BacklogPart(long Waiting, long? Limit);

internal sealed record SlotsPart(long Used, long Free);

internal sealed record ReportPart(
    DateTime Time,
    ReportKind Kind,
    string DomainName,
    long DomainId,
    StallCause? Cause,
    string? Culprit,
    int? ManagedThreadId,
    long? OsThreadId,
    double? Seconds,
    string Text)
{
    public static ReportPart Of(Report report) => new(
        report.Time,
        report.Kind,
        report.Domain.Name,
        report.Domain.Id,
        report.Kind == ReportKind.Stall ? report.Cause : null,
        report.Culprit,
        report.ManagedThreadId,
        report.OsThreadId,
        report.Seconds,
        report.Text);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TopDocument))]
internal sealed partial class TopJson : JsonSerializerContext;
