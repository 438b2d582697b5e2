using Microsoft.Diagnostics.Tracing;

namespace Quiescent.Top.Stream;

// One event as received, independent of the library that read it. TraceEvent writes the name of XStop as X/Stop.
internal sealed record RawEvent(
    string Provider, string Name, DateTime Time, IReadOnlyDictionary<string, object?> Payload)
{
    public static RawEvent Of(TraceEvent traced)
    {
        Dictionary<string, object?> payload = [];
        string[] names = traced.PayloadNames;
        for (int i = 0; i < names.Length; i++)
        {
            payload[names[i]] = traced.PayloadValue(i);
        }

        return new RawEvent(traced.ProviderName, traced.EventName, traced.TimeStamp.ToUniversalTime(), payload);
    }

    public string Text(string name) => Payload.GetValueOrDefault(name)?.ToString() ?? "";

    public long? Number(string name) =>
        Payload.GetValueOrDefault(name) is IConvertible number and not string ? number.ToInt64(null) : null;

    public double? Real(string name) =>
        Payload.GetValueOrDefault(name) is IConvertible number and not string ? number.ToDouble(null) : null;

    public DateTime When(string name) =>
        Payload.GetValueOrDefault(name) is DateTime time ? time.ToUniversalTime() : Time;
}
