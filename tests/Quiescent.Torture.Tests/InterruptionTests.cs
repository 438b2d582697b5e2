using System.Text;
using Quiescent.Torture.Reports;
using Quiescent.Torture.Scenarios;

namespace Quiescent.Torture.Tests;

public sealed class InterruptionTests
{
    // The run would last an hour, and the test with it.
    [Fact]
    [Trait("Category", "Slow")]
    public void An_interrupted_run_is_brought_to_rest_and_has_a_verdict()
    {
        using CancellationTokenSource interruption = new();
        using Interrupting progress = new(interruption);
        TortureOptions options = new() { Scenario = Scenario.Find("primitives")!, Duration = TimeSpan.FromHours(1) };
        TortureResult result = TortureRun.Run(options, progress, interruption.Token);
        Assert.True(result.IsInterrupted);
        Assert.Empty(result.Failures);
        Assert.NotEqual(Verdict.Failed, result.Verdict);
        Assert.True(result.Primitives.Values.Sum() > 0);
        Assert.NotNull(result.Memory);
    }

    // Interrupts at the first line of figures.
    private sealed class Interrupting(CancellationTokenSource interruption) : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void WriteLine(string? value)
        {
            if (value is not null && value.TrimStart().StartsWith("1 s", StringComparison.Ordinal))
            {
                interruption.Cancel();
            }
        }
    }
}
