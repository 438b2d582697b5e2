using Quiescent.Tests.Support;

namespace Quiescent.Tests.Diagnostics;

// Reports go to the standard error output under Validate. Fault caught: an output that cannot be written ends the
// reclaimer's thread, a timer's or the caller's, and with it the process. tests/Programs/ProcessExit/Consoles.cs has
// the steps, a letter each.
[Trait("Category", "Slow")]
public class ConsoleTests
{
    private const string Once = "detected exception of callback";
    private const string Steps = "rspcagtvfd";

    // Of a callback that has returned by the time of its report there is none: "c" and "a", on a busy machine.
    private const int CertainReports = 8;

    [Fact]
    public void Each_step_reports_where_the_output_can_be_written()
    {
        (string output, string errors) = ChildProcess.RunProgram("ProcessExit", ["console", "as-it-is"], exitCode: 0);
        Assert.Equal(Steps, output);
        int reports = errors.Split('\n').Count(static line => line.StartsWith("rcu", StringComparison.Ordinal));
        Assert.True(reports >= CertainReports, errors);
    }

    // Faults caught: exceptions of callbacks that vanish, a report for each of a hundred alike, and an exception whose
    // own text throws.
    [Fact]
    public void Callbacks_that_throw_are_reported_once_for_each_place()
    {
        (string output, string errors) = ChildProcess.RunProgram("ProcessExit", ["failing", "validated"], exitCode: 0);
        Assert.Equal("102", output);
        Assert.Equal(3, errors.Split(Once).Length - 1);
        Assert.Contains("often", errors, StringComparison.Ordinal);
        Assert.Contains("elsewhere", errors, StringComparison.Ordinal);
        Assert.Contains("Unspeakable.Dispose", errors, StringComparison.Ordinal);
        Assert.Matches(@"\n    queued at Consoles\.Fail in \S*Consoles\.cs:line [1-9]", errors);
    }

    [Fact]
    public void Without_Validate_they_are_only_counted()
    {
        ValidateForAll.SkipIfOn();
        Assert.Equal(("102", ""), ChildProcess.RunProgram("ProcessExit", ["failing", "as-it-is"], exitCode: 0));
    }

    [Fact]
    public void A_writer_that_throws_ends_nothing() =>
        Assert.Equal(Steps, ChildProcess.RunProgram("ProcessExit", ["console", "throws"], exitCode: 0).Output);

    [Theory]
    [InlineData("2>/dev/full")]
    [InlineData("2>&-")]
    public void An_output_that_is_full_or_closed_ends_nothing(string redirection)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "/dev/full is Linux's.");
        Assert.Equal(
            Steps, ChildProcess.RunProgramUnder(redirection, "ProcessExit", ["console", "as-it-is"], exitCode: 0));
    }
}
