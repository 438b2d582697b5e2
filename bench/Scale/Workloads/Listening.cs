using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Peers;
using Quiescent.Scale.Workloads.Flooding;

namespace Quiescent.Scale.Workloads;

// L: what it costs that somebody listens to the library's meter, or to its events, all of them.
internal static class Listening
{
    private const string Source = "Quiescent";
    private const string Nobody = "no listener";

    public static IEnumerable<Contest> Contests()
    {
        yield return new(
            "L/section", "section, dereference and one field, while somebody listens; 1 thread", Unit.Nanoseconds,
            [.. Contestants(ReadLoop.Of<Called<Guard, Nothing>, Nothing>(Nobody, Side.Ours, threads: 1))]);
        yield return new("L/flood", "flood, head-less, while somebody listens; 1 updater", Unit.MillionsPerSecond,
            [.. Contestants(Floods.FreeingHeadLess(Nobody, new FloodShape(Updaters: 1, Readers: 0)))]);
    }

    private static IEnumerable<Contestant> Contestants(Contestant unheard) =>
    [
        unheard,
        Heard<MeterEar>(unheard, "MeterListener.Start()"),
        Heard<EventEar>(unheard, "EventListener.EnableEvents()"),
    ];

    private static Contestant Heard<TEar>(Contestant unheard, string name)
        where TEar : IEar, new() => unheard with
        {
            Name = name,
            Measure = length =>
            {
                using TEar ear = new();
                Reading reading = unheard.Measure(length);
                long heard = ear.Stop();
                return reading with { Details = [new("heard", heard)] };
            },
        };

    private interface IEar : IDisposable
    {
        /// <summary>How much was heard.</summary>
        long Stop();
    }

    // Asks for what is observed once, at the end, as an exporter does once in some seconds.
    private sealed class MeterEar : IEar
    {
        private readonly MeterListener _listener = new();
        private long _heard;

        public MeterEar()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == Source)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref _heard));
            _listener.SetMeasurementEventCallback<long>((_, _, _, _) => Interlocked.Increment(ref _heard));
            _listener.Start();
        }

        public long Stop()
        {
            _listener.RecordObservableInstruments();
            return Interlocked.Read(ref _heard) is > 0 and var heard
                ? heard
                : throw new InvalidOperationException("no measurement was heard");
        }

        public void Dispose() => _listener.Dispose();
    }

    private sealed class EventEar : EventListener, IEar
    {
        private bool _isListening;
        private long _heard;

        public long Stop() => _isListening ? Interlocked.Read(ref _heard) : throw new InvalidOperationException(
            "there is no source of events");

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == Source)
            {
                EnableEvents(eventSource, EventLevel.Verbose, EventKeywords.All);
                _isListening = true;
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) => Interlocked.Increment(ref _heard);
    }
}
