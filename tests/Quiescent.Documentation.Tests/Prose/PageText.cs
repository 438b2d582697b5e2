using System.Text.RegularExpressions;

namespace Quiescent.Documentation.Tests.Prose;

/// <summary>A page line by line, with the kind of each line: the rules for prose, tables and code differ.</summary>
internal static partial class PageText
{
    public enum Kind
    {
        Prose,
        TableRow,
        Code,
        Output,
        Comment,
    }

    public readonly record struct Line(int Number, string Text, Kind Kind);

    /// <summary>All lines. The fences themselves count as code.</summary>
    public static IEnumerable<Line> Lines(string text)
    {
        string? fence = null;
        bool isOutput = false;
        bool isComment = false;
        int number = 0;
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            string trimmed = line.Trim();
            if (fence is not null)
            {
                bool isEnd = trimmed == fence;
                yield return new Line(number, line, isOutput && !isEnd ? Kind.Output : Kind.Code);
                fence = isEnd ? null : fence;
            }
            else if (OpeningFence().Match(trimmed) is { Success: true } opening)
            {
                fence = opening.Groups["fence"].Value;
                isOutput = opening.Groups["language"].Value is "text" or "";
                yield return new Line(number, line, Kind.Code);
            }
            else if (isComment || trimmed.StartsWith("<!--", StringComparison.Ordinal))
            {
                isComment = !trimmed.Contains("-->", StringComparison.Ordinal);
                yield return new Line(number, line, Kind.Comment);
            }
            else
            {
                yield return new Line(number, line, trimmed.StartsWith('|') ? Kind.TableRow : Kind.Prose);
            }
        }
    }

    /// <summary>The prose, without code spans and with each paragraph in one piece.</summary>
    public static string Sentences(string text) => string.Join(
        '\n',
        string.Join(
            '\n',
            Lines(text).Where(line => line.Kind is Kind.Prose or Kind.TableRow)
                .Select(line => CodeSpan().Replace(line.Text, "`")))
            .Split("\n\n")
            .Select(paragraph => Whitespace().Replace(paragraph, " ")));

    /// <summary>The rows of all tables, without their heads and the lines below these.</summary>
    public static int CountTableRows(string text)
    {
        Line[] lines = [.. Lines(text)];
        int rows = lines.Count(line => line.Kind == Kind.TableRow);
        int heads =
            lines.Count(line => line.Kind == Kind.TableRow && line.Text.All(c => c is '|' or '-' or ':' or ' '));
        return rows - (2 * heads);
    }

    /// <summary>The words of prose and tables.</summary>
    public static int CountWords(string text) => Lines(text)
        .Where(line => line.Kind is Kind.Prose or Kind.TableRow)
        .Sum(
            line =>
                line.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
                    .Count(word => word.Any(char.IsLetterOrDigit)));

    [GeneratedRegex("^(?<fence>`{3,}|~{3,})(?<language>[^`]*)$")]
    private static partial Regex OpeningFence();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
