using System.Text.Json;
using Quiescent.Claims;
using Quiescent.Tool.Commands;

namespace Quiescent.Tool.Tests.Claims;

// The command with little to measure; what it finds is the machine's affair.
public sealed class ClaimsCommandTests
{
    private static readonly ClaimsOptions s_short = new()
    {
        Time = TimeSpan.FromMilliseconds(200),
        AheadOfTime = false,
        Counters = false,
        Threads = [1, 4],
        Backlogs = [0, 1_000],
        ModuleBacklogs = [0, 1_000],
    };

    [Fact]
    public void Every_claim_is_measured_and_judged()
    {
        (int exitCode, string output, string progress) = Run(s_short, json: true);
        Assert.Contains(exitCode, new[] { 0, 1, 3 });
        Assert.Contains("4 threads, 1,000 queued", progress, StringComparison.Ordinal);

        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement result = document.RootElement;
        Assert.Equal(["Barrier", "Unload", "Size", "Footprint"], result.GetProperty("findings").EnumerateObject().Select(finding => finding.Name));
        Assert.Equal(
            [(1, 0), (1, 1_000), (4, 0), (4, 1_000)],
            result.GetProperty("barriers").EnumerateArray().Select(cell => (cell.GetProperty("threads").GetInt32(), cell.GetProperty("backlog").GetInt32())));
        Assert.Equal([0, 1_000], result.GetProperty("unloads").EnumerateArray().Select(cell => cell.GetProperty("backlog").GetInt32()));
        Assert.Equal(2, result.GetProperty("sizes").GetArrayLength());
        Assert.Equal(6, result.GetProperty("times").GetArrayLength());
        Assert.All(result.GetProperty("times").EnumerateArray(), pair => Assert.True(pair.GetProperty("functions").GetProperty("lowest").GetDouble() > 0));
    }

    [Fact]
    public void Claims_can_be_measured_alone()
    {
        (int exitCode, string output, _) = Run(s_short with { Claims = [Claim.Size] }, json: false);
        Assert.True(exitCode == 0, output);
        Assert.Contains("holds: ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("Barrier against none", output, StringComparison.Ordinal);
        Assert.DoesNotContain("per block", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--seconds", "0")]
    [InlineData("--seconds", "soon")]
    [InlineData("--only", "everything")]
    public void Arguments_that_make_no_sense_are_refused(string option, string value) =>
        Assert.NotEmpty(ClaimsCommand.Create().Parse([option, value]).Errors);

    private static (int ExitCode, string Output, string Progress) Run(ClaimsOptions options, bool json)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int exitCode = ClaimsCommand.Run(options, json, output, error);
        return (exitCode, output.ToString(), error.ToString());
    }
}
