namespace Quiescent.Documentation.Tests.Snippets;

/// <summary>The marks in a comment before a block.</summary>
internal sealed record Marks
{
    public bool IsEmpty { get; private init; } = true;

    public bool Continues { get; private init; }

    public bool Unsafe { get; private init; }

    public string? Setup { get; private init; }

    public IReadOnlyList<string> Uses { get; private init; } = [];

    public Ending Ending { get; private init; }

    public IReadOnlyList<string> Named { get; private init; } = [];

    public static Marks Parse(string text, Func<string, FormatException> wrong)
    {
        Marks marks = new() { IsEmpty = false };
        foreach (string mark in text.Split(';'))
        {
            string[] words = mark.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            marks = words switch
            {
                ["continues"] => marks with { Continues = true },
                ["unsafe"] => marks with { Unsafe = true },
                ["setup", string name] => marks with { Setup = name },
                ["uses", _, ..] => marks with { Uses = words[1..] },
                ["fails", _, ..] =>
                    marks with { Ending = Ending.Fails, Named = [.. words[1..].Order(StringComparer.Ordinal)] },
                ["throws", _] => marks with { Ending = Ending.Throws, Named = words[1..] },
                _ => throw wrong($"'{mark.Trim()}' says nothing about a snippet"),
            };
        }

        return marks;
    }
}
