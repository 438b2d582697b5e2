using System.Globalization;

namespace Quiescent.Top.Stream;

// The limits that all observers of one process must request alike, because they share its one metrics session. The
// defaults are those of dotnet-counters, so that both can observe at the same time.
internal sealed record MetricLimits(TimeSpan Interval, int TimeSeries = 1000, int Histograms = 10)
{
    public Dictionary<string, string> ToArguments(string client) => new()
    {
        ["SessionId"] = EventDecoder.SharedSession,
        ["ClientId"] = client,
        ["Metrics"] = EventDecoder.Meter,
        ["RefreshInterval"] = Interval.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        ["MaxTimeSeries"] = TimeSeries.ToString(CultureInfo.InvariantCulture),
        ["MaxHistograms"] = Histograms.ToString(CultureInfo.InvariantCulture),
    };
}
