using Quiescent.Tool.Mutants;

namespace Quiescent.Tool.Tests.Mutants;

// A test's exit code alone does not distinguish a pass from a test that was skipped or does not exist.
public sealed class FindingTests
{
    private const string Failure = """
            Quiescent.Tests.EngineTests.It_waits [FAIL]
              It did not wait.
        """;

    [Theory]
    [InlineData(0, "Total: 2, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0, Time: 0.1s", "Silent")]
    [InlineData(0, "Total: 2, Errors: 0, Failed: 0, Skipped: 1, Not Run: 0, Time: 0.1s", "Inconclusive")]
    [InlineData(0, "Total: 0", "Unusable")]
    [InlineData(1, Failure + "\nTotal: 1, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0, Time: 0.1s", "Failed")]
    [InlineData(1, "It could not be started.", "Unusable")]
    [InlineData(134, "Fatal error. System.AccessViolationException", "Crashed")]
    [InlineData(137, "", "Unusable")] // Killed from outside, for lack of memory, for example.
    public void A_test_s_summary_is_read(int exitCode, string output, string sign)
    {
        Finding finding = Finding.Of(new ChildResult(exitCode, output, TimeSpan.Zero), isTest: true, mayHang: false);
        Assert.Equal(sign, finding.Sign.ToString());
    }

    [Fact]
    public void The_evidence_is_the_failure_s_own_message()
    {
        string output = Failure + "\nTotal: 1, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0, Time: 0.1s";
        Finding finding = Finding.Of(new ChildResult(1, output, TimeSpan.Zero), isTest: true, mayHang: false);
        Assert.Equal("It did not wait.", finding.Evidence);
    }
}
