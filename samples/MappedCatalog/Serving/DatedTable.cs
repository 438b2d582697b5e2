using System.Globalization;
using RouteTable.Data;

namespace MappedCatalog.Serving;

/// <summary>The route table of one day. Routes are sorted, each prefix once.</summary>
internal sealed record DatedTable(DateOnly Date, Announcement[] Routes)
{
    private const string Pattern = "routes-ipv4-????-??-??.csv*";
    private const string DateFormat = "yyyy-MM-dd";

    /// <summary>All tables in a folder, the oldest first: files named <c>routes-ipv4-2026-06-17.csv</c>, gzip or
    /// not.</summary>
    /// <exception cref="RouteFileException">There are fewer than two, or one cannot be used.</exception>
    public static DatedTable[] ReadAll(string folder)
    {
        string[] files = Directory.Exists(folder) ? Directory.GetFiles(folder, Pattern) : [];
        DatedTable[] tables = [.. files.Select(Read).OrderBy(table => table.Date)];
        return tables.Length >= 2
            ? tables
            : throw new RouteFileException(folder, $"has {tables.Length} tables named {Pattern}; it takes two to change between");
    }

    private static DatedTable Read(string file)
    {
        string name = Path.GetFileName(file);
        string date = name.Substring(Pattern.IndexOf('?', StringComparison.Ordinal), DateFormat.Length);
        return DateOnly.TryParseExact(date, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? new DatedTable(day, RouteFile.Read(file).Routes)
            : throw new RouteFileException(file, $"has no date in its name: {date}");
    }
}
