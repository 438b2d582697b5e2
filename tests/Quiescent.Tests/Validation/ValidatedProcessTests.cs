using Quiescent.Tests.Support;

namespace Quiescent.Tests.Validation;

// Validation in all domains, in a process of its own: tests/Programs/Misuse.
public class ValidatedProcessTests
{
    private static readonly (string, string) s_on = ("QUIESCENT_VALIDATE", "1");
    private static readonly (string, string) s_off = ("QUIESCENT_VALIDATE", "0");

    [Theory]
    [InlineData("read", "leads to a block that has been reclaimed")]
    [InlineData("read-inside", "leads to a block that has been reclaimed")]
    [InlineData("read-from", "loaded from a block that has been reclaimed")]
    [InlineData("read-sleepable", "leads to a block that has been reclaimed")]
    public void A_dereference_of_a_reclaimed_block_names_where_it_is_read_and_where_it_was_queued(
        string scenario, string what)
    {
        (string output, _) = ChildProcess.RunProgram("Misuse", [scenario], exitCode: 0, s_on);
        Assert.Contains(what, output, StringComparison.Ordinal);
        Sites.MustName(output, "read at", "Main", "Program.cs");
        Sites.MustName(output, "queued at", "Reclaim", "Program.cs");
    }

    [Fact]
    public void A_dereference_of_a_live_block_is_no_mistake() =>
        Assert.Equal("7", ChildProcess.RunProgram("Misuse", ["read-live"], exitCode: 0, s_on).Output);

    // When the reader is optimised from its first call on, the switch is no constant yet at its compilation.
    [Theory]
    [InlineData("DOTNET_TieredCompilation", "0")]
    [InlineData("DOTNET_TieredPGO", "0")]
    public void However_it_is_compiled_the_reader_is_checked(string setting, string value) =>
        Assert.Contains(
            "reclaimed",
            ChildProcess.RunProgram("Misuse", ["read"], exitCode: 0, s_on, (setting, value)).Output,
            StringComparison.Ordinal);

    [Fact]
    public void Without_the_switch_nothing_is_reported() =>
        Assert.Equal("", ChildProcess.RunProgram("Misuse", ["read"], exitCode: 0, s_off).Output);

    [Fact]
    public void A_read_of_a_reclaimed_block_with_pages_of_its_own_faults_at_once()
    {
        (string output, string errors) = ChildProcess.RunProgram("Misuse", ["pages"], exitCode: null);
        Assert.Equal("7", output); // The second read never came back.
        Assert.Contains("Program.Main", errors, StringComparison.Ordinal);
    }
}
