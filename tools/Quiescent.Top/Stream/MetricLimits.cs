using System.Globalization;

namespace Quiescent.Top.Stream;

// What all observers of one process must ask for alike, since they share its one metrics session. By default what
// dotnet-counters asks for, so that both can look at the same time.
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
