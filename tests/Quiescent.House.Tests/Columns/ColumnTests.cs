using Quiescent.House.Tests.Sources;
using Quiescent.Shared;

namespace Quiescent.House.Tests.Columns;

/// <summary>Lines end at 120 columns.</summary>
public sealed class ColumnTests
{
    private static readonly string s_address = $"https://example.org/{new string('a', 120)}";

    // Longer lines that stood in these folders when the rule came. Break one, and lower its number: it never rises.
    [Theory]
    [InlineData(".ci", 0)]
    [InlineData("bench", 3)]
    [InlineData("samples", 16)]
    [InlineData("src", 4)]
    [InlineData("tests", 10)]
    [InlineData("tools", 3)]
    [InlineData("verification", 0)]
    public void Lines_end_at_120_columns(string folder, int longer) =>
        Assert.Equal(longer, LongLines(SourceTree.Files(folder, "*")).Length);

    [Fact]
    public void Lines_of_the_files_at_the_root_end_at_120_columns() =>
        Assert.Equal(
            4, LongLines(Directory.EnumerateFiles(SourceTree.Root).Select(path => Path.GetFileName(path))).Length);

    [Theory]
    [InlineData(120, 0)]
    [InlineData(121, 1)]
    public void A_line_of_one_column_more_is_reported(int columns, int reports) =>
        Assert.Equal(reports, ColumnCheck.LongLines(Line(new string('x', columns))).Count());

    [Fact]
    public void Columns_are_characters_as_one_sees_them() =>
        Assert.Empty(ColumnCheck.LongLines(Line(string.Concat(Enumerable.Repeat("🙂", 120)))));

    [Fact]
    public void An_address_on_a_line_of_its_own_cannot_be_broken()
    {
        Assert.Empty(ColumnCheck.LongLines(Line($"    // {s_address}")));
        Assert.Single(ColumnCheck.LongLines(Line($"// See {s_address}")));
        Assert.Single(ColumnCheck.LongLines(Line($"// {s_address} says so")));
    }

    [Theory]
    [InlineData("a/b.cs", "", true)]
    [InlineData("a/b.pml", "", true)]
    [InlineData("a/run", "#!/usr/bin/env bash\n", true)]
    [InlineData("a/b.md", "", false)]
    [InlineData("a/b.patch", "", false)]
    public void Sources_models_scripts_and_projects_have_the_rule(string path, string text, bool applies) =>
        Assert.Equal(applies, ColumnCheck.Applies(new SourceFile(path, text)));

    private static SourceFile Line(string text) => new("a.cs", text);

    private static string[] LongLines(IEnumerable<string> paths) =>
        [.. paths.Select(SourceFile.Read).Where(ColumnCheck.Applies).SelectMany(ColumnCheck.LongLines)];
}
