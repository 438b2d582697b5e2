using System.Diagnostics.Tracing;
using Quiescent.GracePeriods;

namespace Quiescent.Diagnostics;

// The event source `Quiescent`; docs/diagnostics.md says what each event means. A listener inside the process runs on
// the thread that writes, so nothing here is called under a lock, nor from Free (O8). The base library swallows what
// such a listener throws. Whichever thread comes by writes starts and stops, not the one that causes them, so they make
// no activities.
[EventSource(Name = Telemetry.Name)]
internal sealed class QuiescentEvents : EventSource
{
    // An event of more than 64 KiB is lost on its way out of the process.
    private const int MaxText = 16_000;

    public QuiescentEvents()
        : base(EventSourceSettings.EtwSelfDescribingEventFormat)
    {
    }

    /// <summary>Whether somebody listens to <see cref="BarrierStart"/>.</summary>
    public bool HearsBarriers => IsEnabled(EventLevel.Informational, Keywords.Barriers);

    /// <summary>Whether somebody listens to the backlog's events.</summary>
    public bool HearsBacklog => IsEnabled(EventLevel.Warning, Keywords.Reports);

    // The number counts the domain's grace periods from one. The grace period began secondsAgo before the event.
    [Event(
        1,
        Level = EventLevel.Verbose,
        Keywords = Keywords.GracePeriods,
        ActivityOptions = EventActivityOptions.Disable)]
    public void GracePeriodStart(string domainName, long domainId, long number, double secondsAgo) =>
        WriteEvent(1, domainName, domainId, number, secondsAgo);

    // The grace period lasted for seconds, and ended secondsAgo before the event.
    [Event(
        2,
        Level = EventLevel.Verbose,
        Keywords = Keywords.GracePeriods,
        ActivityOptions = EventActivityOptions.Disable)]
    public void GracePeriodStop(string domainName, long domainId, long number, double seconds, double secondsAgo) =>
        WriteEvent(2, domainName, domainId, number, seconds, secondsAgo);

    // The count of starts and ends that found no room, and are missing from the events and from the histogram of
    // durations.
    [Event(3, Level = EventLevel.Warning, Keywords = Keywords.GracePeriods)]
    public void GracePeriodsUnsaid(string domainName, long domainId, long count) =>
        WriteEvent(3, domainName, domainId, count);

    // The number counts the process's barriers that somebody listened to. With codeOnly, the barrier waits only for
    // callbacks that are code.
    [Event(
        4,
        Level = EventLevel.Informational,
        Keywords = Keywords.Barriers,
        ActivityOptions = EventActivityOptions.Disable)]
    public void BarrierStart(string domainName, long domainId, long number, bool codeOnly) =>
        WriteEvent(4, domainName, domainId, number, codeOnly);

    [Event(
        5,
        Level = EventLevel.Informational,
        Keywords = Keywords.Barriers,
        ActivityOptions = EventActivityOptions.Disable)]
    public void BarrierStop(string domainName, long domainId, long number, double seconds) =>
        WriteEvent(5, domainName, domainId, number, seconds);

    [NonEvent]
    public void Write(string domainName, long domainId, StallEventArgs stall)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Reports))
        {
            Stall(
                domainName,
                domainId,
                stall.Kind.ToString(),
                stall.Callback ?? stall.ThreadName ?? "",
                stall.ManagedThreadId,
                (long)stall.OsThreadId,
                stall.Duration.TotalSeconds,
                Short(stall.ToString()));
        }
    }

    [NonEvent]
    public void Write(string domainName, long domainId, ReaderAbandonedEventArgs reader)
    {
        if (IsEnabled(EventLevel.Warning, Keywords.Reports))
        {
            ReaderAbandoned(
                domainName,
                domainId,
                reader.ThreadName ?? "",
                reader.ManagedThreadId,
                (long)reader.OsThreadId,
                Short(reader.ToString()));
        }
    }

    [NonEvent]
    public void Write(string domainName, long domainId, Exception thrown)
    {
        if (IsEnabled(EventLevel.Error, Keywords.Reports))
        {
            CallbackFailed(domainName, domainId, thrown.GetType().ToString(), MessageOf(thrown));
        }
    }

    [NonEvent]
    public void Write(string domainName, long domainId, MisuseEventArgs misuse)
    {
        if (IsEnabled(EventLevel.Error, Keywords.Reports))
        {
            MisuseFound(domainName, domainId, Short(misuse.ToString()));
        }
    }

    // Roughly how much waited when the backlog crossed the limit; in the next event, when it had come down by a quarter
    // again.
    [Event(8, Level = EventLevel.Warning, Keywords = Keywords.Reports)]
    public void BacklogOverLimit(string domainName, long domainId, long waiting, long limit) =>
        WriteEvent(8, domainName, domainId, waiting, limit);

    [Event(9, Level = EventLevel.Informational, Keywords = Keywords.Reports)]
    public void BacklogUnderLimit(string domainName, long domainId, long waiting, long limit) =>
        WriteEvent(9, domainName, domainId, waiting, limit);

    // The same for the bytes that wait.
    [Event(13, Level = EventLevel.Warning, Keywords = Keywords.Reports)]
    public void BacklogBytesOverLimit(string domainName, long domainId, long waiting, long limit) =>
        WriteEvent(13, domainName, domainId, waiting, limit);

    [Event(14, Level = EventLevel.Informational, Keywords = Keywords.Reports)]
    public void BacklogBytesUnderLimit(string domainName, long domainId, long waiting, long limit) =>
        WriteEvent(14, domainName, domainId, waiting, limit);

    // The culprit is the name of a reader's thread or of a callback's method.
    [Event(6, Level = EventLevel.Warning, Keywords = Keywords.Reports)]
    private void Stall(
        string domainName,
        long domainId,
        string kind,
        string culprit,
        int managedThreadId,
        long osThreadId,
        double seconds,
        string report) =>
        WriteEvent(6, domainName, domainId, kind, culprit, managedThreadId, osThreadId, seconds, report);

    [Event(7, Level = EventLevel.Warning, Keywords = Keywords.Reports)]
    private void ReaderAbandoned(
        string domainName, long domainId, string culprit, int managedThreadId, long osThreadId, string report) =>
        WriteEvent(7, domainName, domainId, culprit, managedThreadId, osThreadId, report);

    [Event(10, Level = EventLevel.Error, Keywords = Keywords.Reports)]
    private void CallbackFailed(string domainName, long domainId, string exceptionType, string message) =>
        WriteEvent(10, domainName, domainId, exceptionType, message);

    [Event(11, Level = EventLevel.Error, Keywords = Keywords.Reports)]
    private void MisuseFound(string domainName, long domainId, string report) =>
        WriteEvent(11, domainName, domainId, report);

    [Event(12, Level = EventLevel.Warning, Keywords = Keywords.Reports)]
    public void OtherCopy(string report) => WriteEvent(12, report);

    private static string Short(string text) => text.Length <= MaxText ? text : text[..MaxText];

    // The exception is the program's, and its Message may run the program's code too.
    private static string MessageOf(Exception thrown)
    {
        try
        {
            return Short(thrown.Message ?? "");
        }
        catch (Exception)
        {
            return "";
        }
    }

    /// <summary>The groups of events that can be listened to separately.</summary>
    public static class Keywords
    {
        public const EventKeywords GracePeriods = TelemetryListeners.GracePeriods;
        public const EventKeywords Barriers = (EventKeywords)0x2;
        public const EventKeywords Reports = (EventKeywords)0x4;
    }
}
