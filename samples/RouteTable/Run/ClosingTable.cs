namespace RouteTable.Run;

/// <summary>The result, for people to read.</summary>
internal static class ClosingTable
{
    public static void Write(RunResult result, TextWriter writer)
    {
        void Row(string name, string value) => writer.WriteLine($"  {name,-26}{value}");

        TableResult tables = result.Tables;
        BlocksResult blocks = result.Blocks;
        GracePeriodsResult periods = result.GracePeriods;
        GarbageResult garbage = result.Garbage;
        writer.WriteLine();
        Row("tables", $"{tables.Older:N0} prefixes, {tables.Newer:N0} in the newer");
        Row(
            "changes between them",
            $"{tables.Withdrawn:N0} withdrawn, {tables.Announced:N0} announced, "
            + $"{tables.OriginChanged:N0} with another origin");
        Row("ran", $"{result.Seconds:F1} s, {result.Readers} readers, one updater");
        Row("look-ups", $"{result.Lookups.Count:N0} ({result.Lookups.PerSecond:N0}/s)");
        Row("wrong answers", result.Lookups.Wrong is long wrong ? $"{wrong:N0}" : "not checked");
        Row("updates", $"{result.Updates.Count:N0} ({result.Updates.PerSecond:N0}/s)");
        Row("grace periods", $"{periods.Count:N0} ({periods.PerSecond:N0}/s)");
        Row(
            "  how long",
            $"mean {periods.MeanMicroseconds:N0} µs, p99 {periods.P99Microseconds:N0} µs, "
            + $"max {periods.MaxMicroseconds:N0} µs");
        Row("blocks allocated", $"{blocks.Allocated:N0}");
        Row("  freed + live", $"{blocks.Freed:N0} + {blocks.Live:N0}");
        Row("  lost", $"{blocks.Lost:N0}");
        Row("  freed/s, peak backlog", $"{blocks.FreedPerSecond:N0}/s, {blocks.PeakBacklog:N0}");
        Row("garbage collections", $"{garbage.Pauses} ({garbage.PauseMilliseconds:F1} ms)");
        Row("managed allocation", $"{garbage.OtherThanReporterBytesPerSecond:N0} B/s on all threads but this one");
        foreach (WorkerGarbage worker in garbage.Workers)
        {
            Row($"  {worker.Worker}", $"{worker.BytesPerSecond:N0} B/s");
        }

        writer.WriteLine();
        foreach (string failure in result.Failures)
        {
            writer.WriteLine($"FAILED: {failure}");
        }

        if (result.Ok)
        {
            writer.WriteLine(result.Checked ? "Every answer was right, and no block was lost." : "No block was lost.");
        }
    }
}
