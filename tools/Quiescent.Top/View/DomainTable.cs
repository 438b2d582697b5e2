using System.Globalization;
using Quiescent.Top.Model;
using Quiescent.Top.Stream;
using Spectre.Console;

namespace Quiescent.Top.View;

// The domains: first those that are held up, last those in which nothing changes. Under each, the reader or callback
// that holds it up.
internal sealed class DomainTable(int width, bool hasSparkline = true)
{
    private const int Wide = 120;
    private const int LeastSparkline = 16;
    private const int MostSparkline = 60;
    private const int MostReportLines = 2;

    private static readonly TimeSpan s_unchanged = TimeSpan.FromSeconds(5);

    private bool IsWide => width >= Wide;

    private int SparklineWidth { get; } = !hasSparkline ? 0 : Math.Clamp(width - Wide, LeastSparkline, MostSparkline);

    private Column[] Columns => IsWide ? [.. Column.Figures, .. Column.Backlog] : Column.Figures;

    private int NameWidth => Math.Clamp(
        width - 1 - Columns.Sum(column => column.Width + 1) - (IsWide && hasSparkline ? SparklineWidth + 2 : 0), 12,
        40);

    public Line Heading()
    {
        Line line = new Line().Add(" ").AddLeft("DOMAIN", NameWidth, Styles.Heading);
        foreach (Column column in Columns)
        {
            line.Add(" ").AddRight(column.Heading, column.Width, Styles.Heading);
        }

        return IsWide && hasSparkline ? line.Add("  ").Add("LAST MINUTE", Styles.Heading) : line;
    }

    /// <summary>As many domains as fit into the given number of lines, and the number of those that do not.</summary>
    public IReadOnlyList<Line> Rows(Reading reading, int height)
    {
        List<Line> lines = [];
        DomainReading[] domains = [.. reading.Domains.OrderBy(Rank)];
        for (int i = 0; i < domains.Length; i++)
        {
            List<Line> block = [.. BlockOf(domains[i], reading.End)];
            bool isLast = i == domains.Length - 1;
            if (lines.Count + block.Count > height - (isLast ? 0 : 1))
            {
                int hidden = domains.Length - i;
                lines.Add(new Line().Add($" {hidden} more domain{(hidden == 1 ? "" : "s")}: no room", Styles.Faint));
                break;
            }

            lines.AddRange(block);
        }

        return lines;
    }

    private static int Rank(DomainReading domain) => domain switch
    {
        { StalledBy.Count: > 0 } => 0,
        _ when domain.Unchanged >= s_unchanged => 2,
        _ => 1,
    };

    private IEnumerable<Line> BlockOf(DomainReading domain, DateTime now)
    {
        bool isStalled = domain.StalledBy.Count != 0;
        bool isUnchanged = !isStalled && domain.Unchanged >= s_unchanged;
        Style? muted = isUnchanged ? Styles.Faint : default(Style?);
        Line figures = new Line().Add(" ").AddLeft(
            Title(domain, NameWidth), NameWidth, isStalled ? Styles.Alarm : muted ?? Styles.Name);
        foreach (Column column in Columns)
        {
            figures.Add(" ").AddRight(column.Text(domain), column.Width, muted ?? column.Style?.Invoke(domain));
        }

        if (IsWide)
        {
            yield return hasSparkline ? AddSparkline(figures.Add("  "), domain, SparklineWidth) : figures;
        }
        else
        {
            yield return figures;
            yield return BacklogOf(domain);
        }

        foreach (Line line in domain.StalledBy.SelectMany(stall => StallOf(stall, now)))
        {
            yield return line;
        }
    }

    // Several domains may have one name: the number is never cut off.
    private static string Title(DomainReading domain, int width)
    {
        string number = $" #{domain.Key.Id}";
        return Line.Fit(Line.Clean(domain.Key.Name), width - number.Length) + number;
    }

    private Line BacklogOf(DomainReading domain)
    {
        Line line = new Line().Add("   backlog ", Styles.Faint).Add(
            Numbers.Count(domain.Backlog), Column.StyleOfBacklog(domain));
        if (domain.BacklogLimit is > 0 and { } limit)
        {
            double percent = 100.0 * domain.Backlog / limit;
            line.Add(
                string.Create(CultureInfo.InvariantCulture, $" of {Numbers.Count(limit)}, {percent:0} %"),
                Styles.Faint);
        }

        return hasSparkline
            ? AddSparkline(
                line.Add(new string(' ', Math.Max(1, 36 - line.Width))), domain, Math.Min(MostSparkline, width - 37))
            : line;
    }

    private static Line AddSparkline(Line line, DomainReading domain, int width) =>
        line.Add(
            Sparkline.Of(domain.BacklogHistory, width),
            domain.Backlog == 0 ? Styles.Faint : Column.StyleOfBacklog(domain));

    private IEnumerable<Line> StallOf(Report stall, DateTime now) =>
        [
            new Line().Add($" ! {Describe.Stall(stall, now)}", Styles.Alarm),
            .. Detail(Describe.FirstLine(stall.Text)),
            .. Detail(Describe.ThreadLine(stall.Text)),
        ];

    private IEnumerable<Line> Detail(string text) =>
        Line.Wrap(text, width - 3, MostReportLines).Select(part => new Line().Add($"   {part}", Styles.AlarmDetail));
}
