using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Validate;

namespace Quiescent.Sleepable;

// Under Validate: where each open sleepable section began, and where the last one under its ticket ended. Kept by
// ticket and not by domain, as that is all that a lock released twice still knows. What is kept of an ended section
// does not keep its code, which may be unloaded.
internal sealed unsafe class SectionSites
{
    private readonly Dictionary<nint, Entry> _entries = [];
    private int _gate;

    public static SectionSites OfProcess { get; } = new();

    /// <summary>Notes that a section begins, called by its thread before it does.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory to note it.</exception>
    public void Open(Ticket* ticket, ulong number)
    {
        FaultInjection.ThrowIfDue(FaultSite.Ledger);
        Entry entry = new(number, CallerSite.Capture(), Stopwatch.GetTimestamp(), ReleasedAt: null);
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        _entries[(nint)ticket] = entry;
    }

    /// <summary>Notes that a section ends, before its ticket can be used anew. Cannot fail: without memory it goes
    /// unnoted.</summary>
    public void Close(Ticket* ticket, ulong number)
    {
        try
        {
            CallerSite site = CallerSite.Capture().WithoutFrames();
            using TryLock.Holder holder = TryLock.Hold(ref _gate);
            if (_entries.TryGetValue((nint)ticket, out Entry entry) && entry.Number == number && entry.ReleasedAt is null)
            {
                _entries[(nint)ticket] = entry with { EnteredAt = entry.EnteredAt.WithoutFrames(), ReleasedAt = site };
            }
        }
        catch (OutOfMemoryException)
        {
            // The section ends all the same.
        }
    }

    /// <summary>What is known of a section, if no later one has begun under its ticket.</summary>
    public bool TryFind(Ticket* ticket, ulong number, out Entry entry)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        return _entries.TryGetValue((nint)ticket, out entry) && entry.Number == number;
    }

    internal readonly record struct Entry(ulong Number, CallerSite EnteredAt, long EnteredTimestamp, CallerSite? ReleasedAt);
}
