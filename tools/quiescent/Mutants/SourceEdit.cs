using System.Text.RegularExpressions;

namespace Quiescent.Tool.Mutants;

// Replaces one piece of text in a member. Indentation does not count, nor do blank lines and comments between two lines
// of the text. The replacement is indented like the line where it begins.
internal sealed record SourceEdit
{
    private const string LineEnd = @"([ \t]*(//[^\n]*)?\r?\n)+[ \t]*";

    /// <summary>Relative to the tree.</summary>
    public required string File { get; init; }

    /// <summary>Type.Member. Overloads count as one member.</summary>
    public required string Member { get; init; }

    /// <summary>Occurs exactly once in the member.</summary>
    public required IReadOnlyList<string> Find { get; init; }

    public required IReadOnlyList<string> Replace { get; init; }

    /// <exception cref="ManifestException">There is no such member, or not exactly one such text in it.</exception>
    public string ApplyTo(string source)
    {
        string[] lines = source.Split('\n');
        Member[] members = [.. Members.In(lines).Where(member => $"{member.Type}.{member.Name}" == Member)];
        if (members.Length == 0)
        {
            throw new ManifestException($"{File} has no member {Member}.");
        }

        Regex text = new(string.Join(LineEnd, Find.Select(line => Regex.Escape(line.Trim()))));
        (Member Member, Match Match)[] places =
            [.. members.SelectMany(member => text.Matches(TextOf(lines, member)).Select(match => (member, match)))];
        if (places.Length != 1)
        {
            string times = $"occurs {places.Length} times in {Member} of {File}";
            throw new ManifestException($"'find' must occur once and {times}.");
        }

        (Member place, Match found) = places[0];
        string member = TextOf(lines, place);
        string line = member[(member.LastIndexOf('\n', found.Index) + 1)..];
        string indentation = "\n" + line[..^line.TrimStart(' ').Length];
        string replacement = string.Join(indentation, Replace);
        string changed = member[..found.Index] + replacement + member[(found.Index + found.Length)..];
        return string.Join('\n', [.. lines[..place.First], changed, .. lines[place.End..]]);
    }

    private static string TextOf(string[] lines, Member member) => string.Join('\n', lines[member.First..member.End]);
}
