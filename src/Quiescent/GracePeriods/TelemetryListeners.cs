using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using Quiescent.Ordering;

namespace Quiescent.GracePeriods;

// Whether anybody listens to each grace period. The engine asks once at a grace period's start and once at its end, and
// records nothing if nobody listens. The base library's own switches apply: where one is off, the answer is a constant,
// from which the JIT and the trimmer remove the rest.
internal static class TelemetryListeners
{
    /// <summary>The keyword under which the starts and ends of grace periods are written.</summary>
    public const EventKeywords GracePeriods = (EventKeywords)0x1;

    private static readonly bool s_hasEvents = IsOn("System.Diagnostics.Tracing.EventSource.IsSupported");
    private static readonly bool s_hasMeters = IsOn("System.Diagnostics.Metrics.Meter.IsSupported");
    private static EventSource? s_events;
    private static Histogram<double>? s_durations;

    /// <summary>Whether this program can have event sources.</summary>
    [FeatureSwitchDefinition("System.Diagnostics.Tracing.EventSource.IsSupported")]
    public static bool HasEvents => s_hasEvents;

    /// <summary>Whether this program can have meters.</summary>
    [FeatureSwitchDefinition("System.Diagnostics.Metrics.Meter.IsSupported")]
    public static bool HasMeters => s_hasMeters;

    /// <summary>Whether somebody listens to the events of each grace period's start and end.</summary>
    public static bool HearsEvents =>
        HasEvents && Order.Acquire(in s_events) is { } events && events.IsEnabled(EventLevel.Verbose, GracePeriods);

    /// <summary>Whether somebody listens to the ends of grace periods, through the event source or the meter.</summary>
    public static bool HearsEnds => HearsEvents || (HasMeters && Order.Acquire(in s_durations) is { Enabled: true });

    /// <summary>From here on the listeners of this event source count.</summary>
    public static void Add(EventSource events) => Order.Release(ref s_events, events);

    /// <summary>From here on the listeners of this histogram count.</summary>
    public static void Add(Histogram<double> durations) => Order.Release(ref s_durations, durations);

    private static bool IsOn(string feature) => !AppContext.TryGetSwitch(feature, out bool isOn) || isOn;
}
