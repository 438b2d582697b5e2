using System.Text;

namespace Quiescent.Tool.Terminal;

// The width of lines, and how text is broken into them.
internal static class Screen
{
    /// <summary>The width of a file, and of a terminal that does not report its own.</summary>
    public const int DefaultWidth = 80;

    private const int NarrowestWidth = 20;

    /// <summary>The width of standard output.</summary>
    public static int OutputWidth => WidthOf(Console.IsOutputRedirected);

    /// <summary>The width of standard error.</summary>
    public static int ErrorWidth => WidthOf(Console.IsErrorRedirected);

    /// <summary>Writes the text in lines of at most that width. A word that is longer has a line of its own.</summary>
    /// <param name="first">The beginning of the first line.</param>
    /// <param name="rest">The beginning of every further line; the same if not given.</param>
    public static void WriteWrapped(
        this TextWriter output, string text, int width, string first = "", string? rest = null)
    {
        StringBuilder line = new(first);
        bool isEmpty = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && line.Length + 1 + word.Length > width)
            {
                output.WriteLine(line);
                line.Clear().Append(rest ?? first);
                isEmpty = true;
            }

            line.Append(isEmpty ? "" : " ").Append(word);
            isEmpty = false;
        }

        output.WriteLine(line);
    }

    /// <summary>The text cut to the width, the cut marked by an ellipsis.</summary>
    public static string Cut(string text, int width) =>
        text.Length <= width ? text : text[..Math.Max(width - 1, 0)] + "…";

    private static int WidthOf(bool isRedirected)
    {
        if (isRedirected)
        {
            return DefaultWidth;
        }

        try
        {
            return Console.WindowWidth > 0 ? Math.Max(Console.WindowWidth, NarrowestWidth) : DefaultWidth;
        }
        catch (IOException)
        {
            return DefaultWidth;
        }
    }
}
