using System.CommandLine;
using System.Text.RegularExpressions;
using Quiescent.Tool.Tests.Mutants;

namespace Quiescent.Tool.Tests.Arguments;

// The tool's README lists what --help lists.
public sealed partial class ReadmeTests
{
    private static readonly string[] s_ofTheParser = ["--help", "--version"];

    private static readonly string s_readme =
        File.ReadAllText(Path.Combine(Trees.Own(), "tools", "quiescent", "README.md"));

    public static TheoryData<string> Commands =>
        [.. CommandLineRoot.Create().Subcommands.Select(command => command.Name)];

    // Fault caught: an option without a row, and a row without an option.
    [Theory]
    [MemberData(nameof(Commands))]
    public void Each_commands_section_has_a_row_for_each_of_its_options(string command)
    {
        IEnumerable<string> helped =
            OptionsOfHelp().Matches(Help(command)).Select(match => match.Groups["name"].Value).Except(s_ofTheParser);
        IEnumerable<string> written =
            RowsOfOptions().Matches(SectionOf(command)).Select(match => match.Groups["name"].Value);
        Assert.Equal(helped.Order(), written.Order());
    }

    [Fact]
    public void The_help_and_the_README_have_every_exit_code()
    {
        string help = Help("scale");
        Assert.All(ExitCode.Meanings, one =>
        {
            Assert.Contains(one.Meaning, help, StringComparison.Ordinal);
            Assert.Contains($"| {one.Code} | {one.Meaning} |", s_readme, StringComparison.Ordinal);
        });
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void Help_fits_80_columns(string command) =>
        Assert.All(
            Help(command).ReplaceLineEndings("\n").Split('\n'), line => Assert.InRange(line.TrimEnd().Length, 0, 80));

    private static string Help(string command)
    {
        using StringWriter output = new();
        CommandLineRoot.Create().Parse([command, "--help"]).Invoke(new InvocationConfiguration { Output = output });
        return output.ToString();
    }

    private static string SectionOf(string command)
    {
        int start = s_readme.IndexOf($"\n## {command}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"The README has no section '{command}'.");
        int end = s_readme.IndexOf("\n## ", start + 1, StringComparison.Ordinal);
        return end < 0 ? s_readme[start..] : s_readme[start..end];
    }

    [GeneratedRegex(@"^  (-\S+, )*(?<name>--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex OptionsOfHelp();

    [GeneratedRegex(@"^\| `(?<name>--[a-z-]+)", RegexOptions.Multiline)]
    private static partial Regex RowsOfOptions();
}
