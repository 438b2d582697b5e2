namespace Quiescent.Tool.Terminal;

// One column of a table. On a narrow screen the columns of the lowest importance are left out first; the first column
// is never left out.
internal sealed record TextColumn(string Heading, int Importance = int.MaxValue)
{
    public bool IsRight { get; init; } = true;
}

// A table of plain text that fits the given width, and names the columns that it had to leave out for that.
internal sealed class TextTable(params TextColumn[] columns)
{
    private const string Gap = "  ";
    private const string NoteIndent = "    ";

    // A row has a cell for each column, or text across all of them.
    private readonly List<(string[]? Cells, string Text)> _rows = [];

    public void Add(params string[] cells) => _rows.Add((cells, ""));

    /// <summary>Adds text across all columns, in as many lines as it needs.</summary>
    public void AddNote(string text) => _rows.Add((null, text));

    public void Write(TextWriter output, int width, string indent = "")
    {
        int[] widths = [.. columns.Select((column, index) => WidthOf(column, index))];
        List<int> shown = [.. Enumerable.Range(0, columns.Length)];
        while (shown.Count > 1 && TotalOf(shown, widths) + indent.Length > width)
        {
            shown.Remove(shown.Skip(1).MinBy(index => columns[index].Importance));
        }

        widths[0] = Math.Max(1, Math.Min(widths[0], width - indent.Length - TotalOf(shown, widths) + widths[0]));
        WriteCells([.. columns.Select(column => column.Heading)], shown, widths, output, indent);
        foreach ((string[]? cells, string text) in _rows)
        {
            if (cells is null)
            {
                output.WriteWrapped(text, width, indent + NoteIndent);
            }
            else
            {
                WriteCells(cells, shown, widths, output, indent);
            }
        }

        if (shown.Count < columns.Length)
        {
            IEnumerable<string> leftOut = columns.Where((_, index) => !shown.Contains(index)).Select(
                column => column.Heading);
            output.WriteWrapped($"Left out, to fit {width} columns: {string.Join(", ", leftOut)}.", width, indent);
        }
    }

    private int WidthOf(TextColumn column, int index) =>
        _rows.Where(row => row.Cells is not null).Select(row => row.Cells![index].Length).Append(
            column.Heading.Length).Max();

    private static int TotalOf(List<int> shown, int[] widths) =>
        shown.Sum(index => widths[index]) + (shown.Count - 1) * Gap.Length;

    private void WriteCells(string[] cells, List<int> shown, int[] widths, TextWriter output, string indent)
    {
        IEnumerable<string> padded = shown.Select(index =>
            index != 0 && columns[index].IsRight
                ? cells[index].PadLeft(widths[index])
                : Screen.Cut(cells[index], widths[index]).PadRight(widths[index]));
        output.WriteLine((indent + string.Join(Gap, padded)).TrimEnd());
    }
}
