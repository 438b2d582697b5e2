using System.Globalization;
using Quiescent.Top.Model;
using Quiescent.Top.Stream;

namespace Quiescent.Top.View;

// Reports in words.
internal static class Describe
{
    /// <summary>Who stalls, and for how long at that time.</summary>
    public static string Stall(Report stall, DateTime at)
    {
        double seconds = (stall.Seconds ?? 0) + Math.Max(0, (at - stall.Time).TotalSeconds);
        string who = stall.Cause == StallCause.Reader ? "reader" : "callback";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"stalled for {seconds:0.0} s by {who} '{Named(stall.Culprit)}' (thread {stall.ManagedThreadId}, OS "
            + $"{stall.OsThreadId})");
    }

    /// <summary>One line: when, where, what, who.</summary>
    public static string Headline(RepeatedReport report)
    {
        Report last = report.Last;
        string often = report.Count == 1 ? "" : $"{report.Count} x ";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{last.Time.ToLocalTime():HH:mm:ss} {last.Domain.Name} #{last.Domain.Id}: {often}{What(last)}");
    }

    public static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();

    /// <summary>The line of a stall's report that says what the reader's thread does; empty if it has none.</summary>
    public static string ThreadLine(string text) =>
        text.Split('\n').FirstOrDefault(static line => line.StartsWith("    its thread ", StringComparison.Ordinal), "")
            .Trim();

    private static string What(Report report) => report.Kind switch
    {
        ReportKind.Stall => Stall(report, report.Time),
        ReportKind.ReaderAbandoned => $"reader '{Named(report.Culprit)}' ended inside a section",
        ReportKind.BacklogOverLimit or ReportKind.BacklogUnderLimit => report.Text,
        ReportKind.CallbackFailed => $"a callback threw {FirstLine(report.Text)}",
        _ => $"misuse: {FirstLine(report.Text)}",
    };

    private static string Named(string? culprit) => string.IsNullOrEmpty(culprit) ? "(unnamed)" : culprit;
}
