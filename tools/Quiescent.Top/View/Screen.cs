using System.Globalization;
using Quiescent.Top.Model;
using Quiescent.Top.Stream;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Quiescent.Top.View;

// The contents of the terminal: the observed process, the domains, the recent reports; no more lines than fit.
internal static class Screen
{
    private const int LeastReports = 4;

    public static IRenderable Compose(Reading reading, Target target, TimeSpan elapsed, int width, int height)
    {
        DomainTable table = new(width);
        int reports = Math.Min(reading.Reports.Count, LeastReports);
        int forReports = reports == 0 ? 0 : reports + 2;
        int forTrouble = reading.Trouble is null ? 0 : 1;

        List<Line> lines = [Header(target, reading, elapsed, width), new Line(), table.Heading()];
        lines.AddRange(table.Rows(reading, Math.Max(2, height - lines.Count - forReports - forTrouble)));
        if (reading.Domains.Count == 0)
        {
            lines.Add(new Line().Add(" no domains now", Styles.Faint));
        }

        int room = height - lines.Count - forTrouble - 2;
        if (reading.Reports.Count != 0 && room > 0)
        {
            lines.Add(new Line());
            lines.Add(new Line().Add(" RECENT REPORTS", Styles.Heading));
            lines.AddRange(reading.Reports.Reverse().Take(room).Select(ReportOf));
        }

        if (reading.Trouble is { } trouble)
        {
            lines.Add(new Line().Add($" {trouble}", Styles.Warning));
        }

        return new Rows(lines.Take(height).Select(line => line.ToRenderable(width)));
    }

    private static Line Header(Target target, Reading reading, TimeSpan elapsed, int width)
    {
        string end = "q quits";
        Line line = new Line()
            .Add(" quiescent-top  ", Styles.Title)
            .Add(target.Name, Styles.Name)
            .Add(string.Create(
                CultureInfo.InvariantCulture,
                $" ({target.ProcessId})  {elapsed:hh\\:mm\\:ss}  every "
                + $"{(reading.End - reading.Start).TotalSeconds:0.##} s"));
        return line.Add(new string(' ', Math.Max(1, width - 1 - line.Width - end.Length))).Add(end, Styles.Faint);
    }

    private static Line ReportOf(RepeatedReport report) =>
        new Line().Add(" ").Add(Describe.Headline(report), report.Last.Kind switch
        {
            ReportKind.Stall => Styles.AlarmDetail,
            ReportKind.BacklogUnderLimit => Styles.Calm,
            _ => Styles.Warning,
        });
}
