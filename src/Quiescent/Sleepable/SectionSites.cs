using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Validate;

namespace Quiescent.Sleepable;

// Under Validate: where each open sleepable section began, and where the last one under its ticket ended. Entries are
// kept by ticket, not by domain: the ticket is all that a lock released twice still knows. The entry of an ended
// section does not keep the section's code alive, so that the code can be unloaded.
internal sealed unsafe class SectionSites
{
    private readonly Dictionary<nint, Entry> _entries = [];
    private int _gate;

    public static SectionSites OfProcess { get; } = new();

    /// <summary>Records where a section begins. Its thread calls this before the section begins.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the record.</exception>
    public void Open(Ticket* ticket, ulong number)
    {
        FaultInjection.ThrowIfDue(FaultSite.Ledger);
        Entry entry = new(number, CallerSite.Capture(), Stopwatch.GetTimestamp(), ReleasedAt: null);
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        _entries[(nint)ticket] = entry;
    }

    /// <summary>Records where a section ends, before its ticket can be used anew. Cannot fail: without memory it
    /// records nothing.</summary>
    public void Close(Ticket* ticket, ulong number)
    {
        try
        {
            CallerSite site = CallerSite.Capture().WithoutFrames();
            using TryLock.Holder holder = TryLock.Hold(ref _gate);
            if (_entries.TryGetValue((nint)ticket, out Entry entry)
                && entry.Number == number
                && entry.ReleasedAt is null)
            {
                _entries[(nint)ticket] = entry with { EnteredAt = entry.EnteredAt.WithoutFrames(), ReleasedAt = site };
            }
        }
        catch (OutOfMemoryException)
        {
            // The section ends all the same.
        }
    }

    /// <summary>Finds the record of a section, unless a later one has begun under its ticket.</summary>
    public bool TryFind(Ticket* ticket, ulong number, out Entry entry)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        return _entries.TryGetValue((nint)ticket, out entry) && entry.Number == number;
    }

    internal readonly record struct Entry(
        ulong Number, CallerSite EnteredAt, long EnteredTimestamp, CallerSite? ReleasedAt);
}
