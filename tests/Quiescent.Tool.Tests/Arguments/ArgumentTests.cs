using System.CommandLine;
using Quiescent.Tool.Arguments;

namespace Quiescent.Tool.Tests.Arguments;

public sealed class ArgumentTests
{
    [Theory]
    [InlineData("tortur", "'tortur' is no command. Did you mean 'torture'?")]
    [InlineData("sclae --seconds 3", "'sclae' is no command. Did you mean 'scale'?")]
    [InlineData("torture --secnds 3", "'--secnds' is no option of torture. Did you mean '--seconds'?")]
    [InlineData("scale --goal", "'--goal' is no option of scale. Did you mean '--goals'?")]
    [InlineData("torture --scenario barier", "Did you mean 'barrier'? The scenarios are mix, readers,")]
    [InlineData("litmus more", "'more' is no argument of litmus.")]
    public void A_typo_gets_a_suggestion(string line, string message) =>
        Assert.Contains(message, Only(line), StringComparison.Ordinal);

    [Theory]
    [InlineData("torture --seconds ten", "--seconds takes a whole number from 1 to 604,800, not 'ten'.")]
    [InlineData("torture --seconds 1.5", "--seconds takes a whole number from 1 to 604,800, not '1.5'.")]
    [InlineData("torture --readers 0", "--readers takes a whole number from 1 to 256, not '0'.")]
    [InlineData("torture --updaters 257", "--updaters takes a whole number from 1 to 256, not '257'.")]
    [InlineData("torture --seed -1", "--seed takes a whole number from 0 to 18,446,744,073,709,551,615, not '-1'.")]
    [InlineData("litmus --seconds 0", "--seconds takes a number from 0.1 to 86,400, not '0'.")]
    [InlineData("litmus --seconds NaN", "--seconds takes a number from 0.1 to 86,400, not 'NaN'.")]
    [InlineData("litmus --seed x", "--seed takes a whole number from 0 to 4,294,967,295, not 'x'.")]
    [InlineData("scale --seconds 1e9", "--seconds takes a number from 1 to 86,400, not '1e9'.")]
    [InlineData("scale --rounds 1001", "--rounds takes a whole number from 1 to 1,000, not '1001'.")]
    [InlineData(
        "scale --report /no/such/folder/file", "--report: the folder of '/no/such/folder/file' does not exist.")]
    [InlineData("scale --figures", "--figures needs a value.")]
    [InlineData("mutants --seconds 3601", "--seconds takes a whole number from 1 to 3,600, not '3601'.")]
    public void A_wrong_value_gets_the_range_of_right_ones(string line, string message) =>
        Assert.Equal(message, Only(line));

    // Fault caught: the parser's own messages.
    [Fact]
    public void No_message_names_a_type_of_the_runtime()
    {
        RootCommand root = CommandLineRoot.Create();
        IEnumerable<string> messages =
            from command in root.Subcommands
            from option in command.Options
            where option.ValueType != typeof(bool)
            from message in ParseErrors.Describe(root.Parse([command.Name, option.Name, "no value at all"]))
            select message;
        Assert.All(messages, message => Assert.DoesNotContain("System.", message, StringComparison.Ordinal));
        Assert.Contains(messages, message => message.Contains("--seconds", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("torture --seconds 604800 --readers 256 --updaters 1 --seed 0 --verbose")]
    [InlineData("litmus --seconds 0.1 --test store-buffer --json")]
    [InlineData("scale --seconds 86400 --rounds 1000 --figures R1 G/idle --goals --strict")]
    public void Values_at_the_ends_of_their_ranges_are_taken(string line) =>
        Assert.Empty(ParseErrors.Describe(CommandLineRoot.Create().Parse(line)));

    [Theory]
    [InlineData("barier", "barrier")]
    [InlineData("BARRIER", "barrier")]
    [InlineData("dipsose", "dispose")]
    [InlineData("res", "resources")]
    [InlineData("something else", null)]
    [InlineData("x", null)]
    public void The_nearest_name_is_suggested_if_any_is_near(string typed, string? expected) =>
        Assert.Equal(expected, Suggestion.Nearest(typed, ["barrier", "dispose", "resources"]));

    private static string Only(string line) =>
        Assert.Single(ParseErrors.Describe(CommandLineRoot.Create().Parse(line)));
}
