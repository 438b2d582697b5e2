using System.Text.RegularExpressions;

namespace Quiescent.House.Tests.Sources;

/// <summary>The obligations and fences that the glossary defines: each begins a row of a table.</summary>
internal sealed partial class Glossary(string text)
{
    private readonly HashSet<string> _terms =
        [.. DefinedTerm().Matches(text).Select(match => match.Groups["term"].Value)];

    /// <summary>The tree's glossary. There must be one.</summary>
    public static Glossary OfTheTree => new(SourceFile.Read("docs/glossary.md").Text);

    /// <summary>Whether <c>O1</c> or <c>[A]</c> has a row.</summary>
    public bool Defines(string term) => _terms.Contains(term);

    /// <summary>The obligations that a text names, as O1 or A3.</summary>
    public static IEnumerable<string> ObligationsIn(string text) =>
        Obligation().Matches(text).Select(match => match.Value);

    // P50 and P99 are percentiles.
    [GeneratedRegex(@"\b(?:O[1-9][0-9]?|[PLA][1-9])\b")]
    private static partial Regex Obligation();

    [GeneratedRegex(@"^\|\s*(?<term>[A-Z][1-9][0-9]?|\[[A-Z]\])\s*\|", RegexOptions.Multiline)]
    private static partial Regex DefinedTerm();
}
