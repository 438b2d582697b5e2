using System.Globalization;
using Quiescent.Tool.Terminal;
using Quiescent.Torture.Reports;
using Quiescent.Torture.Watch;

namespace Quiescent.Tool.Reports;

// All counters of a torture: `quiescent torture --verbose`.
internal static class TortureCounters
{
    public static void Write(TortureResult result, TextWriter output, int width)
    {
        TextTable table = new(
            new TextColumn("domain"),
            new TextColumn("periods", 8),
            new TextColumn("max ms", 7),
            new TextColumn("blocks", 6),
            new TextColumn("callbacks", 5),
            new TextColumn("died", 4),
            new TextColumn("stalls", 3),
            new TextColumn("slots", 2));
        foreach (DomainResult domain in result.Domains)
        {
            table.Add(
                domain.Name,
                Count(domain.GracePeriods),
                domain.LongestMilliseconds.ToString("N1", CultureInfo.InvariantCulture),
                Count(domain.BlocksQueued),
                Count(domain.CallbacksQueued),
                Count(domain.ReadersAbandoned),
                Count(domain.Stalls),
                Count(domain.ReaderSlots));
        }

        output.WriteLine();
        table.Write(output, width);
        Write("ages at the end of a section", result.Ages.Select((count, age) => ($"{age}", count)), output, width);
        Write("primitives", result.Primitives.Select(pair => (pair.Key, pair.Value)), output, width);
        Write("steps", result.Actors.Select(pair => (pair.Key, pair.Value)), output, width);
        Write("figures", result.Figures.Select(pair => (pair.Key, pair.Value)), output, width);
        Write("faults injected", result.InjectedFailures.Select(pair => (pair.Key, pair.Value)), output, width);
        if (result.Memory is { } memory)
        {
            Write(memory, output, width);
        }
    }

    private static void Write(MemoryUse memory, TextWriter output, int width) => output.WriteWrapped(
        $"memory before and after, MiB: native {Mebibytes(memory.NativeAtStart)} and {Mebibytes(memory.NativeAtEnd)} "
        + $"({MemoryCheck.NativeTolerance >> 20} more are allowed), working set "
        + $"{Mebibytes(memory.WorkingSetAtStart)} and "
        + $"{Mebibytes(memory.WorkingSetAtEnd)}, managed {Mebibytes(memory.ManagedAtStart)} and "
        + $"{Mebibytes(memory.ManagedAtEnd)}",
        width,
        rest: "  ");

    private static void Write(string title, IEnumerable<(string Name, long Count)> counts, TextWriter output, int width)
    {
        string[] entries =
            [.. counts.Where(entry => entry.Count != 0).Select(entry => $"{entry.Name} {Count(entry.Count)}")];
        if (entries.Length != 0)
        {
            output.WriteWrapped($"{title}: {string.Join(", ", entries)}", width, rest: "  ");
        }
    }

    private static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Mebibytes(long? bytes) =>
        bytes is null ? "unknown" : (bytes.Value / 1048576.0).ToString("N1", CultureInfo.InvariantCulture);
}
