using System.Globalization;
using Quiescent.Top.Model;
using Quiescent.Top.Stream;
using Spectre.Console;

namespace Quiescent.Top.View;

// For files and pipes: per interval, a table and the reports that arrived in it, without colour.
internal sealed class PlainView(Target target, TextWriter output) : ITopView
{
    private const int Width = 140;

    public void Show(Reading reading)
    {
        DomainTable table = new(Width, hasSparkline: false);
        Write(new Line().Add(string.Create(
            CultureInfo.InvariantCulture,
            $"{reading.End.ToLocalTime():yyyy-MM-dd HH:mm:ss} {target.Name} ({target.ProcessId}), "
            + $"{(reading.End - reading.Start).TotalSeconds:0.##} s")));
        Write(table.Heading());
        foreach (Line line in table.Rows(reading, int.MaxValue))
        {
            Write(line);
        }

        foreach (Report report in reading.NewReports)
        {
            Write(new Line().Add(" ").Add(Describe.Headline(new RepeatedReport(report, 1))));
        }

        if (reading.Trouble is { } trouble)
        {
            Write(new Line().Add($" {trouble}"));
        }

        output.WriteLine();
        output.Flush();
    }

    public void Dispose()
    {
    }

    private void Write(Line line) => output.WriteLine(line.ToString().TrimEnd());
}
