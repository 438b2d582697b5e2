using Quiescent.Top.Model;
using Quiescent.Top.Stream;

namespace Quiescent.Top.Tests;

public sealed class WatchTests
{
    private static readonly DomainKey s_routes = new(1, "routes");
    private static readonly DomainKey s_orders = new(2, "orders");

    private readonly Watch _watch = new();

    [Fact]
    public void Rates_are_changes_over_the_length_of_the_interval()
    {
        _watch.Accept(Recorded.Value(s_routes, Instruments.GracePeriods, 100, 410));
        _watch.Accept(Recorded.Value(s_routes, Instruments.BlocksFreed, 3_000, 9_000));
        _watch.Accept(new DurationsValue(Recorded.Start, s_routes, 0.0004, 0.0007));
        DomainReading domain = Assert.Single(Read(end: 2, seconds: 2).Domains);
        Assert.Equal((50, 410), (domain.GracePeriodsPerSecond, domain.GracePeriods));
        Assert.Equal((1_500, 9_000), (domain.BlocksFreedPerSecond, domain.BlocksFreed));
        Assert.Equal((0.0004, 0.0007), (domain.P50, domain.P99));
    }

    [Fact]
    public void The_first_interval_is_not_full()
    {
        _watch.Accept(Recorded.Value(s_routes, Instruments.GracePeriods, null, 410));
        Assert.False(Read(1).IsFull);
        _watch.Accept(Recorded.Value(s_routes, Instruments.GracePeriods, 0, 410));
        Reading second = Read(2);
        Assert.True(second.IsFull);
        Assert.Equal(0, second.Domains[0].GracePeriodsPerSecond);
    }

    [Fact]
    public void The_backlog_is_blocks_and_callbacks_and_slots_are_used_and_free()
    {
        Put(
            s_routes,
            (Instruments.Backlog, "block", 700),
            (Instruments.Backlog, "callback", 50),
            (Instruments.BacklogLimit, null, 700),
            (Instruments.ReaderSlots, "used", 3),
            (Instruments.ReaderSlots, "free", 5),
            (Instruments.OpenSections, null, 2));
        DomainReading domain = Read(1).Domains[0];
        Assert.Equal(
            (700, 50, 750, true), (domain.BlocksWaiting, domain.CallbacksWaiting, domain.Backlog, domain.IsOverLimit));
        Assert.Equal((3, 5, 2), (domain.SlotsUsed, domain.SlotsFree, domain.OpenSections));
    }

    [Fact]
    public void A_domain_whose_sections_cannot_sleep_has_none_open()
    {
        Put(s_routes, (Instruments.Backlog, "block", 1));
        Assert.Null(Read(1).Domains[0].OpenSections);
    }

    [Fact]
    public void The_history_is_that_of_the_last_minute()
    {
        for (int second = 1; second <= 100; second++)
        {
            Put(s_routes, (Instruments.Backlog, "block", second));
            Reading reading = Read(second);
            Assert.Equal(
                Enumerable.Range(Math.Max(1, second - 59), Math.Min(second, 60)).Select(one => (long)one),
                reading.Domains[0].BacklogHistory);
        }
    }

    [Fact]
    public void Domains_of_one_name_are_two_and_one_that_is_silent_is_gone()
    {
        Put(s_routes, (Instruments.Backlog, "block", 1));
        Put(s_routes with { Id = 7 }, (Instruments.Backlog, "block", 2));
        Assert.Equal([1, 2], Read(1).Domains.Select(domain => domain.Backlog));
        Put(s_routes, (Instruments.Backlog, "block", 3));
        Assert.Equal(1, Assert.Single(Read(2).Domains).Key.Id);
    }

    [Fact]
    public void A_domain_in_which_nothing_changes_says_since_when()
    {
        for (int second = 1; second <= 4; second++)
        {
            _watch.Accept(Recorded.Value(s_routes, Instruments.GracePeriods, second == 1 ? 5 : 0, 5));
            Assert.Equal(TimeSpan.FromSeconds(second - 1), Read(second).Domains[0].Unchanged);
        }

        _watch.Accept(Recorded.Value(s_routes, Instruments.GracePeriods, 1, 6));
        Assert.Equal(TimeSpan.Zero, Read(5).Domains[0].Unchanged);
    }

    [Fact]
    public void A_new_session_goes_on_where_the_last_one_ended_and_drops_domains_that_are_gone()
    {
        Put(s_orders, (Instruments.Backlog, "block", 1));
        _watch.Accept(Recorded.Value(s_routes, Instruments.GracePeriods, 5, 100));
        Assert.Equal(2, Read(1).Domains.Count);

        _watch.Accept(Recorded.Value(s_routes, Instruments.GracePeriods, null, 130));
        DomainReading domain = Assert.Single(Read(4).Domains);
        Assert.Equal(10, domain.GracePeriodsPerSecond);

        _watch.Accept(Recorded.Value(s_routes, Instruments.GracePeriods, null, 130));
        Assert.Equal(TimeSpan.FromSeconds(1), Read(5).Domains[0].Unchanged);
    }

    [Fact]
    public void A_reader_stalls_its_domain_until_a_grace_period_ends()
    {
        Grace(0);
        _watch.Accept(Recorded.Stall(s_routes, at: 0.5, seconds: 3));
        Assert.Equal("slow-reader", Assert.Single(Read(1).Domains[0].StalledBy).Culprit);
        Grace(0);
        Assert.Single(Read(2).Domains[0].StalledBy);
        Grace(1);
        Assert.Empty(Read(3).Domains[0].StalledBy);
    }

    [Fact]
    public void A_grace_period_that_ended_before_the_stall_does_not_end_it()
    {
        Grace(8);
        _watch.Accept(Recorded.Stall(s_routes, at: 0.8, seconds: 0.2));
        Assert.Single(Read(1).Domains[0].StalledBy);
    }

    [Fact]
    public void A_callback_stalls_until_a_callback_returns_whatever_grace_periods_do()
    {
        Grace(1);
        _watch.Accept(Recorded.Stall(s_routes, at: 0.5, seconds: 3) with { Cause = StallCause.Reclaimer });
        Assert.Single(Read(1).Domains[0].StalledBy);
        Grace(1);
        _watch.Accept(Recorded.Value(s_routes, Instruments.CallbacksInvoked, 1, 1));
        Assert.Empty(Read(2).Domains[0].StalledBy);
    }

    [Fact]
    public void A_stall_that_is_reported_no_more_is_over_and_one_that_is_repeated_counts_once()
    {
        Grace(0);
        _watch.Accept(Recorded.Stall(s_routes, at: 0.5, seconds: 3));
        _watch.Accept(Recorded.Stall(s_routes, at: 0.6, seconds: 4, culprit: "another"));
        Assert.Equal(["slow-reader", "another"], Read(1).Domains[0].StalledBy.Select(stall => stall.Culprit));
        Grace(0);
        _watch.Accept(Recorded.Stall(s_routes, at: 9.5, seconds: 12));
        Assert.Equal([4, 12], Read(10).Domains[0].StalledBy.Select(stall => stall.Seconds));
        Grace(0);
        Assert.Equal(12, Assert.Single(Read(40).Domains[0].StalledBy).Seconds);
        Grace(0);
        Assert.Empty(Read(70).Domains[0].StalledBy);
    }

    [Fact]
    public void Reports_that_are_alike_are_one_and_new_ones_are_of_their_interval()
    {
        Put(s_orders, (Instruments.Backlog, "block", 1));
        for (int i = 0; i < 3; i++)
        {
            _watch.Accept(
                new Report(Recorded.Start.AddSeconds(i), ReportKind.CallbackFailed, s_orders, "System.Exception: no"));
        }

        _watch.Accept(new Report(Recorded.Start, ReportKind.CallbackFailed, s_routes, "System.Exception: no"));
        Reading reading = Read(3);
        Assert.Equal([3, 1], reading.Reports.Select(report => report.Count));
        Assert.Equal(Recorded.Start.AddSeconds(2), reading.Reports[0].Last.Time);
        Assert.Equal(4, reading.NewReports.Count);
        Reading next = Read(4);
        Assert.Equal(2, next.Reports.Count);
        Assert.Empty(next.NewReports);
    }

    [Fact]
    public void A_flood_of_reports_is_bounded()
    {
        for (int i = 0; i < 1_000; i++)
        {
            _watch.Accept(new Report(Recorded.Start, ReportKind.CallbackFailed, s_orders, $"System.Exception: {i}"));
        }

        Reading reading = Read(1);
        Assert.Equal(50, reading.Reports.Count);
        Assert.Equal("System.Exception: 999", reading.Reports[^1].Last.Text);
        Assert.Equal(50, reading.NewReports.Count);
    }

    private void Grace(double delta) => _watch.Accept(Recorded.Value(s_routes, Instruments.GracePeriods, delta, 100));

    private void Put(DomainKey domain, params (string Instrument, string? Part, double Value)[] values)
    {
        foreach ((string instrument, string? part, double value) in values)
        {
            _watch.Accept(Recorded.Value(domain, instrument, 0, value, part));
        }
    }

    private Reading Read(int end, int seconds = 1) =>
        Assert.IsType<Reading>(_watch.Accept(Recorded.Interval(end, seconds)));
}
