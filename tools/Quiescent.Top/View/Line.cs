using Spectre.Console;
using Spectre.Console.Rendering;

namespace Quiescent.Top.View;

// A line of the screen in pieces, each with its style. The text comes from another process and could move the cursor,
// so control characters are replaced. (A width is counted in the terminal's cells.)
internal sealed class Line
{
    private readonly List<Segment> _pieces = [];

    public int Width { get; private set; }

    public Line Add(string text, Style? style = null)
    {
        Segment piece = new(Clean(text), style ?? Style.Plain);
        Width += piece.CellCount();
        _pieces.Add(piece);
        return this;
    }

    public Line AddLeft(string text, int width, Style? style = null)
    {
        string fitting = Fit(Clean(text), width);
        return Add(fitting, style).Add(new string(' ', Math.Max(0, width - fitting.GetCellWidth())));
    }

    public Line AddRight(string text, int width, Style? style = null)
    {
        string fitting = Fit(Clean(text), width);
        return Add(new string(' ', Math.Max(0, width - fitting.GetCellWidth()))).Add(fitting, style);
    }

    /// <summary>No wider than that; what does not fit is cut, with an ellipsis.</summary>
    public IRenderable ToRenderable(int width)
    {
        if (Width == 0)
        {
            // An empty paragraph would give no line.
            return new Paragraph(" ");
        }

        Paragraph paragraph = new() { Overflow = Overflow.Crop };
        int left = width;
        foreach (Segment piece in _pieces)
        {
            string text = Fit(piece.Text, left);
            left -= text.GetCellWidth();
            paragraph.Append(text, piece.Style);
        }

        return paragraph;
    }

    public override string ToString() => string.Concat(_pieces.Select(piece => piece.Text));

    /// <summary>The text without characters that could move the cursor.</summary>
    public static string Clean(string text) => string.Create(text.Length, text, static (clean, given) =>
    {
        for (int i = 0; i < clean.Length; i++)
        {
            clean[i] = char.IsControl(given[i]) ? (given[i] == '\t' ? ' ' : '·') : given[i];
        }
    });

    /// <summary>The text in at most this many lines, broken between words.</summary>
    public static IReadOnlyList<string> Wrap(string text, int width, int lines)
    {
        List<string> wrapped = [];
        string rest = Clean(text);
        while (wrapped.Count < lines - 1 && rest.GetCellWidth() > width)
        {
            string fitting = Fit(rest, width)[..^1];
            int space = fitting.LastIndexOf(' ');
            int length = space > 0 ? space : fitting.Length;
            if (length == 0)
            {
                break;
            }

            wrapped.Add(rest[..length]);
            rest = rest[length..].TrimStart(' ');
        }

        wrapped.Add(Fit(rest, width));
        return wrapped;
    }

    /// <summary>No wider than that; what does not fit is cut, with an ellipsis.</summary>
    public static string Fit(string text, int width)
    {
        if (text.GetCellWidth() <= width)
        {
            return text;
        }

        int length = text.Length;
        while (length > 0 && text[..length].GetCellWidth() > width - 1)
        {
            length -= length > 1 && char.IsLowSurrogate(text[length - 1]) ? 2 : 1;
        }

        return width > 0 ? text[..length] + "…" : "";
    }
}
