using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;
using Quiescent.Ordering;

namespace Quiescent.Diagnostics;

// Whether the process has another copy of this assembly, as when a plug-in's load context brings its own. Each copy is
// a world of its own: a grace period of one does not wait for readers of the other. The copy that comes later finds it
// out. Under Validate it prints so. Both copies write the event: of two event sources with one name listeners hear the
// one that was made first, whichever copy's that is.
//
// Of two copies whose first domains are made at the same time, each may miss the other.
internal static class AssemblyCopies
{
    private const string Key = "Quiescent.FirstCopy";

    private static Action<string>? s_tellFirst;
    private static string? s_report;
    private static int s_isKnown;
    private static int s_isPrinted;
    private static int s_isWritten;

    /// <summary>Makes this copy known to later ones, or finds an earlier one: with the first domain.</summary>
    /// <exception cref="OutOfMemoryException">The next domain tries again.</exception>
    public static void Register()
    {
        // Native code has each assembly once, and its compiler drops the rest. A project with PublishAot that runs
        // under the JIT is taken for native code too, and finds no other copy.
        if (!RuntimeFeature.IsDynamicCodeSupported || !TryLock.TryEnter(ref s_isKnown))
        {
            return;
        }

        try
        {
            string own = Name(typeof(AssemblyCopies).Assembly);
            if (AppContext.GetData(Key) is Tuple<string, Action<string>> first)
            {
                Order.Release(ref s_report, Describe(first.Item1, own));
                Order.Release(ref s_tellFirst, first.Item2);
            }
            else
            {
                AppContext.SetData(Key, Tuple.Create(own, (Action<string>)Hear));
            }
        }
        catch
        {
            TryLock.Exit(ref s_isKnown);
            throw;
        }
    }

    /// <summary>Prints what there is to say, once.</summary>
    public static void Print()
    {
        if (Order.Acquire(in s_tellFirst) is not null && TryLock.TryEnter(ref s_isPrinted))
        {
            Telemetry.Attempt(static () => Console.Error.WriteLine(s_report));
        }
    }

    /// <summary>Writes the event that is due, and has the first copy write it. May run listeners.</summary>
    public static void Tell()
    {
        if (Order.Acquire(in s_report) is { } report)
        {
            Write(report);
            Order.Acquire(in s_tellFirst)?.Invoke(report);
        }
    }

    // In the first copy. Without an event source yet, Tell() writes it when there is one.
    private static void Hear(string report)
    {
        Order.Release(ref s_report, report);
        Order.Fence(); // The thread that makes the event source stores that, then calls Tell().
        Write(report);
    }

    private static void Write(string report)
    {
        if (Telemetry.Events is { } events && TryLock.TryEnter(ref s_isWritten))
        {
            events.OtherCopy(report);
        }
    }

    private static string Describe(string first, string own) =>
        $"Two copies of Quiescent are loaded: {first} and {own}. A wait in one does not see the readers of the other. "
        + "Load the assembly once, into a context that both share.";

    // Strings alone, put together: formatting would use the shared array pool, which has an event source of its own.
    private static string Name(Assembly assembly) => string.Concat(
        assembly.GetName().Version?.ToString(),
        " in context '",
        AssemblyLoadContext.GetLoadContext(assembly)?.Name,
        "'");
}
