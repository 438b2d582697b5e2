using System.Buffers;
using Quiescent.GracePeriods;
using Quiescent.Ordering;

namespace Quiescent.Diagnostics;

// The process's event source and meter, made with the first domain. Making them runs user code, since listeners see
// each new event source and instrument at once. So no thread waits until they are made, as it would for a static
// constructor, and what a listener throws spoils nothing.
internal static class Telemetry
{
    /// <summary>The name of both.</summary>
    public const string Name = "Quiescent";

    private static int s_started;
    private static QuiescentEvents? s_events;

    /// <summary>Null where there is none, or not yet.</summary>
    public static QuiescentEvents? Events => TelemetryListeners.HasEvents ? Order.Acquire(in s_events) : null;

    /// <summary>Makes them, the first time; with no lock held. Listeners may call anything.</summary>
    /// <param name="onPool">On a pool thread: the caller is a static constructor, which others wait for.</param>
    public static void Start(bool onPool)
    {
        if (onPool)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static _ => Start(), null);
        }
        else
        {
            Start();
        }
    }

    private static void Start()
    {
        if (!TryLock.TryEnter(ref s_started))
        {
            return;
        }

        if (TelemetryListeners.HasEvents)
        {
            Attempt(static () =>
            {
                // A report's text rents its buffer from the shared pool, whose event source a static constructor makes.
                // The runtime deadlocks if that first happens while another thread opens a session of events, so it
                // happens here.
                ArrayPool<char>.Shared.Return(ArrayPool<char>.Shared.Rent(1));
                QuiescentEvents events = new();
                Order.Release(ref s_events, events);
                TelemetryListeners.Add(events);
            });
        }

        if (TelemetryListeners.HasMeters)
        {
            Attempt(QuiescentMeter.Publish);
        }
    }

    /// <summary>Runs an action that may run listeners.</summary>
    public static void Attempt(Action tell)
    {
        try
        {
            tell();
        }
        catch (Exception thrown)
        {
            Ignore(thrown);
        }
    }

    /// <summary>What a listener, a handler or a console throws is its own affair. An interrupt is its thread's: it
    /// stays pending.</summary>
    public static void Ignore(Exception thrown)
    {
        if (thrown is ThreadInterruptedException)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}
