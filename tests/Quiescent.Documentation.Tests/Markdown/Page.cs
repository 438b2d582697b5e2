using System.Text.RegularExpressions;

namespace Quiescent.Documentation.Tests.Markdown;

/// <summary>A fenced block: what stands behind the opening fence, the text, and the number of the text's first
/// line.</summary>
internal sealed record Fence(string Language, string Text, int Line);

/// <summary>A comment, without its marks, and the number of the line on which its text begins.</summary>
internal sealed record Comment(string Text, int Line);

/// <summary>A link's target as written, and its line.</summary>
internal sealed record Link(string Target, int Line);

/// <summary>The parts of a Markdown page that these tests look at.</summary>
/// <param name="Path">From the root of the tree.</param>
/// <param name="Elements">Fences, comments and lines of prose (strings) that are not blank, in their order.</param>
/// <param name="Anchors">The names that a link may give after <c>#</c>.</param>
internal sealed partial record Page(
    string Path, IReadOnlyList<object> Elements, IReadOnlyList<Link> Links, IReadOnlySet<string> Anchors)
{
    public static Page Parse(string path, string text)
    {
        List<object> elements = [];
        List<Link> links = [];
        HashSet<string> anchors = [];
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i];
            if (OpeningFence().Match(line) is { Success: true } opening)
            {
                int end = Find(path, lines, i, candidate => candidate.Trim() == opening.Groups["fence"].Value);
                elements.Add(
                    new Fence(
                        opening.Groups["language"].Value.Trim(),
                        Text(lines, i + 1, end, opening.Groups["indent"].Length),
                        i + 2));
                i = end;
            }
            else if (line.StartsWith("<!--", StringComparison.Ordinal))
            {
                int end = Find(path, lines, i - 1, candidate => candidate.Contains("-->", StringComparison.Ordinal));
                string comment = string.Join('\n', lines[i..(end + 1)]);
                elements.Add(
                    new Comment(comment["<!--".Length..comment.IndexOf("-->", StringComparison.Ordinal)], i + 1));
                i = end;
            }
            else if (!string.IsNullOrWhiteSpace(line))
            {
                elements.Add(line);
                string prose = Code().Replace(line, match => new string('x', match.Length));
                links.AddRange(Target().Matches(prose).Select(match => new Link(match.Groups[1].Value, i + 1)));
                if (Heading().Match(line) is { Success: true } heading)
                {
                    AddAnchor(anchors, heading.Groups[1].Value);
                }
            }
        }

        return new Page(path, elements, links, anchors);
    }

    private static int Find(string path, string[] lines, int after, Predicate<string> isEnd)
    {
        int end = Array.FindIndex(lines, after + 1, isEnd);
        return end >= 0 ? end : throw new FormatException($"{path}:{after + 1}: what begins here does not end.");
    }

    private static string Text(string[] lines, int from, int to, int indent) =>
        string.Concat(lines[from..to].Select(line => line[Math.Min(indent, line.Length)..] + '\n'));

    // As GitHub makes them: lower case, no punctuation, hyphens for spaces, and a number where a heading repeats.
    private static void AddAnchor(HashSet<string> anchors, string heading)
    {
        string plain = LinkText().Replace(heading.Trim(), "$1");
#pragma warning disable CA1308 // Anchors are in lower case.
        string anchor = NoAnchor().Replace(plain.ToLowerInvariant(), "").Replace(' ', '-');
#pragma warning restore CA1308
        for (int repeated = 0; !anchors.Add(repeated == 0 ? anchor : $"{anchor}-{repeated}"); repeated++)
        {
        }
    }

    [GeneratedRegex(@"^(?<indent>\s*)(?<fence>`{3,}|~{3,})(?<language>[^`]*)$")]
    private static partial Regex OpeningFence();

    [GeneratedRegex("^#{1,6} (.*)$")]
    private static partial Regex Heading();

    [GeneratedRegex(@"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")]
    private static partial Regex Target();

    [GeneratedRegex("`[^`]*`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\[([^\]]*)\]\([^)]*\)")]
    private static partial Regex LinkText();

    [GeneratedRegex(@"[^\p{L}\p{N} _-]")]
    private static partial Regex NoAnchor();
}
