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

    private Place? _newest;

    public void Write(Exception thrown)
    {
        Describe(out string? callback, out string? queuedAt);
        if (TryAdd($"{queuedAt ?? callback}: {thrown.GetType()}"))
        {
            Console.Error.WriteLine(ReportText.OfFailure(core.Options.Name, callback, queuedAt, thrown));
        }
    }

    // Whether the place is new, and there is room for it.
    private bool TryAdd(string text)
    {
        while (true)
        {
            Place? newest = Order.Acquire(ref _newest);
            if (newest?.Count >= MostPlaces || IsKnown(text, newest))
            {
                return false;
            }

            if (Order.CompareExchange(ref _newest, new Place(text, newest), newest) == newest)
            {
                return true;
            }
        }
    }

    private static bool IsKnown(string text, Place? newest)
    {
        for (Place? place = newest; place is not null; place = place.Older)
        {
            if (place.Text == text)
            {
                return true;
            }
        }

        return false;
    }

    // After a disposal another thread runs what came too late, and nobody records what it runs.
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

    private sealed class Place(string text, Place? older)
    {
        public string Text => text;

        public Place? Older => older;

        public int Count { get; } = (older?.Count ?? 0) + 1;
    }
}
