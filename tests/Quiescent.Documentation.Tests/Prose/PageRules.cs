using System.Text.RegularExpressions;

namespace Quiescent.Documentation.Tests.Prose;

/// <summary>What a page must not have. Each rule returns its findings, so that a test can show that it finds
/// something.</summary>
internal static partial class PageRules
{
    private const int Columns = 120;

    /// <summary>Lines longer than 120 columns that could be broken. A table row cannot; nor can a line of one word,
    /// such as an address; nor can a program's output.</summary>
    public static IEnumerable<string> LongLines(string path, string text) => PageText.Lines(text)
        .Where(line => line.Text.Length > Columns
            && line.Kind is not (PageText.Kind.TableRow or PageText.Kind.Output)
            && line.Text.Trim().TrimStart('-', '>', ' ').Contains(' ', StringComparison.Ordinal))
        .Select(line => $"{path}:{line.Number}: {line.Text.Length} columns");

    /// <summary>References to documents that a reader of the repository does not have. Applies to sources as well as to
    /// pages.</summary>
    public static IEnumerable<string> MissingDocuments(string path, string text) => text
        .Split('\n')
        .Select((line, index) => (line, index))
        .Where(line => MissingDocument().IsMatch(line.line))
        .Select(line => $"{path}:{line.index + 1}: {MissingDocument().Match(line.line).Value}");

    /// <summary>Numbers of mutants, twins and checks: each addition changes them, so no page may state them.</summary>
    public static IEnumerable<string> StatedCounts(string path, string text) =>
        StatedCount().Matches(PageText.Sentences(text)).Select(match => $"{path}: {match.Value}");

    /// <summary>Numbers of prefixes that are not the number in the sample's data.</summary>
    public static IEnumerable<string> WrongPrefixCounts(string path, string text, string prefixes) => PrefixCount()
        .Matches(PageText.Sentences(text))
        .Where(match => match.Groups["count"].Value != prefixes)
        .Select(match => $"{path}: {match.Value}");

    /// <summary>Obligations (O1) and fences ([A], fence A, fences A and B) that the page names.</summary>
    public static IEnumerable<string> Terms(string text)
    {
        string sentences = PageText.Sentences(text);
        IEnumerable<string> obligations = Obligation().Matches(sentences).Select(match => match.Value);
        IEnumerable<string> bracketed =
            BracketedFence().Matches(sentences).Select(match => match.Groups["fence"].Value);
        IEnumerable<string> named = NamedFences().Matches(sentences)
            .SelectMany(match => match.Groups["fence"].Captures.Select(capture => capture.Value));
        return obligations.Concat(bracketed.Concat(named).Select(letter => $"[{letter}]")).Distinct();
    }

    /// <summary>The obligations and fences that a glossary defines, each in a row that begins with the name, and for a
    /// fence the file in the last cell of its row.</summary>
    public static IReadOnlyDictionary<string, string> Defined(string glossary) => PageText.Lines(glossary)
        .Where(line => line.Kind == PageText.Kind.TableRow)
        .Select(line => DefinedRow().Match(line.Text))
        .Where(match => match.Success)
        .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["last"].Value);

    /// <summary>The inner names in code spans in the first cells of a glossary's tables.</summary>
    public static IEnumerable<string> DefinedNames(string glossary) => PageText.Lines(glossary)
        .Where(line => line.Kind == PageText.Kind.TableRow)
        .SelectMany(line => CodeName().Matches(line.Text.Split('|')[1]).Select(match => match.Groups["name"].Value));

    /// <summary>The source files that a page names without a folder.</summary>
    public static IEnumerable<string> SourceFiles(string text) =>
        SourceFile().Matches(text).Select(match => match.Groups["name"].Value).Distinct();

    /// <summary>The part of a page below this heading, to the next of its level.</summary>
    public static string Part(string text, string heading)
    {
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        int start = Array.IndexOf(lines, $"## {heading}");
        return start < 0
            ? throw new FormatException($"There is no heading '{heading}'.")
            : string.Join(
                '\n', lines.Skip(start + 1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal)));
    }

    /// <summary>The terms that a page introduces in bold.</summary>
    public static IEnumerable<string> BoldTerms(string text) =>
        BoldTerm().Matches(PageText.Sentences(text)).Select(match => match.Groups["term"].Value.TrimEnd('.'))
            .Distinct(StringComparer.OrdinalIgnoreCase);

    [GeneratedRegex("`(?<name>[A-Z][A-Za-z]+)`")]
    private static partial Regex CodeName();

    [GeneratedRegex(@"`(?:[A-Za-z]+/)*(?<name>[A-Z][A-Za-z.]*\.cs)`")]
    private static partial Regex SourceFile();

    [GeneratedRegex(@"\*\*(?<term>[^*]+)\*\*")]
    private static partial Regex BoldTerm();

    [GeneratedRegex(
        @"\bthe design (?:has|names|says|page|document)\b|\bof the design\b|\bDESIGN\.md\b|\bHOUSE\.md\b"
        + @"|\bissue #?[0-9]+\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex MissingDocument();

    [GeneratedRegex(
        @"\b(?:\d[\d,]*|[a-z]*(?:teen|ty)|hundred|eight|nine|ten|eleven|twelve)\b(?:-\w+)? "
        + @"(?:of the )?(?:mutants|twins|checks|models)\b|\b(?:some|all|about) \d[\d,]* (?:places|take)\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex StatedCount();

    [GeneratedRegex(@"\b(?<count>\d[\d,]*) (?:IPv4 )?(?:prefixes|routes)\b")]
    private static partial Regex PrefixCount();

    [GeneratedRegex(@"\b[OPLA][1-9][0-9]?\b")]
    private static partial Regex Obligation();

    [GeneratedRegex(@"\[(?<fence>[A-Z])\](?!\()")]
    private static partial Regex BracketedFence();

    [GeneratedRegex(@"\b[Ff]ences? (?<fence>[A-Z])\b(?:(?:, | and |, and | to )(?<fence>[A-Z])\b)*")]
    private static partial Regex NamedFences();

    [GeneratedRegex(@"^\| (?<name>[OPLA][1-9][0-9]?|\[[A-Z]\]) \|.*\| (?<last>[^|]*) \|$")]
    private static partial Regex DefinedRow();
}
