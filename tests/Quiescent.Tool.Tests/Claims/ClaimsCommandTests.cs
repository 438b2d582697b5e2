using Quiescent.Claims;
using Quiescent.Tool.Commands;

namespace Quiescent.Tool.Tests.Claims;

// The command with little to measure; what it finds depends on the machine.
public sealed class ClaimsCommandTests
{
    [Fact]
    [Trait("Category", "Slow")]
    public void Every_claim_is_measured()
    {
        ClaimsOptions few = new()
        {
            Time = TimeSpan.FromMilliseconds(200),
            Quick = true,
            Threads = [1, 4],
            Backlogs = [0, 1_000],
            ModuleBacklogs = [0, 1_000],
        };
        using StringWriter output = new();
        using StringWriter error = new();
        Assert.True(ClaimsCommand.Run(few, output, error) == 0, error.ToString());

        string[] rows =
            [.. output.ToString().Split('\n').Where(line => line.StartsWith("| ", StringComparison.Ordinal))];
        string[][] cells = [.. rows.Select(row => row.Split('|', StringSplitOptions.TrimEntries))];
        Assert.Equal(
            ["1 0", "1 1,000", "4 0", "4 1,000"],
            cells.SkipWhile(row => row[1] != "threads").Skip(2).Take(4).Select(row => $"{row[1]} {row[2]}"));
        Assert.Equal(
            ["0", "1,000"], cells.SkipWhile(row => row is not [_, "queued", ..]).Skip(2).Take(2).Select(row => row[1]));
        Assert.Single(cells, row => row[1] == "IL and metadata");
        Assert.Single(cells, row => row[1] == "machine code, JIT");
        string[][] times = [.. cells.Where(row => row[1] == "JIT")];
        Assert.Equal(6, times.Length);
        Assert.All(times, row => Assert.Matches(@"^[\d,.]+ \([\d,.]+ – [\d,.]+\)$", row[4]));
    }

    [Theory]
    [InlineData("--seconds", "0")]
    [InlineData("--seconds", "soon")]
    [InlineData("--only", "barrier")]
    public void Arguments_that_make_no_sense_are_refused(string option, string value) =>
        Assert.NotEmpty(ClaimsCommand.Create().Parse([option, value]).Errors);
}
