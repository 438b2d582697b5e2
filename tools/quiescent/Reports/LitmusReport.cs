using System.Globalization;
using Quiescent.Tool.Terminal;
using Quiescent.Torture;
using Quiescent.Torture.Litmus;

namespace Quiescent.Tool.Reports;

// The output of `quiescent litmus`: a line for each test as it ends, a table, and the verdict.
internal static class LitmusReport
{
    public static void WriteProgress(LitmusResult result, TextWriter output, int width)
    {
        string failed = result.SubjectFailedAfter is { } after
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"; the subject failed after {after.TotalSeconds:0.000} s: {result.Test.Forbidden}")
            : "";
        output.WriteWrapped(
            $"{result.Test.Name}: {result.VerdictText}; the control failed in {result.ControlFailures} of "
            + $"{result.Turns} turns{failed}",
            width,
            rest: "  ");
    }

    public static void Write(IReadOnlyList<LitmusResult> all, bool isInterrupted, TextWriter output, int width)
    {
        LitmusResult[] results = [.. all.Where(result => result.Turns != 0)];
        TextTable table = new(
            new TextColumn("test"),
            new TextColumn("control", 1),
            new TextColumn("failed", 3),
            new TextColumn("subject", 2),
            new TextColumn("failed", 4),
            new TextColumn("verdict", 5) { IsRight = false });
        foreach (LitmusResult result in results)
        {
            table.Add(
                result.Test.Name,
                Compact(result.Control.Runs),
                Compact(result.Control.Failures),
                Compact(result.Subject.Runs),
                Compact(result.Subject.Failures),
                result.VerdictText);
        }

        output.WriteLine();
        table.Write(output, width);
        output.WriteLine();
        foreach (string? reason in results.Where(result => result.IsNotObservable)
            .Select(result => result.Test.NotObservableHere)
            .Distinct())
        {
            output.WriteWrapped(
                $"Not observable here: {reason}. Such a test proves nothing by itself.", width, rest: "  ");
        }

        string interrupted = isInterrupted
            ? $"interrupted after {results.Length} of {all.Count} tests; until then "
            : "";
        output.WriteWrapped($"litmus: {interrupted}{Describe(results)}", width, rest: "  ");
    }

    /// <summary>Three digits and a unit: 999, 12.3k, 4.56M.</summary>
    public static string Compact(long count) => count switch
    {
        < 1_000 => count.ToString(CultureInfo.InvariantCulture),
        < 999_500 => $"{ThreeDigits(count / 1e3)}k",
        < 999_500_000 => $"{ThreeDigits(count / 1e6)}M",
        _ => $"{ThreeDigits(count / 1e9)}G",
    };

    private static string ThreeDigits(double value) =>
        value.ToString(value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00", CultureInfo.InvariantCulture);

    private static string Describe(LitmusResult[] results)
    {
        string Names(Func<LitmusResult, bool> which) =>
            string.Join(", ", results.Where(which).Select(result => result.Test.Name));
        return LitmusResult.Total(results) switch
        {
            Verdict.Passed => "passed: each subject held where its control failed",
            Verdict.Failed => $"FAILED: {Names(result => result.Verdict == Verdict.Failed)}",
            _ when results.Length == 0 => "inconclusive: no test has run",
            _ => "inconclusive, which is not a pass. Too few turns in which the control failed: "
                + Names(result => result.Verdict == Verdict.Inconclusive),
        };
    }
}
