using Quiescent.Tests.Support;

namespace Quiescent.Tests.Validation;

// Each in a process of its own: the switch is read once.
public sealed class ValidateSwitchTests
{
    [Theory]
    [InlineData("validate", "1", true)]
    [InlineData("validate", "0", false)]
    [InlineData("validate-by-switch", "0", true)]
    public void The_environment_or_a_switch_turns_validation_on_in_all_domains_the_default_one_too(
        string scenario, string variable, bool on)
    {
        (string output, string errors) = ChildProcess.Run(scenario, exitCode: 0, ("QUIESCENT_VALIDATE", variable));
        Assert.Equal(on ? "True True refused" : "False False ended another section", output);

        // A program that subscribes to nothing gets reports while it is being debugged, and only then.
        if (on)
        {
            Assert.StartsWith(
                "rcu: INFO: domain 'of the program' detected 1 read-side critical section left open "
                + "by reader thread 'leaver'",
                errors,
                StringComparison.Ordinal);
            Assert.Contains("Program.cs", errors, StringComparison.Ordinal);
        }
        else
        {
            Assert.Empty(errors);
        }
    }

    [Fact]
    public void Where_a_program_is_made_without_validation_none_can_be_asked_for()
    {
        (string output, string errors) =
            ChildProcess.Run("validate-unsupported", exitCode: 0, ("QUIESCENT_VALIDATE", "1"));
        Assert.Equal("refused False False ended another section", output);
        Assert.Empty(errors);
    }
}
