using System.Collections.Concurrent;
using Quiescent.Ordering;
using Quiescent.Reclamation;

namespace Quiescent.Diagnostics;

// Writes callbacks that threw to the standard error output, for a domain that validates and whose program has no
// handler. A callback that fails is often one of many alike, so each place is written once: where the callback was
// queued, and what kind of exception it threw. RcuStatistics.CallbacksFailed counts them all.
internal sealed class FailureLog(DomainCore core)
{
    // Code that is generated anew each time would make a place of its own each time.
    private const int MostPlaces = 256;

    private readonly ConcurrentDictionary<string, bool> _places = new();
    private int _count;

    public void Write(Exception thrown)
    {
        Describe(out string? callback, out string? queuedAt);
        string place = $"{queuedAt ?? callback}: {thrown.GetType()}";
        if (!_places.ContainsKey(place) && Order.Add(ref _count, 1) <= MostPlaces && _places.TryAdd(place, true))
        {
            Console.Error.WriteLine(ReportText.OfFailure(core.Options.Name, callback, queuedAt, thrown));
        }
    }

    // After a disposal the thread pool runs what came too late, and nobody records what it runs.
    private void Describe(out string? callback, out string? queuedAt)
    {
        (callback, queuedAt) = (null, null);
        if (core.Reclaimer.IsCurrentThread
            && core.Running.TryRead(out (nint Queue, long Position) running)
            && core.Running.TryDescribe(running, out string name, out queuedAt))
        {
            callback = name;
        }
    }
}
