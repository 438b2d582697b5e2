using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Runtime.InteropServices;
using Quiescent;

// Listeners that existed before the library was first used: one sees the event source, the other each instrument, on
// the thread that makes them. They use the library, and the second one throws.
internal sealed class Listening : EventListener
{
    private static readonly ManualResetEventSlim s_shown = new();
    private static int s_instruments;
    private static int s_stops;
    private static int s_durations;

    public static unsafe int Run()
    {
        using Listening events = new();
        using MeterListener rude = NewMeterListener(isRude: true);
        Rcu.Free(NativeMemory.Alloc(16));
        Rcu.Synchronize();
        Rcu.Barrier();
        Console.Write(Rcu.GetStatistics() is { BlocksFreed: 1 } ? "freed, " : "not freed, ");
        s_shown.Wait();
        while (Volatile.Read(ref s_instruments) < 14)
        {
            Thread.Yield();
        }

        // A listener that comes later sees all of them, and hears each.
        using MeterListener late = NewMeterListener(isRude: false);
        while (Volatile.Read(ref s_stops) == 0 || Volatile.Read(ref s_durations) == 0)
        {
            Rcu.Synchronize();
        }

        Console.Write("heard");
        return 0;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Quiescent")
        {
            EnableEvents(eventSource, EventLevel.Verbose);
            Rcu.Synchronize();
            s_shown.Set(); // The base library lets an exception here spoil the event source for all.
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
        Interlocked.Add(ref s_stops, eventData.EventName == "GracePeriodStop" ? 1 : 0);

    private static MeterListener NewMeterListener(bool isRude)
    {
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name != "Quiescent")
                {
                    return;
                }

                if (isRude)
                {
                    Interlocked.Increment(ref s_instruments);
                    Rcu.Synchronize();
                    throw new InvalidOperationException("on purpose");
                }

                listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => Interlocked.Increment(ref s_durations));
        listener.Start();
        return listener;
    }
}
