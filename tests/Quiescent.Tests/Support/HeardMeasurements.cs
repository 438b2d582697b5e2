using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Quiescent.Diagnostics;

namespace Quiescent.Tests.Support;

// One measurement, with its instrument and its attributes.
internal sealed record HeardMeasurement(Instrument Instrument, double Value, IReadOnlyDictionary<string, object?> Tags)
{
    public string Name => Instrument.Name;

    public string DomainName => (string)Tags["quiescent.domain.name"]!;

    public long DomainId => (long)Tags["quiescent.domain.id"]!;
}

// Listens to the meter until it is disposed of.
internal sealed class HeardMeasurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<HeardMeasurement> _heard = new();
    private readonly Action<HeardMeasurement>? _then;

    public HeardMeasurements(Func<Instrument, bool>? wanted = null, Action<HeardMeasurement>? then = null)
    {
        using (new RcuDomain())
        {
            Until.True(() => Telemetry.IsMade); // From here on there is a meter.
        }

        _then = then;
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name == "Quiescent" && wanted?.Invoke(instrument) != false)
            {
                Instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        _listener.Start();
    }

    public ConcurrentBag<Instrument> Instruments { get; } = [];

    /// <summary>What was recorded, and not collected.</summary>
    public HeardMeasurement[] All => [.. _heard];

    /// <summary>Collects all observable instruments once.</summary>
    public HeardMeasurement[] Collect()
    {
        _heard.Clear();
        _listener.RecordObservableInstruments();
        return All;
    }

    /// <summary>The sum of one collection of one instrument for the domains of a name, with an attribute or
    /// without.</summary>
    public double Collect(string instrument, string domain, string? tag = null) => Collect()
        .Where(one => one.Name == instrument && one.DomainName == domain && (tag is null || one.Tags.Values.Contains(tag)))
        .Sum(static one => one.Value);

    public void Dispose() => _listener.Dispose();

    private void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        HeardMeasurement heard = new(instrument, value, tags.ToArray().ToDictionary());
        _heard.Enqueue(heard);
        _then?.Invoke(heard);
    }
}
