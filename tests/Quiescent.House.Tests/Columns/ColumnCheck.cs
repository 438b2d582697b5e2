using Quiescent.House.Tests.Sources;

namespace Quiescent.House.Tests.Columns;

/// <summary>Lines that are too long to read beside another file. Markdown has rules of its own.</summary>
internal static class ColumnCheck
{
    public const int Columns = 120;

    private static readonly string[] s_endings =
        [".cs", ".pml", ".sh", ".csproj", ".props", ".targets", ".slnx", ".c", ".h"];

    /// <summary>Sources, models, scripts and project files.</summary>
    public static bool Applies(SourceFile file) =>
        s_endings.Contains(Path.GetExtension(file.Path)) || file.Text.StartsWith("#!", StringComparison.Ordinal);

    public static IEnumerable<string> LongLines(SourceFile file) => file.Text.Split('\n')
        .Select((line, index) => (Text: line.TrimEnd('\r'), Number: index + 1))
        .Where(line => Width(line.Text) > Columns && CanBreak(line.Text))
        .Select(line => $"{file.Path}({line.Number}): {Width(line.Text)} columns");

    private static int Width(string line) => line.EnumerateRunes().Count();

    // An address is one word, whatever stands before it.
    private static bool CanBreak(string line) =>
        !(line.LastIndexOf(' ') is var last && line[(last + 1)..].Contains("://", StringComparison.Ordinal) &&
            line[..(last + 1)].Trim() is "" or "//" or "///" or "#" or "*");
}
