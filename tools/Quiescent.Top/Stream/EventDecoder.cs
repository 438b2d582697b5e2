namespace Quiescent.Top.Stream;

// Decodes events into messages. Events of the runtime's metrics provider name their session: those of another
// observer's session are ignored.
internal sealed class EventDecoder(string client)
{
    public const string Meter = "Quiescent";
    public const string EventSource = "Quiescent";
    public const string MetricsProvider = "System.Diagnostics.Metrics";

    /// <summary>The one session of its metrics provider that several observers may have at a time.</summary>
    public const string SharedSession = "SHARED";

    /// <summary>Null for an event that says nothing about domains.</summary>
    public TopMessage? Decode(RawEvent raw) => raw.Provider switch
    {
        EventSource => DecodeReport(raw),
        MetricsProvider when raw.Name == "MultipleSessionsNotSupportedError" => new Occupied(raw.Time, null),
        MetricsProvider when raw.Name == "MultipleSessionsConfiguredIncorrectlyError" => DecodeOccupied(raw),
        MetricsProvider when raw.Text("sessionId") == SharedSession => DecodeMetric(raw),
        _ => null,
    };

    private static TopMessage? DecodeMetric(RawEvent raw) => raw.Name switch
    {
        "Collection/Stop" => new IntervalEnded(raw.Time, raw.When("intervalStartTime"), raw.When("intervalEndTime")),
        "InitialInstrumentEnumerationComplete" => new MetersListed(raw.Time),
        "TimeSeriesLimitReached" =>
            new Trouble(raw.Time, "the process has more series than the session may have: figures are missing"),
        "HistogramLimitReached" => new Trouble(
            raw.Time, "the process has more domains than the session may have histograms: durations are missing"),
        "Error" or "ObservableInstrumentCallbackError" => new Trouble(raw.Time, FirstLine(raw.Text("errorMessage"))),
        _ when raw.Text("meterName") != Meter => null,
        "BeginInstrumentReporting" => new MeterFound(raw.Time),
        "CounterRateValuePublished" or "UpDownCounterRateValuePublished" => DecodeCounter(raw),
        "HistogramValuePublished" => DecodeDurations(raw),
        _ => null,
    };

    private static CounterValue? DecodeCounter(RawEvent raw) =>
        SeriesTags.Parse(raw.Text("tags")) is var (domain, part) && Quantiles.Parse(raw.Text("value")) is { } value
            ? new CounterValue(
                raw.Time, raw.Text("instrumentName"), part, domain, Quantiles.Parse(raw.Text("rate")), value)
            : null;

    private static DurationsValue? DecodeDurations(RawEvent raw)
    {
        string quantiles = raw.Text("quantiles");
        return raw.Text("instrumentName") == Instruments.Durations
            && SeriesTags.Parse(raw.Text("tags")) is var (domain, _)
            ? new DurationsValue(raw.Time, domain, Quantiles.Find(quantiles, 0.5), Quantiles.Find(quantiles, 0.99))
            : null;
    }

    private Occupied? DecodeOccupied(RawEvent raw)
    {
        // The field's name has changed between versions of the runtime; its place has not.
        if (raw.Payload.Values.FirstOrDefault() as string != client)
        {
            return null;
        }

        return Quantiles.Parse(raw.Text("expectedRefreshInterval")) is { } seconds and > 0
            && int.TryParse(raw.Text("expectedMaxTimeSeries"), out int series)
            && int.TryParse(raw.Text("expectedMaxHistograms"), out int histograms)
                ? new Occupied(raw.Time, new MetricLimits(TimeSpan.FromSeconds(seconds), series, histograms))
                : new Occupied(raw.Time, null);
    }

    private static Report? DecodeReport(RawEvent raw)
    {
        DomainKey domain = new(raw.Number("domainId") ?? 0, raw.Text("domainName"));
        return Enum.TryParse(raw.Name, out ReportKind kind) && kind.ToString() == raw.Name
            ? new Report(raw.Time, kind, domain, TextOf(raw, kind))
            {
                Cause = raw.Text("kind") == nameof(StallCause.Reclaimer) ? StallCause.Reclaimer : StallCause.Reader,
                Culprit = raw.Payload.ContainsKey("culprit") ? raw.Text("culprit") : null,
                ManagedThreadId = (int?)raw.Number("managedThreadId"),
                OsThreadId = raw.Number("osThreadId"),
                Seconds = raw.Real("seconds"),
            }
            : null;
    }

    private static string TextOf(RawEvent raw, ReportKind kind) => kind switch
    {
        ReportKind.BacklogOverLimit => $"{raw.Number("waiting")} wait, more than the limit of {raw.Number("limit")}",
        ReportKind.BacklogUnderLimit => $"{raw.Number("waiting")} wait, below the limit of {raw.Number("limit")} again",
        ReportKind.CallbackFailed => $"{raw.Text("exceptionType")}: {raw.Text("message")}",
        _ => raw.Text("report"),
    };

    private static string FirstLine(string text) => text.Split('\n', 2)[0].TrimEnd();
}
