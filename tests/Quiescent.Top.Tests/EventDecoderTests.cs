using Quiescent.Top.Stream;

namespace Quiescent.Top.Tests;

public sealed class EventDecoderTests
{
    private const string Client = "8c0de2b4";

    private static readonly EventDecoder s_decoder = new(Client);

    [Fact]
    public void A_counter_has_its_domain_its_change_and_its_value()
    {
        CounterValue value = Decode<CounterValue>(Recorded.Counter(
            "quiescent.grace_periods", "quiescent.domain.id=3,quiescent.domain.name=routes", "100", "410"));
        Assert.Equal(new DomainKey(3, "routes"), value.Domain);
        Assert.Equal(
            ("quiescent.grace_periods", null, 100, 410), (value.Instrument, value.Part, value.Delta, value.Value));
    }

    [Fact]
    public void A_series_first_interval_has_no_change() =>
        Assert.Null(Decode<CounterValue>(Recorded.Counter(
            "quiescent.grace_periods", "quiescent.domain.id=3,quiescent.domain.name=routes", "", "410")).Delta);

    [Theory]
    [InlineData("quiescent.domain.id=3,quiescent.domain.name=routes,quiescent.item.kind=block", "routes", "block")]
    [InlineData(
        "quiescent.item.kind=callback,quiescent.domain.name=routes,quiescent.domain.id=3", "routes", "callback")]
    [InlineData("quiescent.domain.id=3,quiescent.domain.name=a,b=c,quiescent.slot.state=used", "a,b=c", "used")]
    [InlineData("quiescent.domain.id=3,quiescent.domain.name=", "", null)]
    public void Attributes_are_told_apart_though_names_hold_commas(string tags, string name, string? part)
    {
        CounterValue value =
            Decode<CounterValue>(Recorded.Counter("quiescent.backlog", tags, "0", "17", isUpDown: true));
        Assert.Equal((new DomainKey(3, name), part), (value.Domain, value.Part));
    }

    [Theory]
    [InlineData("")]
    [InlineData("quiescent.domain.name=routes")]
    [InlineData("quiescent.domain.id=first,quiescent.domain.name=routes")]
    public void A_series_without_a_domain_says_nothing(string tags) =>
        Assert.Null(s_decoder.Decode(Recorded.Counter("quiescent.backlog", tags, "0", "17")));

    [Theory]
    [InlineData(
        "0.5=0.00039958953857421875;0.95=0.0006;0.99=0.0006999969482421875",
        0.00039958953857421875,
        0.0006999969482421875)]
    [InlineData("0,5=0,0004;0,95=0,0006;0,99=1E-05", 0.0004, 0.00001)]
    [InlineData("", null, null)]
    [InlineData("0.5=NaN;0.99=soon", null, null)]
    public void Quantiles_are_read_in_any_culture(string quantiles, double? p50, double? p99)
    {
        DurationsValue durations =
            Decode<DurationsValue>(Recorded.Durations("quiescent.domain.id=3,quiescent.domain.name=routes", quantiles));
        Assert.Equal((p50, p99), (durations.P50, durations.P99));
    }

    [Fact]
    public void The_end_of_an_interval_says_how_long_it_was()
    {
        IntervalEnded interval = Decode<IntervalEnded>(Recorded.Metric(
            "Collection/Stop",
            ("intervalStartTime", Recorded.Start.AddSeconds(-2)),
            ("intervalEndTime", Recorded.Start)));
        Assert.Equal(TimeSpan.FromSeconds(2), interval.End - interval.Start);
        Assert.Equal(Recorded.Start, interval.End);
    }

    [Fact]
    public void Another_observers_figures_and_another_meters_are_not_ours()
    {
        RawEvent ours =
            Recorded.Counter("quiescent.grace_periods", "quiescent.domain.id=3,quiescent.domain.name=routes", "1", "1");
        Assert.NotNull(s_decoder.Decode(ours));
        Assert.Null(s_decoder.Decode(With(ours, "sessionId", "b5e1")));
        Assert.Null(s_decoder.Decode(With(ours, "meterName", "System.Runtime")));
        Assert.Null(s_decoder.Decode(ours with { Provider = "System.Runtime" }));
    }

    [Fact]
    public void The_limits_of_the_observer_that_was_first_are_taken_from_its_refusal()
    {
        RawEvent refusal = Recorded.Event(
            "System.Diagnostics.Metrics",
            "MultipleSessionsConfiguredIncorrectlyError",
            ("clientId", Client),
            ("expectedMaxHistograms", "20"),
            ("actualMaxHistograms", "10"),
            ("expectedMaxTimeSeries", "500"),
            ("actualMaxTimeSeries", "1000"),
            ("expectedRefreshInterval", "5"),
            ("actualRefreshInterval", "1"));
        Assert.Equal(new MetricLimits(TimeSpan.FromSeconds(5), 500, 20), Decode<Occupied>(refusal).Limits);
        Assert.Null(s_decoder.Decode(With(refusal, "clientId", "another")));
        Assert.Null(Decode<Occupied>(Recorded.Event(
            "System.Diagnostics.Metrics", "MultipleSessionsNotSupportedError", ("runningSessionId", "b5e1"))).Limits);
    }

    [Fact]
    public void A_stall_names_its_reader()
    {
        Report stall = Decode<Report>(Recorded.Report(
            "Stall",
            ("domainName", "routes"),
            ("domainId", 3L),
            ("kind", "Reader"),
            ("culprit", "slow-reader"),
            ("managedThreadId", 14),
            ("osThreadId", 4711L),
            ("seconds", 21.5),
            ("report", "rcu: INFO: domain 'routes' detected stall\n    report 1")));
        Assert.Equal(
            (ReportKind.Stall, StallCause.Reader, new DomainKey(3, "routes")), (stall.Kind, stall.Cause, stall.Domain));
        Assert.Equal(
            ("slow-reader", 14, 4711, 21.5), (stall.Culprit, stall.ManagedThreadId, stall.OsThreadId, stall.Seconds));
    }

    [Theory]
    [InlineData("BacklogOverLimit", "1200 wait, more than the limit of 1000")]
    [InlineData("BacklogUnderLimit", "1200 wait, below the limit of 1000 again")]
    [InlineData("CallbackFailed", "System.InvalidOperationException: no")]
    [InlineData("MisuseFound", "twice")]
    [InlineData("ReaderAbandoned", "twice")]
    public void Each_kind_of_report_has_a_text(string name, string text) => Assert.Equal(
        text,
        Decode<Report>(Recorded.Report(
            name,
            ("domainName", "routes"),
            ("domainId", 3L),
            ("waiting", 1200L),
            ("limit", 1000L),
            ("exceptionType", "System.InvalidOperationException"),
            ("message", "no"),
            ("report", "twice"))).Text);

    [Fact]
    public void Events_that_are_no_reports_say_nothing()
    {
        Assert.Null(s_decoder.Decode(Recorded.Report("GracePeriod/Stop", ("domainName", "routes"), ("domainId", 3L))));
        Assert.Null(s_decoder.Decode(Recorded.Report("0", ("domainName", "routes"), ("domainId", 3L))));
    }

    private static T Decode<T>(RawEvent raw)
        where T : TopMessage => Assert.IsType<T>(s_decoder.Decode(raw));

    private static RawEvent With(RawEvent raw, string name, object value) =>
        raw with
        {
            Payload = raw.Payload.ToDictionary(
                field => field.Key, field => field.Key == name ? value : field.Value),
        };
}
