using System.Globalization;
using System.Xml.Linq;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Scale.Reports;

// A contest's section: a horizontal bar for each contestant that has a value, the best on top, then the others with the
// reason. Bars are drawings that stretch with the page; all text is outside of them, so that it never shrinks.
internal static class HtmlReportContest
{
    private const int Width = 1000;
    private const int Height = 20;

    // On a narrow page every other label of more than that is left out.
    private const int RoomyTicks = 4;

    public static XElement Write(ContestResult contest)
    {
        Unit unit = contest.Unit;
        Row[] placed = [.. contest.Ranked];
        HtmlReportScale? scale = placed.Length == 0
            ? null
            : HtmlReportScale.For(placed.Select(row => row.Value!.Value));
        return new XElement("section",
            new XAttribute("id", HtmlReport.Anchor(contest.Id)),
            new XElement("h2", HtmlReport.Element("span", "id", contest.Id), " ", HtmlReport.Clean(contest.Title)),
            HtmlReport.Element("p", "fine", Caption(contest)),
            scale is null ? null : Axis(scale, unit),
            new XElement("ul", new XAttribute("class", "rows"),
                placed.Select(row => WithValue(contest, row, scale!)),
                contest.Rows.Where(row => row.Value is null).Select(WithoutValue)));
    }

    public static string Css(Side side) => side switch
    {
        Side.Ours => "ours",
        Side.Floor => "floor",
        Side.Managed => "managed",
        _ => "native",
    };

    private static string Caption(ContestResult contest)
    {
        Unit unit = contest.Unit;
        string what = unit.Symbol.Length == 0 ? "Count" : unit.Symbol;
        string better = unit.LowerIsBetter ? "lower is better" : "higher is better";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{what}, {better}; {contest.Rounds} rounds of {contest.TurnSeconds:0.00} s.");
    }

    private static XElement Axis(HtmlReportScale scale, Unit unit) => new("div",
        new XAttribute("class", "axis"),
        new XElement(
            "div", new XAttribute("class", scale.Ticks.Count > RoomyTicks ? "ticks dense" : "ticks"),
            scale.Ticks.Select(tick => new XElement("span",
            new XAttribute("style", string.Create(CultureInfo.InvariantCulture, $"left:{100 * scale.At(tick):0.##}%")),
            $"{tick.ToString("#,##0.######", CultureInfo.InvariantCulture)} {unit.Symbol}".TrimEnd()))));

    private static XElement WithValue(ContestResult contest, Row row, HtmlReportScale scale)
    {
        Spread value = row.Value!.Value;
        return new XElement("li",
            new XAttribute("class", Css(row.Side)),
            HtmlReport.Element("span", "name", row.Name),
            HtmlReport.Element("span", "value", $"{Figure.Write(value.Median)} {contest.Unit.Symbol}".TrimEnd()),
            HtmlReport.Element("span", "ratio", RatioOf(contest, row)),
            Bar(row, scale),
            HtmlReport.Element("p", "fine", Details(row, value)));
    }

    // To the library's first form: the same in all rows.
    private static string RatioOf(ContestResult contest, Row row)
    {
        Row? ours = contest.Ours;
        return ours is null || ours == row || contest.FindRatio(row.Name, ours.Name) is not { } ratio
            ? ""
            : $"{Figure.Write(ratio.Value.Median)} × {ours.Name}";
    }

    private static string Details(Row row, Spread value)
    {
        IEnumerable<string> details = row.Details.Select(
            detail => $"{detail.Name} {Figure.Write(detail.Value.Median)}");
        string text = string.Join(" · ", [Figure.WriteRange(value), .. details]);
        return row.Remark is null ? text : $"{text} · {row.Remark}";
    }

    private static XElement WithoutValue(Row row) => new("li",
        new XAttribute("class", "without"),
        HtmlReport.Element("span", "name", row.Name),
        HtmlReport.Element("span", "reason", row.Absent ?? $"failed: {row.Failure ?? "took no turn"}"));

    private static XElement Bar(Row row, HtmlReportScale scale)
    {
        Spread value = row.Value!.Value;
        double median = scale.At(value.Median), min = scale.At(value.Min), max = scale.At(value.Max);
        return new XElement("svg",
            new XAttribute("viewBox", $"0 0 {Width} {Height}"),
            new XAttribute("preserveAspectRatio", "none"),
            new XAttribute("role", "img"),
            new XAttribute("aria-label", HtmlReport.Clean($"{row.Name}: {Figure.Write(value.Median)}")),
            scale.Ticks.Select(tick => Line("tick", scale.At(tick), 0, scale.At(tick), Height)),
            new XElement("rect",
                new XAttribute("class", "bar"),
                new XAttribute("x", 0),
                new XAttribute("y", 3),
                new XAttribute("width", Number(median * Width)),
                new XAttribute("height", Height - 6)),
            Line("whisker", min, Height / 2, max, Height / 2),
            Line("whisker", min, 6, min, Height - 6),
            Line("whisker", max, 6, max, Height - 6));
    }

    private static XElement Line(string css, double fromX, double fromY, double toX, double toY) => new("line",
        new XAttribute("class", css),
        new XAttribute("x1", Number(fromX * Width)),
        new XAttribute("y1", Number(fromY)),
        new XAttribute("x2", Number(toX * Width)),
        new XAttribute("y2", Number(toY)));

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
