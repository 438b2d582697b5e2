using Quiescent.Top;
using Quiescent.Top.Model;
using Quiescent.Top.Stream;
using Quiescent.Top.View;
using Spectre.Console;
using Spectre.Console.Testing;

namespace Quiescent.Top.Tests;

public sealed class ScreenTests
{
    private static readonly DomainKey s_routes = new(1, "routes");
    private static readonly Target s_target = new(4242, "RouteTable");

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(140)]
    [InlineData(200)]
    public void No_line_is_wider_than_the_terminal_and_none_lacks_a_figure(int width)
    {
        IReadOnlyList<string> lines = Draw(Watched(), width, 40);
        Assert.All(lines, line => Assert.True(line.GetCellWidth() <= width, line));
        string text = string.Join('\n', lines);
        string[] expectations =
        [
            "RouteTable (4242)", "routes #1", "GP/S", "1200", "85.2µs", "1.10ms", "1.24M", "120", "4/8", "12.3k",
            "q quits", "RECENT REPORTS",
        ];
        foreach (string expected in expectations)
        {
            Assert.Contains(expected, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void At_80_columns_the_backlog_has_a_line_of_its_own()
    {
        IReadOnlyList<string> lines = Draw(Watched(), 80, 40);
        Assert.Equal(" routes #1       1200 85.2µs 1.10ms   1.24M   1.24M     120      3     4/8     2", lines[3]);
        Assert.Equal("   backlog 12.3k of 20.0k, 62 %     ▁▃█", lines[4]);
    }

    [Fact]
    public void At_140_columns_the_backlog_is_on_the_domains_line()
    {
        IReadOnlyList<string> lines = Draw(Watched(), 140, 40);
        Assert.StartsWith(" routes #1 ", lines[3], StringComparison.Ordinal);
        Assert.EndsWith("   12.3k  20.0k  ▁▃█", lines[3].TrimEnd(), StringComparison.Ordinal);
        Assert.StartsWith(
            " ! stalled for 0.8 s by reader 'slow-reader' (thread 14, OS 4711)", lines[4], StringComparison.Ordinal);
    }

    [Fact]
    public void A_stall_is_red_and_names_the_reader()
    {
        string text = Ansi(Watched());
        Assert.Contains(
            "\e[1;91m ! stalled for 0.8 s by reader 'slow-reader' (thread 14, OS 4711)",
            text,
            StringComparison.Ordinal);
        Assert.Contains("\e[91m   rcu: INFO: domain 'routes' detected stall", text, StringComparison.Ordinal);
        Assert.Contains("\e[91m   its thread sleeps", text, StringComparison.Ordinal);
        Assert.DoesNotContain("report 1", text, StringComparison.Ordinal);
        Assert.DoesNotContain("stalled", Ansi(Calm()), StringComparison.Ordinal);
        Assert.DoesNotContain(";91m", Ansi(Calm()), StringComparison.Ordinal);
    }

    [Fact]
    public void Domains_that_do_not_fit_are_counted_and_the_stalled_one_comes_first()
    {
        Reading reading = Watched();
        DomainReading[] domains =
        [
            .. Enumerable.Range(2, 30).Select(id => Calm().Domains[0] with { Key = new DomainKey(id, $"calm{id}") }),
            .. reading.Domains,
        ];
        IReadOnlyList<string> lines = Draw(reading with { Domains = domains }, 80, 24);
        Assert.True(lines.Count <= 24);
        Assert.StartsWith(" routes #1 ", lines[3], StringComparison.Ordinal);
        Assert.Contains(" 24 more domains: no room", lines);
        Assert.Contains(lines, line => line.Contains("RECENT REPORTS", StringComparison.Ordinal));
    }

    [Fact]
    public void A_name_cannot_move_the_cursor()
    {
        Reading reading = Watched();
        reading = reading with { Domains = [reading.Domains[0] with { Key = new DomainKey(1, "a\e[2J\r\nb") }] };
        Assert.StartsWith(" a·[2J··b #1 ", Draw(reading, 80, 24)[3], StringComparison.Ordinal);
    }

    [Fact]
    public void Wide_characters_count_as_two_columns()
    {
        Reading reading = Watched();
        reading = reading with { Domains = [reading.Domains[0] with { Key = new DomainKey(1, "経路表経路表経路表経路表") }] };
        string line = Draw(reading, 80, 24)[3];
        Assert.Equal(80, line.GetCellWidth());
        Assert.StartsWith(" 経路表経路… #1", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_domains_it_says_so() =>
        Assert.Contains(" no domains now", Draw(Watched() with { Domains = [] }, 80, 24));

    [Fact]
    public void Redirected_it_is_a_plain_table_per_interval()
    {
        using StringWriter output = new();
        using PlainView view = new(s_target, output);
        view.Show(Watched());
        string[] lines = output.ToString().ReplaceLineEndings("\n").Split('\n');
        Assert.EndsWith("RouteTable (4242), 1 s", lines[0], StringComparison.Ordinal);
        Assert.StartsWith(" DOMAIN ", lines[1], StringComparison.Ordinal);
        Assert.StartsWith(" routes #1 ", lines[2], StringComparison.Ordinal);
        Assert.DoesNotContain('\e', output.ToString());
        Assert.DoesNotContain('█', output.ToString());
    }

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.0, "0")]
    [InlineData(0.25, "0.25")]
    [InlineData(12.4, "12")]
    [InlineData(9_999.0, "9999")]
    [InlineData(12_345.0, "12.3k")]
    [InlineData(999_600.0, "1.00M")]
    [InlineData(1_240_000.0, "1.24M")]
    public void Counts_are_short(double? count, string text) => Assert.Equal(text, Numbers.Count(count));

    [Theory]
    [InlineData(null, "-")]
    [InlineData(0.0000000421, "42.1ns")]
    [InlineData(0.0000852, "85.2µs")]
    [InlineData(0.0011, "1.10ms")]
    [InlineData(0.9999, "1.00s")]
    [InlineData(640.0, "640s")]
    public void Durations_have_the_unit_that_fits(double? seconds, string text) =>
        Assert.Equal(text, Numbers.Duration(seconds));

    [Fact]
    public void A_sparkline_has_its_peak_at_the_top_and_only_nothing_at_the_bottom()
    {
        Assert.Equal("▁▂█", Sparkline.Of([0, 1, 1_000], 10));
        Assert.Equal("▁▁", Sparkline.Of([0, 0], 10));
        Assert.Equal("", Sparkline.Of([], 10));
        Assert.Equal("▅█", Sparkline.Of([0, 50, 100, 0], 2));
    }

    private static IReadOnlyList<string> Draw(Reading reading, int width, int height)
    {
        using TestConsole console = new();
        console.Profile.Width = width;
        console.Write(Screen.Compose(reading, s_target, TimeSpan.FromSeconds(23), width, height));
        return console.Lines;
    }

    private static string Ansi(Reading reading)
    {
        using TestConsole console = new TestConsole().Colors(ColorSystem.Standard).EmitAnsiSequences();
        console.Profile.Width = 140;
        console.Write(Screen.Compose(reading, s_target, TimeSpan.FromSeconds(23), 140, 24));
        return console.Output;
    }

    private static Reading Calm() => Watched() is var reading
        ? reading with { Reports = [], Domains = [reading.Domains[0] with { StalledBy = [] }] }
        : throw new InvalidOperationException();

    private static Reading Watched()
    {
        Watch watch = new();
        foreach (int backlog in (int[])[0, 3_000])
        {
            Put(watch, backlog);
            watch.Accept(Recorded.Interval(backlog == 0 ? -1 : 0));
        }

        Put(watch, 12_345);
        watch.Accept(new DurationsValue(Recorded.Start, s_routes, 0.0000852, 0.0011));
        watch.Accept(Recorded.Stall(s_routes, at: 0.5, seconds: 0.3));
        return watch.Accept(Recorded.Interval(1))!;
    }

    private static void Put(Watch watch, int backlog)
    {
        (string Instrument, string? Part, double Delta, double Value)[] values =
        [
            (Instruments.GracePeriods, null, 1_200, 5_000),
            (Instruments.BlocksQueued, null, 1_240_000, 9e9),
            (Instruments.BlocksFreed, null, 1_240_000, 9e9),
            (Instruments.CallbacksInvoked, null, 120, 700),
            (Instruments.CallbacksFailed, null, 0, 3),
            (Instruments.Backlog, "block", 0, backlog),
            (Instruments.BacklogLimit, null, 0, 20_000),
            (Instruments.ReaderSlots, "used", 0, 4),
            (Instruments.ReaderSlots, "free", 0, 4),
            (Instruments.OpenSections, null, 0, 2),
        ];
        foreach ((string instrument, string? part, double delta, double value) in values)
        {
            watch.Accept(Recorded.Value(s_routes, instrument, delta, value, part));
        }
    }
}
