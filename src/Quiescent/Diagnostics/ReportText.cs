using System.Globalization;
using System.Text;
using Quiescent.Readers;
using Quiescent.Validate;

namespace Quiescent.Diagnostics;

// The reports' wording, after rcu_sched's: one line that says who, then the details, a line each and indented.
internal static class ReportText
{
    private const string Hint = "to see where it began, set RcuDomainOptions.Validate or QUIESCENT_VALIDATE=1";

    public static string Of(StallEventArgs stall, ReaderIdentity reader)
    {
        string detected = stall.ManagedThreadId == Environment.CurrentManagedThreadId ? "self-detected" : "detected";
        StringBuilder text = new();
        Append(text, $"rcu: INFO: domain '{stall.DomainName}' {detected} stall of grace period {stall.GracePeriod} ");
        Append(text, $"for {Seconds(stall.Duration)} ");
        Append(text, $"by reader {Thread(stall.ThreadName, stall.ManagedThreadId, stall.OsThreadId)}");
        AppendDetails(text, stall);
        Append(text, $"; {Sections(stall.OpenSections)} open");
        AppendEntries(text, reader.Entries, stall.SectionsEnteredAt);
        return text.ToString();
    }

    public static string OfReclaimer(StallEventArgs stall)
    {
        StringBuilder text = new();
        bool isPending = stall.ManagedThreadId == 0;
        string what = isPending ? "a barrier" : "its reclaimer";
        Append(text, $"rcu: INFO: domain '{stall.DomainName}' detected stall of {what} ");
        Append(text, $"for {Seconds(stall.Duration)} by callback {stall.Callback} ");
        string where = Thread(stall.ThreadName, stall.ManagedThreadId, stall.OsThreadId);
        text.Append(isPending ? "whose task is not complete" : $"on {where}");
        AppendDetails(text, stall);
        if (stall.CallbackQueuedAt is not null)
        {
            Append(text, $"{Environment.NewLine}    queued at {stall.CallbackQueuedAt}");
        }

        return text.ToString();
    }

    public static string OfAbandoned(ReaderAbandonedEventArgs abandoned, ReaderIdentity reader)
    {
        StringBuilder text = new();
        Append(text, $"rcu: INFO: domain '{abandoned.DomainName}' detected {Sections(abandoned.Depth)} left open ");
        Append(text, $"by reader {Thread(abandoned.ThreadName, abandoned.ManagedThreadId, abandoned.OsThreadId)}");
        AppendEntries(text, reader.Entries, abandoned.SectionsEnteredAt);
        return text.ToString();
    }

    private static void AppendDetails(StringBuilder text, StallEventArgs stall)
    {
        Append(text, $"{Environment.NewLine}    report {stall.Reports}; backlog {Count(stall.BlocksWaiting, "block")}, ");
        Append(text, $"{Count(stall.CallbacksWaiting, "callback")}");
    }

    private static void AppendEntries(StringBuilder text, SectionEntry[] entries, IReadOnlyList<RcuCallSite> sites)
    {
        if (entries.Length == 0)
        {
            Append(text, $"{Environment.NewLine}    {Hint}");
        }

        for (int i = 0; i < entries.Length; i++)
        {
            AppendSite(text, entries[i].IsOnline ? "online" : "entered", sites[i]);
        }
    }

    private static void AppendSite(StringBuilder text, string what, RcuCallSite site)
    {
        Append(text, $"{Environment.NewLine}    {what} {Seconds(site.Age)} ago at {site}");
        const StringSplitOptions Lines = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (string frame in site.StackTrace.Split('\n', Lines))
        {
            Append(text, $"{Environment.NewLine}        {frame}");
        }
    }

    private static string Thread(string? name, int managedId, ulong osId) => string.Create(
        CultureInfo.InvariantCulture, $"thread '{name ?? "(unnamed)"}' (managed id {managedId}, OS id {osId})");

    private static string Seconds(TimeSpan time) =>
        string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private static string Sections(int count) => Count(count, "read-side critical section");

    private static string Count(long count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static void Append(StringBuilder text, FormattableString part) =>
        text.Append(part.ToString(CultureInfo.InvariantCulture));
}
