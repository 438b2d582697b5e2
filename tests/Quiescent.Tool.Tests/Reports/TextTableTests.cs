using Quiescent.Tool.Terminal;

namespace Quiescent.Tool.Tests.Reports;

public sealed class TextTableTests
{
    [Theory]
    [InlineData(40, "")]
    [InlineData(30, "Left out, to fit 30 columns: least.")]
    [InlineData(20, "Left out, to fit 20 columns: least, less.")]
    public void Columns_are_left_out_by_their_importance_and_named(int width, string leftOut)
    {
        TextTable table = new(
            new TextColumn("name"), new TextColumn("least", 1), new TextColumn("less", 2), new TextColumn("more", 3));
        table.Add("the name", "1234567890", "12345678", "1234");
        string[] lines = Lines(table, width);
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
        Assert.StartsWith("the name", lines[1], StringComparison.Ordinal);
        Assert.Contains("1234", lines[1], StringComparison.Ordinal);
        Assert.Equal(leftOut, string.Join(' ', lines[2..]));
    }

    [Fact]
    public void A_name_that_is_wider_than_the_screen_is_cut()
    {
        TextTable table = new(new TextColumn("name"));
        table.Add("a very long name");
        Assert.Equal("a very …", Lines(table, 8)[1]);
    }

    [Theory]
    [InlineData("one two three", 7, "one two|> three")]
    [InlineData("incomprehensibilities of", 7, "incomprehensibilities|> of")]
    [InlineData("", 7, "")]
    public void Text_is_wrapped_between_words(string text, int width, string expected)
    {
        using StringWriter output = new();
        output.WriteWrapped(text, width, rest: "> ");
        Assert.Equal(expected, string.Join('|', Split(output)));
    }

    private static string[] Lines(TextTable table, int width)
    {
        using StringWriter output = new();
        table.Write(output, width);
        return Split(output);
    }

    private static string[] Split(StringWriter output) =>
        output.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
}
