using System.Globalization;
using Quiescent.Tool.Terminal;
using Quiescent.Torture;
using Quiescent.Torture.Reports;
using Quiescent.Torture.Watch;

namespace Quiescent.Tool.Reports;

// The end of `quiescent torture`: what ran, in ten lines, and the verdict.
internal static class TortureReport
{
    private const int LabelWidth = 16;

    public static void Write(TortureResult result, TextWriter output, int width)
    {
        output.WriteLine();
        void Line(string label, string text) =>
            output.WriteWrapped(text, width, $"  {label,-LabelWidth}", new string(' ', LabelWidth + 2));

        DomainResult[] domains = result.Domains;
        long graces = domains.Sum(domain => domain.GracePeriods);
        double longest = domains.Length == 0 ? 0 : domains.Max(domain => domain.LongestMilliseconds);
        Line("ran", $"{Number(result.Seconds, "0.0")} s, {result.Readers} readers, {result.Updaters} updaters");
        Line("sections", $"{Count(result.Ages.Sum())}; "
            + $"{Count(result.Ages.Skip(1).Sum())} held a block across its unlinking");
        Line("updates", $"{Count(result.Primitives.Values.Sum())} by "
            + $"{result.Primitives.Values.Count(count => count != 0)} primitives");
        Line("grace periods", $"{Count(graces)} in {domains.Length} domains; the longest "
            + $"took {Number(longest, "N1")} ms");
        Line("queued", $"{Count(domains.Sum(one => one.BlocksQueued))} blocks, "
            + $"{Count(domains.Sum(one => one.CallbacksQueued))} callbacks");
        Line("reported", $"{Count(domains.Sum(one => one.Stalls))} stalls, "
            + $"{Count(domains.Sum(one => one.ReadersAbandoned))} dead readers");
        Line("faults injected", Count(result.InjectedFailures.Values.Sum()));
        if (result.Memory is { } memory)
        {
            Line("memory", Describe(memory));
        }

        output.WriteLine();
        foreach (string failure in result.Failures)
        {
            output.WriteWrapped($"FAILED: {failure}", width, rest: "  ");
        }

        if (result.FailureCount > result.Failures.Length)
        {
            output.WriteLine($"FAILED: and {result.FailureCount - result.Failures.Length} more");
        }

        string interrupted = result.IsInterrupted ? "interrupted; until then " : "";
        output.WriteWrapped(
            $"torture: {result.Scenario}, seed {result.Seed}: {interrupted}{Describe(result)}", width, rest: "  ");
    }

    private static string Describe(TortureResult result) => result.Verdict switch
    {
        Verdict.Passed => "passed",
        Verdict.Failed => result.FailureCount == 1 ? "1 failure" : $"{result.FailureCount} failures",
        _ => $"inconclusive: {result.Inconclusive}",
    };

    private static string Describe(MemoryUse memory) => memory is { NativeAtStart: long start, NativeAtEnd: long end }
        ? $"{Mebibytes(start)} MiB native before, {Mebibytes(end)} MiB after"
        : $"{Mebibytes(memory.WorkingSetAtStart)} MiB working set before, "
            + $"{Mebibytes(memory.WorkingSetAtEnd)} MiB after";

    private static string Mebibytes(long bytes) => Number(bytes / 1048576.0, "N1");

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
