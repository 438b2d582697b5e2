using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Telemetry.Tests;

// The sample as its reader starts it: in a process of its own, whose output the console exporter writes.
public partial class SampleTests
{
    private static readonly TimeSpan s_bound = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task It_exports_each_instrument_of_its_domain_and_ends()
    {
        string output = await RunAsync();
        foreach (string instrument in (string[])
            [
                "quiescent.grace_period.duration, Description: How long grace periods took., Unit: s",
                "quiescent.grace_periods",
                "quiescent.blocks.queued",
                "quiescent.blocks.freed",
                "quiescent.callbacks.queued",
                "quiescent.callbacks.invoked",
                "quiescent.callbacks.failed",
                "quiescent.stalls",
                "quiescent.readers.abandoned",
                "quiescent.backlog",
                "quiescent.backlog.limit",
                "quiescent.reader.slots",
                "quiescent.pages",
            ])
        {
            Assert.Contains($"Metric Name: {instrument}", output, StringComparison.Ordinal);
        }

        Assert.Contains("quiescent.domain.name: prices", output, StringComparison.Ordinal);
        Assert.Contains("quiescent.item.kind: block", output, StringComparison.Ordinal);
        Assert.Contains("quiescent.slot.state: used", output, StringComparison.Ordinal);
    }

    // The last export comes after a barrier.
    [Fact]
    public async Task All_that_was_replaced_is_exported_as_freed()
    {
        string last = (await RunAsync()).Split("The figures when all has been freed:")[^1];
        Assert.Equal(2_000_000, ValuesOf(last, "quiescent.blocks.freed")[^1]);
        Assert.Equal(0, ValuesOf(last, "quiescent.backlog,")[^1]);
        Assert.NotEqual(0, ValuesOf(last, "quiescent.grace_periods")[^1]);
    }

    private static long[] ValuesOf(string output, string instrument) =>
    [
        .. output.Split("Metric Name: ")
            .Where(
                metric =>
                    metric.StartsWith(instrument, StringComparison.Ordinal)
                        && metric.Contains("prices", StringComparison.Ordinal))
            .SelectMany(static metric => Value().Matches(metric))
            .Select(static match => long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)),
    ];

    private static async Task<string> RunAsync()
    {
        ProcessStartInfo start = new("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Telemetry.dll"));
        using Process process = Process.Start(start)!;
        using CancellationTokenSource bound = new(s_bound);
        Task<string> errors = process.StandardError.ReadToEndAsync(bound.Token);
        string output = await process.StandardOutput.ReadToEndAsync(bound.Token);
        await process.WaitForExitAsync(bound.Token);
        Assert.Equal((0, ""), (process.ExitCode, await errors));
        return output;
    }

    [GeneratedRegex(@"Value: (\d+)")]
    private static partial Regex Value();
}
