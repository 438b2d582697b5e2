using System.Globalization;
using Quiescent.Scale.Runs;

namespace Quiescent.Claims;

// A table in Markdown, with its columns aligned.
internal sealed record Table(string Title, string[] Columns, IReadOnlyList<string[]> Rows)
{
    public void Write(TextWriter output)
    {
        int[] widths = [.. Columns.Select((column, i) => Math.Max(column.Length, Rows.Max(row => row[i].Length)))];
        output.WriteLine();
        output.WriteLine(Title);
        output.WriteLine();
        WriteRow(Columns);
        WriteRow([.. widths.Select(width => new string('-', width - 1) + ":")]);
        foreach (string[] row in Rows)
        {
            WriteRow(row);
        }

        void WriteRow(string[] cells) =>
            output.WriteLine($"| {string.Join(" | ", cells.Select((cell, i) => cell.PadLeft(widths[i])))} |");
    }

    public static string Show(Spread spread) => $"{Show(spread.Median)} ({Show(spread.Min)} – {Show(spread.Max)})";

    public static string Show(double value) =>
        value.ToString(value < 10 ? "0.00" : value < 100 ? "0.0" : "#,0", CultureInfo.InvariantCulture);
}
