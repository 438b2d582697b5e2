using System.Buffers;
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
    private static int s_arePoolsUsed;
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

    /// <summary>Whether a use of the thread pool or of a timer runs no listener and waits for none. The first use in
    /// the process makes an event source, under the runtime's lock of all listeners.</summary>
    public static bool ArePoolsUsed => !HasEvents || Order.Acquire(in s_arePoolsUsed) != 0;

    /// <summary>Uses them. May run listeners, and wait for some.</summary>
    /// <exception cref="OutOfMemoryException">The next call goes on.</exception>
    public static void UsePools()
    {
        FaultInjection.ThrowIfDue(FaultSite.Telemetry);

        // A report's text rents its buffer from the shared array pool.
        ArrayPool<char>.Shared.Return(ArrayPool<char>.Shared.Rent(1));
        ThreadPool.UnsafeQueueUserWorkItem(static _ => { }, null);
        new Timer(static _ => { }, null, Timeout.Infinite, Timeout.Infinite).Dispose();
        Order.Release(ref s_arePoolsUsed, 1);
    }

    /// <summary>From here on the listeners of this event source count.</summary>
    public static void Add(EventSource events) => Order.Release(ref s_events, events);

    /// <summary>From here on the listeners of this histogram count.</summary>
    public static void Add(Histogram<double> durations) => Order.Release(ref s_durations, durations);

    private static bool IsOn(string feature) => !AppContext.TryGetSwitch(feature, out bool isOn) || isOn;
}
