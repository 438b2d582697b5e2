using Quiescent.GracePeriods;
using Quiescent.Ordering;

namespace Quiescent.Diagnostics;

// The process's event source and meter, made with the first domain, on a thread of their own. Making them takes the
// runtime's lock of all event listeners and runs user code, since listeners see each new event source and instrument at
// once. So does the first use of the thread pool or of a shared array pool, which have event sources of their own. The
// thread that uses the library first must wait for none of this: it may hold a lock of the program's, or be in a type
// initializer, that a listener waits for.
internal static class Telemetry
{
    /// <summary>The name of both.</summary>
    public const string Name = "Quiescent";

    private const int ShortestPauseMilliseconds = 10;
    private const int LongestPauseMilliseconds = 1_000;

    private static int s_started;
    private static int s_isMade;
    private static QuiescentEvents? s_events;

    /// <summary>Null where there is none, or not yet.</summary>
    public static QuiescentEvents? Events => TelemetryListeners.HasEvents ? Order.Acquire(in s_events) : null;

    /// <summary>Whether both have been made, or cannot be.</summary>
    public static bool IsMade => Order.Acquire(in s_isMade) != 0;

    /// <summary>Has them made, the first time. Waits for nobody, and runs no user code. Without memory or a thread for
    /// it, the next call tries again.</summary>
    public static void Start()
    {
        if (!(TelemetryListeners.HasEvents || TelemetryListeners.HasMeters) || !TryLock.TryEnter(ref s_started))
        {
            return;
        }

        try
        {
            PlatformPools.Await();
            Threads.Start(Threads.Create(MakeInTime, "rcu telemetry"));
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            PlatformPools.AwaitNoMore();
            TryLock.Exit(ref s_started);
        }
    }

    // What runs out of memory on this thread must not end the process, nor leave it without telemetry. It is tried
    // again at growing intervals: while the heap is full, each exception is a burden on the runtime. A step that was
    // done before does nothing, or does no harm.
    private static void MakeInTime()
    {
        int pause = ShortestPauseMilliseconds;
        while (!IsMade)
        {
            try
            {
                Make();
            }
            catch (OutOfMemoryException)
            {
                Backoff.SleepUninterrupted(pause);
                pause = Math.Min(2 * pause, LongestPauseMilliseconds);
            }
        }
    }

    private static void Make()
    {
        if (TelemetryListeners.HasEvents)
        {
            AttemptInMemory(PlatformPools.Use);
            if (Order.Acquire(in s_events) is null)
            {
                AttemptInMemory(MakeEvents);
            }

            Order.Fence(); // An earlier copy that heard of a later one looked for the event source after it had heard.
            AttemptInMemory(AssemblyCopies.Tell);
        }

        if (TelemetryListeners.HasMeters)
        {
            AttemptInMemory(QuiescentMeter.Publish);
        }

        Order.Release(ref s_isMade, 1);
    }

    private static void MakeEvents()
    {
        FaultInjection.ThrowIfDue(FaultSite.Telemetry);
        QuiescentEvents events = new();
        Order.Release(ref s_events, events);
        TelemetryListeners.Add(events);
    }

    /// <summary>Runs an action that may run listeners.</summary>
    /// <exception cref="OutOfMemoryException">There was not enough memory, or a listener says so.</exception>
    public static void AttemptInMemory(Action tell)
    {
        try
        {
            tell();
        }
        catch (Exception thrown) when (thrown is not OutOfMemoryException)
        {
            Ignore(thrown);
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
