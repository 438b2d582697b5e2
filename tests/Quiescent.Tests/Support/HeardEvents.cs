using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using Quiescent.Diagnostics;

namespace Quiescent.Tests.Support;

// One event as a listener was told of it: its name, and its payload by name.
internal sealed record HeardEvent(string Name, EventLevel Level, EventKeywords Keywords, IReadOnlyDictionary<string, object?> Payload)
{
    public object? this[string name] => Payload[name];

    public string DomainName => (string)Payload["domainName"]!;

    public long Number => (long)Payload["number"]!;

    public double Seconds => (double)Payload["seconds"]!;
}

// Listens to the event source until it is disposed of, and keeps what domains of one name say. A test may do more at
// each event.
internal sealed class HeardEvents : EventListener
{
    private readonly ConcurrentQueue<HeardEvent> _heard = new();
    private readonly string _domain;
    private readonly Action<HeardEvent>? _then;

    public HeardEvents(
        string domain,
        EventKeywords keywords = EventKeywords.All,
        EventLevel level = EventLevel.Verbose,
        Action<HeardEvent>? then = null)
    {
        _domain = domain;
        _then = then;
        using (new RcuDomain())
        {
            Until.True(() => Telemetry.IsMade); // From here on there is an event source.
        }

        EnableEvents(EventSource.GetSources().Single(static source => source.Name == "Quiescent"), level, keywords);
    }

    public HeardEvent[] All => [.. _heard];

    public HeardEvent[] Of(string name) => [.. _heard.Where(heard => heard.Name == name)];

    /// <summary>Waits until so many of a name have been heard, and gives them.</summary>
    public HeardEvent[] Await(string name, int count = 1)
    {
        Until.True(() => Of(name).Length >= count);
        return Of(name);
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base class calls this for events that were enabled before the constructor's end.
        if (_heard is null || eventData.EventSource.Name != "Quiescent" || (string?)eventData.Payload?[0] != _domain)
        {
            return;
        }

        HeardEvent heard = new(
            eventData.EventName!,
            eventData.Level,
            eventData.Keywords,
            eventData.PayloadNames!.Zip(eventData.Payload!).ToDictionary(static pair => pair.First, static pair => pair.Second));
        _heard.Enqueue(heard);
        _then?.Invoke(heard);
    }
}
