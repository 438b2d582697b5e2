using MappedCatalog.Serving;

namespace MappedCatalog.Running;

/// <summary>The result for people.</summary>
internal static class ClosingTable
{
    public static void Write(RunResult result, TextWriter writer)
    {
        void Row(string name, string value) => writer.WriteLine($"  {name,-26}{value}");

        ServiceStatistics statistics = result.Statistics;
        RequestStatistics requests = statistics.Requests;
        SwapStatistics swaps = statistics.Swaps;
        GracePeriodStatistics periods = statistics.GracePeriods;
        writer.WriteLine();
        Row("ran", $"{statistics.UptimeSeconds:F1} s");
        Row("requests", $"{requests.Total:N0} ({requests.Total / statistics.UptimeSeconds:N0}/s)");
        Row("  failed", $"{requests.Failed:N0}");
        if (statistics.Load.Requests > 0)
        {
            Row("  made by --load", $"{statistics.Load.Requests:N0}");
        }

        Row("  refused; given up", $"{requests.Refused:N0}; {requests.Aborted:N0}");
        Row("look-ups", $"{statistics.Lookups.Total:N0} ({statistics.Lookups.Total / statistics.UptimeSeconds:N0}/s)");
        Row("  wrong answers", statistics.WrongAnswers is long wrong ? $"{wrong:N0}" : "not checked (--verify)");
        Row("sections", $"{statistics.Sections.Total:N0}, {statistics.Sections.Moved:N0} ended on another thread");
        Row("swaps", $"{swaps.Total:N0}, {swaps.Failed:N0} failed");
        Row(
            "  rebuilding a file",
            $"mean {swaps.MeanRebuildMicroseconds:N0} µs, longest {swaps.LongestRebuildMicroseconds:N0} µs");
        Row("grace periods", $"{periods.Completed:N0}");
        Row(
            "  how long",
            $"median {periods.MedianMicroseconds:N0} µs, p99 {periods.P99Microseconds:N0} µs, "
            + $"max {periods.MaxMicroseconds:N0} µs");
        Row("mappings opened", $"{result.MappingsOpened:N0}, at most {statistics.Mappings.Peak:N0} at a time");
        Row("  left at the end", $"{result.MappingsLeft:N0}" + (result.MappingsLeftBySystem is int left ? $"; the system says {left:N0}" : ""));
        Row(
            "memory",
            $"{statistics.Memory.WorkingSetBytes >> 20:N0} MiB resident, {statistics.Memory.HeapBytes >> 20:N0} MiB of it GC heap");
        Row("  live objects", $"{result.HeapBytesBefore / 1048576.0:F1} MiB at the start, {result.HeapBytesAfter / 1048576.0:F1} MiB at the end");
        writer.WriteLine();
        foreach (string failure in result.Failures)
        {
            writer.WriteLine($"FAILED: {failure}");
        }

        if (result.Ok)
        {
            writer.WriteLine("No request failed, and every mapping was closed.");
        }
    }
}
