using Quiescent.Top.Stream;

namespace Quiescent.Top.Tests;

// Events as a process of .NET 10 sent them, and messages made of them.
internal static class Recorded
{
    public static readonly DateTime Start = new(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc);

    public static RawEvent Counter(
        string instrument, string tags, string rate, string value, bool isUpDown = false) => Metric(
        isUpDown ? "UpDownCounterRateValuePublished" : "CounterRateValuePublished",
        ("meterName", "Quiescent"),
        ("meterVersion", "0.1.0"),
        ("instrumentName", instrument),
        ("unit", "{item}"),
        ("tags", tags),
        ("rate", rate),
        ("value", value),
        ("instrumentId", 2));

    public static RawEvent Durations(string tags, string quantiles) => Metric(
        "HistogramValuePublished",
        ("meterName", "Quiescent"),
        ("meterVersion", "0.1.0"),
        ("instrumentName", "quiescent.grace_period.duration"),
        ("unit", "s"),
        ("tags", tags),
        ("quantiles", quantiles),
        ("count", 9),
        ("sum", 0.0038),
        ("instrumentId", 1));

    public static RawEvent Metric(string name, params (string Name, object? Value)[] payload) =>
        Event("System.Diagnostics.Metrics", name, [("sessionId", "SHARED"), .. payload]);

    public static RawEvent Report(string name, params (string Name, object? Value)[] payload) =>
        Event("Quiescent", name, payload);

    public static RawEvent Event(string provider, string name, params (string Name, object? Value)[] payload) =>
        new(provider, name, Start, payload.ToDictionary(field => field.Name, field => field.Value));

    /// <summary>The end of an interval, counted in seconds from the start.</summary>
    public static IntervalEnded Interval(int end, int seconds = 1) =>
        new(Start.AddSeconds(end), Start.AddSeconds(end - seconds), Start.AddSeconds(end));

    public static CounterValue Value(
        DomainKey domain, string instrument, double? delta, double value, string? part = null) =>
        new(Start, instrument, part, domain, delta, value);

    public static Report Stall(DomainKey domain, double at, double seconds, string culprit = "slow-reader") =>
        new(
            Start.AddSeconds(at),
            ReportKind.Stall,
            domain,
            $"rcu: INFO: domain '{domain.Name}' detected stall\n    report 1\n    its thread sleeps\n    entered")
        {
            Culprit = culprit,
            ManagedThreadId = 14,
            OsThreadId = 4711,
            Seconds = seconds,
        };
}
