using System.Text.RegularExpressions;

namespace Quiescent.Tool.Mutants;

// A member of a type and its lines, attributes included: from First to before End, counted from 0. A constructor has
// the name of its type; an indexer is called "this", an operator "operator".
internal readonly record struct Member(string Type, string Name, int First, int End);

// Finds the members in a source file by their indentation, which `dotnet format` keeps. So the tool needs no C# parser.
// Checked by: MembersTests, against the compiler's own parser over every file of src/Quiescent.
internal static partial class Members
{
    private const int Step = 4;

    public static IEnumerable<Member> In(IReadOnlyList<string> lines)
    {
        for (int line = 0; line < lines.Count; line++)
        {
            Match type = TypeHeader().Match(lines[line]);
            if (type.Success)
            {
                foreach (Member member in InType(lines, line, type.Groups["indent"].Length, type.Groups["name"].Value))
                {
                    yield return member;
                }
            }
        }
    }

    // A member begins at a line that is indented one step deeper than its type, after the end of the member before it.
    private static IEnumerable<Member> InType(IReadOnlyList<string> lines, int line, int indentation, string type)
    {
        int first = -1;
        int last = -1;
        bool isInside = false;
        for (; line < lines.Count && !IsEndOfType(lines[line], indentation, isInside); line++)
        {
            if (!isInside)
            {
                isInside = Indentation(lines[line]) == indentation && lines[line][indentation] == '{';
                continue;
            }

            string text = lines[line].Trim();
            if (text.Length == 0 || text.StartsWith("//", StringComparison.Ordinal))
            {
                continue;
            }

            bool begins = Indentation(lines[line]) == indentation + Step && text[0] is not ('{' or '}' or ']');
            if (begins && (first < 0 || MemberEnd().IsMatch(lines[last])))
            {
                if (first >= 0)
                {
                    yield return new Member(type, NameOf(lines, first, last), first, last + 1);
                }

                first = line;
            }

            last = line;
        }

        if (first >= 0)
        {
            yield return new Member(type, NameOf(lines, first, last), first, last + 1);
        }
    }

    private static string NameOf(IReadOnlyList<string> lines, int first, int last)
    {
        string text = string.Join(' ', Enumerable.Range(first, last - first + 1).Select(line => lines[line].Trim()));
        string declaration = Tuples().Replace(Attributes().Replace(text, ""), "");
        Match type = TypeHeader().Match(declaration);
        Match name = type.Success ? type : MemberName().Match(declaration);
        return name.Groups["name"].Value;
    }

    // A type without a body ends with its header.
    private static bool IsEndOfType(string line, int indentation, bool isInside) =>
        isInside ? Indentation(line) == indentation && line[indentation] == '}' : TypeWithoutBody().IsMatch(line);

    private static int Indentation(string line) => line.AsSpan().IndexOfAnyExcept(' ');

    [GeneratedRegex(@"^(?<indent> *)([a-z]+ )*(class|struct|interface|enum|record) (?<name>\w+)")]
    private static partial Regex TypeHeader();

    [GeneratedRegex(@"[;}]$")]
    private static partial Regex TypeWithoutBody();

    [GeneratedRegex(@"[;},](\s*//.*)?$")]
    private static partial Regex MemberEnd();

    [GeneratedRegex(@"^(\[[^\]]*(\[\][^\]]*)*\]\s*)+")]
    private static partial Regex Attributes();

    // A parameter list follows a name at once, a tuple type does not.
    [GeneratedRegex(@"(?<![\w>])\(([^()]|\([^()]*\))*\)")]
    private static partial Regex Tuples();

    // The first identifier that parameters, a body, a value or the end follows.
    [GeneratedRegex(@"\b(?<name>operator)\b|(?<name>\w+)(<[\w, ]+>)?\s*(\(|\[[^\]]|\{|=|;|,?$)")]
    private static partial Regex MemberName();
}
