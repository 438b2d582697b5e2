using System.Text;

namespace Quiescent.Testing;

/// <summary>A row of a time diagram: when an operation was called and returned, and what it is.</summary>
internal readonly record struct DiagramRow(int Thread, string Text, long CalledAt, long ReturnedAt);

/// <summary>Draws operations as bars over time. No line is longer than 80 columns.</summary>
internal static class TimeDiagram
{
    public const int Columns = 80;

    // A bar's end gets more room while there are few.
    private const int FewEnds = 16;
    private const int Indent = 6;

    /// <summary>One row for each operation, and a legend if one began before the first moment or returned after the
    /// last.</summary>
    public static string Draw(IReadOnlyList<DiagramRow> rows, long from, long until)
    {
        bool isCutBefore = rows.Any(row => row.CalledAt < from);
        bool isCutAfter = rows.Any(row => row.ReturnedAt > until);
        List<long> ends = [.. rows
            .SelectMany(row => (long[])[row.CalledAt, row.ReturnedAt])
            .Where(stamp => stamp >= from && stamp <= until)
            .Distinct()
            .Order()];
        int step = ends.Count <= FewEnds ? 2 : 1;
        int first = isCutBefore ? 1 : 0;
        int width = first + (step * (ends.Count - 1)) + 1 + (isCutAfter ? 1 : 0);
        int threadWidth = rows.Max(row => $"{row.Thread}".Length);
        StringBuilder text = new();
        foreach (DiagramRow row in rows)
        {
            Span<char> bar = new char[width];
            bar.Fill(' ');
            int begin = row.CalledAt < from ? 0 : first + (step * ends.BinarySearch(row.CalledAt));
            int end = row.ReturnedAt > until ? width - 1 : first + (step * ends.BinarySearch(row.ReturnedAt));
            bar[begin..end].Fill('-');
            bar[begin] = row.CalledAt < from ? '<' : '|';
            bar[end] = row.ReturnedAt > until ? '>' : '|';
            AppendRow(text, $"  thread {$"{row.Thread}".PadRight(threadWidth)}  {bar}", row.Text);
        }

        AppendLegend(text, isCutBefore, isCutAfter);
        return text.ToString();
    }

    /// <summary>Breaks a text into lines of at most 80 columns, between words where it can.</summary>
    public static void AppendWrapped(StringBuilder text, string words, int indent = 0)
    {
        ReadOnlySpan<char> rest = OneLine(words).TrimEnd();
        int room = Columns - indent;
        while (rest.Length > room)
        {
            int blank = rest[..(room + 1)].LastIndexOf(' ');
            int length = blank > 0 ? blank : room;
            text.Append(' ', indent).Append(rest[..length]).Append('\n');
            rest = rest[length..].TrimStart();
        }

        text.Append(' ', indent).Append(rest).Append('\n');
    }

    private static void AppendRow(StringBuilder text, string bar, string words)
    {
        string line = $"{bar}  {OneLine(words)}";
        if (line.Length <= Columns)
        {
            text.Append(line).Append('\n');
            return;
        }

        text.Append(bar.TrimEnd()).Append('\n');
        AppendWrapped(text, words, Indent);
    }

    private static void AppendLegend(StringBuilder text, bool isCutBefore, bool isCutAfter)
    {
        string[] legend = [
            .. isCutBefore ? ["< called before"] : (string[])[],
            .. isCutAfter ? ["> returned later, or never"] : (string[])[],
        ];
        if (legend.Length != 0)
        {
            text.Append('\n').AppendJoin("   ", legend).Append('\n');
        }
    }

    private static string OneLine(string text) =>
        string.Create(text.Length, text, static (line, from) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(from[i]) ? ' ' : from[i];
            }
        });
}
