using System.Globalization;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Reports;

// The run in a screenful.
internal static class ClosingTable
{
    public static void Write(TortureResult result, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("domain        grace periods  longest ms       blocks    callbacks  abandoned  stalls  slots");
        foreach (DomainResult domain in result.Domains)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{domain.Name,-12}  {domain.GracePeriods,13:N0}  {domain.LongestMilliseconds,10:N1}  {domain.BlocksQueued,11:N0}  "
                + $"{domain.CallbacksQueued,11:N0}  {domain.ReadersAbandoned,9:N0}  {domain.Stalls,6:N0}  {domain.ReaderSlots,5:N0}"));
        }

        WriteCounts("ages at section's end", result.Ages.Select((count, age) => ($"{age}", count)), output);
        WriteCounts("primitives", result.Primitives.Select(pair => (pair.Key, pair.Value)), output);
        WriteCounts("steps", result.Actors.Select(pair => (pair.Key, pair.Value)), output);
        WriteCounts("figures", result.Figures.Select(pair => (pair.Key, pair.Value)), output);
        WriteCounts("failures injected", result.InjectedFailures.Select(pair => (pair.Key, pair.Value)), output);
        if (result.Memory is { } memory)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"memory: native {Mebibytes(memory.NativeAtStart)} before, {Mebibytes(memory.NativeAtEnd)} after; working set "
                + $"{Mebibytes(memory.WorkingSetAtStart)} before, {Mebibytes(memory.WorkingSetAtEnd)} after; managed "
                + $"{Mebibytes(memory.ManagedAtStart)} before, {Mebibytes(memory.ManagedAtEnd)} after "
                + $"(allowed: {MemoryCheck.NativeTolerance >> 20} MiB more of native memory)"));
        }

        output.WriteLine();
        foreach (string failure in result.Failures)
        {
            output.WriteLine($"FAILED: {failure}");
        }

        if (result.FailureCount > result.Failures.Length)
        {
            output.WriteLine($"FAILED: and {result.FailureCount - result.Failures.Length} more");
        }

        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"torture: {result.Scenario}, {result.Seconds:0.0} s, seed {result.Seed}: {Say(result)}"));
    }

    private static string Say(TortureResult result) => result.Verdict switch
    {
        Verdict.Passed => "passed",
        Verdict.Failed => $"{result.FailureCount} failures",
        _ => $"inconclusive: {result.Inconclusive}",
    };

    private static void WriteCounts(string title, IEnumerable<(string Name, long Count)> counts, TextWriter output)
    {
        string[] entries = [.. counts
            .Where(entry => entry.Count != 0)
            .Select(entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Name} {entry.Count:N0}"))];
        if (entries.Length != 0)
        {
            output.WriteLine($"{title}: {string.Join(", ", entries)}");
        }
    }

    private static string Mebibytes(long? bytes) =>
        bytes is null ? "unknown" : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.0} MiB");
}
