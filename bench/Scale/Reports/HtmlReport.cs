using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Scale.Reports;

// One page that needs nothing else: no network, no script. It is written as XML, so that any text of a peer is escaped;
// HTML parses it the same way as long as only elements that never have content are empty.
internal static class HtmlReport
{
    private const string Title = "Quiescent beside its peers";

    public static string Write(ScaleResult result, bool showGoals)
    {
        XElement page = new("html",
            new XAttribute("lang", "en"),
            new XElement("head",
                new XElement("meta", new XAttribute("charset", "utf-8")),
                new XElement("meta",
                    new XAttribute("name", "viewport"), new XAttribute(
                        "content", "width=device-width, initial-scale=1")),
                new XElement("title", Title),
                new XElement("style", HtmlReportStyle.Sheet)),
            new XElement("body",
                Header(result),
                new XElement("main",
                    result.Contests.Select(HtmlReportContest.Write),
                    LeftOut(result),
                    showGoals ? Targets(result) : null),
                Footer()));
        StringBuilder text = new("<!DOCTYPE html>\n");
        XmlWriterSettings settings =
            new() { OmitXmlDeclaration = true, Indent = true, IndentChars = " ", NewLineChars = "\n" };
        using (XmlWriter writer = XmlWriter.Create(text, settings))
        {
            page.Save(writer);
        }

        return text.Append('\n').ToString();
    }

    /// <summary>An element of a class, with text in it; characters that XML cannot hold are replaced.</summary>
    public static XElement Element(string name, string css, string text) =>
        new(name, new XAttribute("class", css), Clean(text));

    public static string Clean(string text) =>
        string.Concat(text.Select(one => XmlConvert.IsXmlChar(one) ? one : '\uFFFD'));

    public static string Anchor(string contestId) => "figure-" + contestId.Replace('/', '-');

    private static XElement Header(ScaleResult result)
    {
        Machine machine = result.Machine;
        return new XElement("header",
            new XElement("h1", Title),
            new XElement("p", Clean(string.Create(
                CultureInfo.InvariantCulture,
                $"{machine.Processor}, {machine.Cores} cores, {machine.Architecture}; {machine.OperatingSystem}; "
                + $"{machine.Runtime}."))),
            Element("p", "fine", string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Contests.Length} figures in {result.SecondsTaken:0} s. In each, all contestants take turns "
                + $"in every round; bars "
                + $"are medians of the rounds, whiskers the lowest and the highest. "
                + $"Ratios are taken within each round.")),
            Element("p", "fine", string.Join(", ", machine.Packages.Select(package => $"{package.Name} "
                + $"{package.Version}"))),
            new XElement("ul", new XAttribute("class", "legend"),
                Enum.GetValues<Side>().Select(side => new XElement("li",
                    Element("span", $"swatch {HtmlReportContest.Css(side)}", ""), " ", LegendOf(side)))));
    }

    private static string LegendOf(Side side) => side switch
    {
        Side.Ours => "Quiescent",
        Side.Floor => "floor: no protection at all",
        Side.Managed => "another .NET library, or the runtime",
        _ => "native library, in a process of its own",
    };

    private static XElement? LeftOut(ScaleResult result) => result.LeftOut.Length == 0 ? null : new XElement("section",
        new XElement(
            "h2", result.IsInterrupted ? "Not measured before the run was interrupted" : "Left out, for want of time"),
        new XElement("ul", result.LeftOut.Select(one => new XElement("li",
            Element("span", "id", one.Id), " ", Clean(one.Title)))));

    private static XElement? Targets(ScaleResult result)
    {
        XElement[] rows =
            [.. from contest in result.Contests from target in contest.Targets select RowOf(contest, target)];
        return rows.Length == 0 ? null : new XElement("section",
            new XElement("h2", "The project's goals"),
            Element("p", "fine", string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Count(Verdict.Met)} met, {result.Count(Verdict.Missed)} missed, "
                + $"{result.Count(Verdict.NotJudged)} cannot be "
                + $"judged here; by the median of the rounds.")),
            new XElement("ul", new XAttribute("class", "targets"), rows));
    }

    private static XElement RowOf(ContestResult contest, TargetResult target)
    {
        string measured = target.Measured is { } spread
            ? $"{Figure.Write(spread.Median)} ({Figure.WriteRange(spread)})"
            : target.Reason ?? "";
        return new XElement("li",
            Element("span", $"verdict {CssOf(target.Verdict)}", Figure.Write(target.Verdict).ToLowerInvariant()), " ",
            new XElement("a", new XAttribute("href", "#" + Anchor(contest.Id)), Clean(contest.Id)), " ",
            Element("span", "promise", Figure.Write(target.Target)), " ",
            Element("span", "measured", measured));
    }

    private static string CssOf(Verdict verdict) => verdict switch
    {
        Verdict.Met => "met",
        Verdict.Missed => "missed",
        _ => "open",
    };

    private static XElement Footer() => new("footer",
        Element("p", "fine", "Written by quiescent scale. Figures of different machines, or of different runs, are "
            + "not compared."));
}
