using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Reflection;
using Quiescent;

// There is no memory for parts of the library's telemetry at first, time and again; nor has one of its listeners any.
internal sealed class ScarceTelemetry : EventListener
{
    private static readonly ConcurrentQueue<string> s_instruments = new();
    private static int s_asked;
    private static int s_sources;

    public static int Run()
    {
        AppContext.SetSwitch("Quiescent.FaultInjection", true);
        Assembly library = typeof(Rcu).Assembly;
        Type sites = library.GetType("Quiescent.Ordering.FaultSite")!;
        PropertyInfo decide = library.GetType("Quiescent.Ordering.FaultInjection")!.GetProperty("Decide")!;
        MethodInfo isDue = typeof(ScarceTelemetry)
            .GetMethod(nameof(IsDue), BindingFlags.Static | BindingFlags.NonPublic)!
            .MakeGenericMethod(sites);
        decide.SetValue(null, isDue.CreateDelegate(decide.PropertyType));
        using ScarceTelemetry events = new();
        using MeterListener instruments = new()
        {
            InstrumentPublished = static (instrument, _) =>
            {
                if (instrument.Meter.Name == "Quiescent")
                {
                    s_instruments.Enqueue(instrument.Name);
                    if (s_instruments.Count <= 3)
                    {
                        throw new InsufficientMemoryException("a listener's own");
                    }
                }
            },
        };
        instruments.Start();
        Rcu.Synchronize();
        Await();
        string[] seen = [.. s_instruments];
        Console.Write($"sources {s_sources}, instruments twice {seen.Length - seen.Distinct().Count()}, ");
        Console.Write($"to the last {seen.Contains("quiescent.sections.open")}, ");
        Console.Write($"pools {Is("Quiescent.Ordering.PlatformPools", "AreUsed")}");
        return 0;
    }

    /// <summary>Waits until all of the telemetry has been made.</summary>
    public static void Await()
    {
        while (!Is("Quiescent.Diagnostics.Telemetry", "IsMade"))
        {
            Thread.Yield();
        }
    }

    protected override void OnEventSourceCreated(EventSource eventSource) =>
        Interlocked.Add(ref s_sources, eventSource.Name == "Quiescent" ? 1 : 0);

    private static bool Is(string type, string property) =>
        (bool)typeof(Rcu).Assembly.GetType(type)!.GetProperty(property)!.GetValue(null)!;

    // On the one thread that makes them.
    private static bool IsDue<TSite>(TSite site) => site!.ToString() == "Telemetry" && s_asked++ is (0 or 2 or 5 or 9);
}
