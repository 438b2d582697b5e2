using System.Text.RegularExpressions;
using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Fences;

/// <summary>Fences have letters. The comment beside a fence begins with its letter and may name partners:
/// <c>// [A] partner: [B] in GracePeriods/SlotScan.cs; …</c></summary>
internal static partial class FenceCheck
{
    /// <summary>Letters that stand beside no fence; partners that are not in the named file, or do not name this
    /// fence.</summary>
    public static IReadOnlyList<string> Broken(IReadOnlyList<SourceFile> files)
    {
        Comment[] comments = [.. files.SelectMany(Comments.In)];
        Fence[] fences = [.. comments.SelectMany(Fence.In)];
        return
        [
            .. comments.SelectMany(comment => LettersIn(comment)
                .Where(letter => !fences.Any(fence => fence.Letter == letter))
                .Select(letter => $"{Place(comment)}: [{letter}] stands beside no fence")),
            .. fences.SelectMany(fence => fence.Partners
                .Select(partner => Fault(fence, partner, fences, files))
                .OfType<string>()),
        ];
    }

    /// <summary>Letters and obligations that comments name and the glossary does not.</summary>
    public static IReadOnlyList<string> Unexplained(IEnumerable<SourceFile> files, Glossary glossary) =>
    [
        .. files.SelectMany(Comments.In).SelectMany(comment => LettersIn(comment)
            .Select(letter => $"[{letter}]")
            .Concat(Glossary.ObligationsIn(comment.Text))
            .Where(term => !glossary.Defines(term))
            .Select(term => $"{Place(comment)}: {term} is not in the glossary")),
    ];

    private static string? Fault(Fence fence, Partner partner, Fence[] fences, IReadOnlyList<SourceFile> files)
    {
        string place = Place(fence.Comment);
        if (partner.File is { } name && files.Count(file => file.IsNamed(name)) != 1)
            return $"{place}: {name} is no file, or several";

        Fence[] found =
        [
            .. fences.Where(other => other.Letter == partner.Letter &&
                (partner.File is null || new SourceFile(other.Comment.Path, "").IsNamed(partner.File))),
        ];
        if (found.Length == 0)
            return $"{place}: [{partner.Letter}] is not in {partner.File ?? "any file"}";

        return found.Any(other => other.Partners.Any(back => back.Letter == fence.Letter))
            ? null
            : $"{place}: [{partner.Letter}] does not name [{fence.Letter}] as its partner";
    }

    private static string Place(Comment comment) => $"{comment.Path}({comment.Line})";

    private static IEnumerable<string> LettersIn(Comment comment) =>
        Letter().Matches(comment.Text).Select(match => match.Groups["letter"].Value);

    [GeneratedRegex(@"(?<![\w\]])\[(?<letter>[A-Z])\]")]
    private static partial Regex Letter();

    [GeneratedRegex(@"^\[(?<letter>[A-Z])\](?: partners?: (?<partners>.*))?")]
    private static partial Regex Definition();

    // Letters that share a file: "[A], [P] in SlotScan.cs".
    [GeneratedRegex(@"\G(?:, | and )?(?<letters>\[[A-Z]\](?:(?:, | and )\[[A-Z]\])*)(?: in (?<file>[\w./]+\.cs))?")]
    private static partial Regex PartnerGroup();

    private sealed record Partner(string Letter, string? File);

    private sealed record Fence(string Letter, Comment Comment, IReadOnlyList<Partner> Partners)
    {
        public static IEnumerable<Fence> In(Comment comment)
        {
            if (Definition().Match(comment.Text) is { Success: true } definition)
            {
                yield return new Fence(
                    definition.Groups["letter"].Value,
                    comment,
                    [.. PartnerGroup().Matches(definition.Groups["partners"].Value).SelectMany(PartnersIn)]);
            }
        }

        private static IEnumerable<Partner> PartnersIn(Match group)
        {
            Group file = group.Groups["file"];
            return FenceCheck.Letter().Matches(group.Groups["letters"].Value)
                .Select(match => new Partner(match.Groups["letter"].Value, file.Success ? file.Value : null));
        }
    }
}
