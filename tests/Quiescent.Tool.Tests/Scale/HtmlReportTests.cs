using System.Xml.Linq;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Reports;
using Quiescent.Scale.Runs;
using Xunit;

namespace Quiescent.Tool.Tests.Scale;

public sealed class HtmlReportTests
{
    private static readonly string[] s_withoutContent = ["meta", "line", "rect"];
    private static readonly string[] s_attributesThatLoad =
        ["src", "srcset", "href", "xlink:href", "action", "data", "poster"];

    [Fact]
    public void Every_contestant_is_named_with_its_value_its_ratio_or_why_it_has_none()
    {
        string text = Page(Result()).Root!.Value;

        Assert.All(
            ["guard", "peer <b>&amp;", "gone", "broken"],
            name => Assert.Contains(name, text, StringComparison.Ordinal));
        Assert.Contains("2.50 ns", text, StringComparison.Ordinal);
        Assert.Contains("40.0 × guard", text, StringComparison.Ordinal);
        Assert.Contains("not installed: libgone-dev", text, StringComparison.Ordinal);
        Assert.Contains("failed: exit code 1", text, StringComparison.Ordinal);
        Assert.Contains("an incorrect algorithm", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_contestant_that_has_a_value_has_a_bar_and_the_best_stands_on_top()
    {
        XElement[] rows = [.. Page(Result()).Descendants("li").Where(row => row.Elements("svg").Any())];

        Assert.Equal(["guard", "peer <b>&amp;"], rows.Select(row => row.Element("span")!.Value));
        double[] widths = [.. rows.Select(row => (double)row.Descendants("rect").Single().Attribute("width")!)];
        Assert.True(widths[0] < widths[1]);
    }

    [Fact]
    public void The_page_names_machine_packages_and_goals_with_their_verdicts()
    {
        string text = Page(Result()).Root!.Value;

        Assert.All(
            [
                "A processor", "An operating system", "A runtime", "a package 1.2.3", "met",
                "guard ≤ 1.5 × peer <b>&amp;",
            ],
            part => Assert.Contains(part, text, StringComparison.Ordinal));
    }

    [Fact]
    public void The_page_loads_nothing_and_runs_no_script()
    {
        XDocument page = Page(Result());

        Assert.DoesNotContain(
            page.Descendants(),
            element => element.Name.LocalName is "script" or "link" or "img" or "iframe" or "object");
        IEnumerable<XAttribute> loads =
            page.Descendants().Attributes().Where(one => s_attributesThatLoad.Contains(one.Name.LocalName));
        Assert.All(loads, attribute => Assert.StartsWith("#", attribute.Value, StringComparison.Ordinal));
        string style = page.Descendants("style").Single().Value;
        Assert.DoesNotContain("url(", style, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", style, StringComparison.Ordinal);
        Assert.DoesNotContain("http", HtmlReport.Write(Result(), showGoals: true), StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_to_a_figure_has_its_figure()
    {
        XDocument page = Page(Result());
        string[] ids = [.. page.Descendants().Attributes("id").Select(id => "#" + id.Value)];

        Assert.All(page.Descendants("a"), link => Assert.Contains(link.Attribute("href")!.Value, ids));
    }

    // Text that HTML would take for an opening tag.
    [Fact]
    public void Only_elements_that_never_have_content_are_written_in_the_short_form()
    {
        IEnumerable<string> empty =
            Page(Result()).Descendants().Where(element => element.IsEmpty).Select(element => element.Name.LocalName);

        Assert.All(empty, name => Assert.Contains(name, s_withoutContent));
    }

    [Fact]
    public void The_style_sheet_is_read_alike_as_XML_and_as_HTML() =>
        Assert.Equal(-1, HtmlReportStyle.Sheet.AsSpan().IndexOfAny("<>&"));

    // Fault caught: a logarithmic axis, on which a bar twice as long may be a hundred times as much.
    [Theory]
    [InlineData(1, 2)]
    [InlineData(1, 1_000)]
    [InlineData(0.001, 100_000)]
    public void Bars_are_as_long_as_their_values_are_large(double low, double high)
    {
        HtmlReportScale scale = HtmlReportScale.For([new Spread(low, low, low), new Spread(high, high, high)]);

        Assert.InRange(scale.At(high), 0.3, 1);
        Assert.Equal(low / high, scale.At(low) / scale.At(high), tolerance: 1e-9);
        Assert.Equal(0, scale.At(scale.Ticks[0]));
        Assert.Equal(1, scale.At(scale.Ticks[^1]));
    }

    [Fact]
    public void Goals_are_shown_only_if_asked_for() =>
        Assert.DoesNotContain("goals", HtmlReport.Write(Result(), showGoals: false), StringComparison.Ordinal);

    [Fact]
    public void Contests_that_were_left_out_are_named() =>
        Assert.Contains("R1/2", Page(Result()).Root!.Value, StringComparison.Ordinal);

    [Fact]
    public void A_contest_of_zeros_can_be_drawn()
    {
        HtmlReportScale scale = HtmlReportScale.For([new Spread(0, 0, 0)]);

        Assert.Equal(0, scale.At(0));
    }

    private static XDocument Page(ScaleResult result)
    {
        const string DocumentType = "<!DOCTYPE html>";
        string page = HtmlReport.Write(result, showGoals: true);
        Assert.StartsWith(DocumentType, page, StringComparison.Ordinal);
        return XDocument.Parse(page[DocumentType.Length..]);
    }

    private static ScaleResult Result()
    {
        Row guard = RowOf("guard", Side.Ours, 2.5);
        Row peer = RowOf("peer <b>&amp;", Side.Managed, 100) with { Remark = "an incorrect algorithm" };
        return new ScaleResult
        {
            Machine = new Machine
            {
                Processor = "A processor",
                Cores = 2,
                Architecture = "X64",
                OperatingSystem = "An operating system",
                Runtime = "A runtime",
                Packages = [new PackageVersion("a package", "1.2.3")],
            },
            SecondsGiven = 60,
            SecondsTaken = 61,
            IsInterrupted = false,
            LeftOut = [new LeftOut("R1/2", "a section, two threads", 3)],
            Contests =
            [
                new ContestResult
                {
                    Id = "R1/1",
                    Title = "a section",
                    Unit = Unit.Nanoseconds,
                    Rounds = 5,
                    TurnSeconds = 0.5,
                    Rows =
                    [
                        peer,
                        guard,
                        RowOf("gone", Side.Native, null) with { Absent = "not installed: libgone-dev" },
                        RowOf("broken", Side.Native, null) with { Failure = "exit code 1: \e[31m\0" },
                    ],
                    Ratios = [new Ratio(peer.Name, guard.Name, new Spread(40, 39, 41))],
                    Targets =
                    [
                        new TargetResult
                        {
                            Target = new Target(guard.Name, Bound.AtMost, 1.5, peer.Name),
                            Measured = new Spread(0.025, 0.024, 0.026),
                            Verdict = Verdict.Met,
                            Reason = null,
                        },
                    ],
                },
            ],
        };
    }

    private static Row RowOf(string name, Side side, double? value) => new()
    {
        Name = name,
        Side = side,
        Value = value is { } median ? new Spread(median, median * 0.9, median * 1.1) : null,
        Readings = [],
        Details = [],
        Remark = null,
        Absent = null,
        Failure = null,
    };
}
