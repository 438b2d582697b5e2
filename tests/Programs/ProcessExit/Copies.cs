using System.Diagnostics.Tracing;
using System.Reflection;
using System.Runtime.Loader;
using Quiescent;

// A second copy of the library in a load context of its own, as a plug-in brings it.
internal sealed class Copies : EventListener
{
    private static readonly ManualResetEventSlim s_heard = new();
    private static string? s_said;

    public static int Run(bool validate)
    {
        using Copies listener = new();
        Rcu.Synchronize();
        Use(validate);
        if (!s_heard.Wait(TimeSpan.FromSeconds(60)))
        {
            Console.Write("not heard");
            return 1;
        }

        Console.Write(s_said);
        return 0;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Quiescent")
        {
            EnableEvents(eventSource, EventLevel.Warning);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        if (eventData.EventName == "OtherCopy")
        {
            s_said += (string)eventData.Payload![0]!;
            s_heard.Set();
        }
    }

    // Two domains, so that what is said twice is seen.
    private static void Use(bool validate)
    {
        AssemblyLoadContext context = new("plug-in");
        Assembly copy = context.LoadFromAssemblyPath(typeof(Rcu).Assembly.Location);
        Type options = copy.GetType("Quiescent.RcuDomainOptions")!;
        object given = Activator.CreateInstance(options)!;
        options.GetProperty("Validate")!.SetValue(given, validate);
        for (int i = 0; i < 2; i++)
        {
            ((IDisposable)Activator.CreateInstance(copy.GetType("Quiescent.RcuDomain")!, given)!).Dispose();
        }
    }
}
