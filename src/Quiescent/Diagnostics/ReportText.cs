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
        if (stall.LockName is not null)
        {
            Append(text, $"; a writer of the lock '{stall.LockName}' waits for it");
        }

        AppendActivity(text, stall);
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

    public static string OfWriter(StallEventArgs stall)
    {
        StringBuilder text = new();
        Append(text, $"rcu: INFO: domain '{stall.DomainName}' detected stall of lock '{stall.LockName}' ");
        Append(text, $"for {Seconds(stall.Duration)} ");
        Append(text, $"by writer {Thread(stall.ThreadName, stall.ManagedThreadId, stall.OsThreadId)}");
        AppendDetails(text, stall);
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

    /// <summary>The text about user code that threw.</summary>
    /// <param name="domain">The domain's name.</param>
    /// <param name="callback">The method's name; null where unknown.</param>
    /// <param name="queuedAt">Where it was queued; null where unknown.</param>
    /// <param name="thrown">What it threw.</param>
    public static string OfFailure(string domain, string? callback, string? queuedAt, Exception thrown)
    {
        StringBuilder text = new();
        Append(text, $"rcu: INFO: domain '{domain}' detected exception of ");
        Append(text, $"{(callback is null ? "a callback" : $"callback {callback}")}");
        if (queuedAt is not null)
        {
            Append(text, $"{Environment.NewLine}    queued at {queuedAt}");
        }

        AppendLines(text, "    ", TextOf(thrown));
        return text.ToString();
    }

    // The exception is the program's, and its text may run the program's code.
    private static string TextOf(Exception thrown)
    {
        try
        {
            return thrown.ToString();
        }
        catch (Exception unexpected)
        {
            Telemetry.Ignore(unexpected);
            return thrown.GetType().ToString();
        }
    }

    private static void AppendDetails(StringBuilder text, StallEventArgs stall)
    {
        Append(text, $"{Environment.NewLine}    report {stall.Reports}; ");
        Append(text, $"backlog {Count(stall.BlocksWaiting, "block")}, {Count(stall.CallbacksWaiting, "callback")}");
        if (stall.BytesWaiting != 0)
        {
            Append(text, $", {stall.BytesWaiting:N0} bytes");
        }

        if (stall.IsDisposing)
        {
            Append(text, $"; the disposal of the domain waits for it");
        }
    }

    private static void AppendActivity(StringBuilder text, StallEventArgs stall)
    {
        TimeSpan? used = stall.ThreadProcessorTime;
        string? doing = stall.ThreadState switch
        {
            StalledThreadState.Running => used == TimeSpan.Zero ? "waits for a processor" : "runs",
            StalledThreadState.Sleeping => "sleeps",
            StalledThreadState.Waiting => "waits in the kernel, uninterruptibly",
            StalledThreadState.Stopped => "is stopped",
            _ => null,
        };
        if (doing is null)
        {
            return;
        }

        Append(text, $"{Environment.NewLine}    its thread {doing}");
        if (used == TimeSpan.Zero)
        {
            Append(text, $", and has used no processor time for {Seconds(stall.ThreadObservedFor!.Value)}");
        }
        else if (used is not null)
        {
            Append(text, $", and has used {used.Value.TotalSeconds:0.00} s of processor time ");
            Append(text, $"in the last {Seconds(stall.ThreadObservedFor!.Value)}");
        }
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
        AppendLines(text, "        ", site.StackTrace);
    }

    private static void AppendLines(StringBuilder text, string indent, string lines)
    {
        const StringSplitOptions Options = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;
        foreach (string line in lines.Split('\n', Options))
        {
            Append(text, $"{Environment.NewLine}{indent}{line}");
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
