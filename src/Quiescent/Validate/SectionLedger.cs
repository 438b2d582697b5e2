using System.Diagnostics;
using Quiescent.Ordering;

namespace Quiescent.Validate;

// Under Validate each section gets a number of its own. A guard that is disposed twice, copied or out of order is
// thereby found for certain, the free sections of an online reader are seen, and it is known where each section began.
// Numbers are never 0 and never the twin's constant word.
//
// Only the owning thread changes it. For reports, other threads read without a lock where the open sections began: the
// sections are a list, the innermost first, whose links never change.
internal sealed class SectionLedger(bool mayBlock = false)
{
    // A power of two.
    private const int Remembered = 16;

    // A section nested deeper than this takes the place of the section around it, since a stack walk costs as much as
    // the stack is deep.
    private const int MaxRecorded = 64;

    private readonly EndedSection[] _ended = new EndedSection[Remembered];
    private OpenSection? _innermost;
    private SectionEntry? _online;
    private ulong _last;
    private BlockingWatch? _watch;

    public bool HasOpenSection => _innermost is not null;

    /// <exception cref="OutOfMemoryException">There is no memory to record it; nothing has changed.</exception>
    public ulong Open(bool isFree)
    {
        int depth = (_innermost?.Depth ?? 0) + 1;
        SectionEntry entry = depth <= MaxRecorded ? SectionEntry.Here() : _innermost!.Entry;
        BlockingWatch? watch = _innermost is null && !mayBlock ? new BlockingWatch(entry.Site.ToString()) : null;
        OpenSection section = new(_last + 1, isFree, depth, entry, _innermost);
        FaultInjection.ThrowIfDue(FaultSite.Ledger);

        // From here on nothing fails.
        if (watch is not null)
        {
            _watch = watch;
            watch.Begin();
        }

        Order.Release(ref _innermost, section);
        return ++_last;
    }

    /// <summary>Ends the section if it is the only one, and opens the next in its place.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory to record it; nothing has changed.</exception>
    public bool TryRenew(ulong number, out ulong renewed)
    {
        renewed = number;
        if (_innermost is not { Outer: null, IsFree: false } only || only.Number != number)
        {
            return false;
        }

        OpenSection section = new(_last + 1, IsFree: false, only.Depth, SectionEntry.Here(), Outer: null);
        FaultInjection.ThrowIfDue(FaultSite.Ledger);
        Order.Release(ref _innermost, section);
        Remember(only);
        renewed = ++_last;
        return true;
    }

    /// <exception cref="OutOfMemoryException">There is no memory to record it; nothing has changed.</exception>
    public void GoOnline() => Order.Release(ref _online, SectionEntry.Here(isOnline: true));

    /// <summary>Restarts the time that the thread has been online without a quiescent state.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory to record it; nothing has changed.</exception>
    public void RecordQuiescentState() => Order.Release(ref _online, _online! with { At = Stopwatch.GetTimestamp() });

    public void GoOffline() => Order.Release(ref _online, null);

    /// <summary>Ends all sections, on their own thread.</summary>
    public void Clear()
    {
        Order.Release(ref _innermost, null);
        GoOffline();
        _watch?.End();
    }

    /// <summary>Closes the innermost section if it is this one. Cannot fail otherwise: without memory it does not
    /// record where.</summary>
    public bool TryClose(ulong number, out bool wasFree)
    {
        wasFree = false;
        if (_innermost is not { } innermost || innermost.Number != number)
        {
            return false;
        }

        wasFree = innermost.IsFree;
        Order.Release(ref _innermost, innermost.Outer);
        if (_innermost is null)
        {
            _watch?.End();
        }

        if (innermost.Depth <= MaxRecorded)
        {
            Remember(innermost);
        }

        return true;
    }

    /// <summary>As <see cref="TryClose"/>, if the innermost section is a free one.</summary>
    public bool TryCloseFree() =>
        _innermost is { IsFree: true } innermost && TryClose(innermost.Number, out _);

    /// <summary>Why <see cref="TryClose"/> refused: what became of the section with this number.</summary>
    public string Explain(ulong number)
    {
        OpenSection? inner = null;
        for (OpenSection? section = _innermost; section is not null; section = section.Outer)
        {
            if (section.Number == number)
            {
                return "A section inside of the guard's was entered and never left. "
                    + $"The guard's was {section.Entry}, the one inside {inner!.Entry}.";
            }

            inner = section;
        }

        EndedSection ended = _ended[number % Remembered];
        return ended.Number == number && number != 0
            ? $"It was disposed before. Its section was entered at {ended.EnteredAt} and ended at {ended.EndedAt}."
            : "It was disposed before, or is another thread's.";
    }

    /// <summary>Where and when the thread went online and its open sections began, the outermost first. Any thread may
    /// ask.</summary>
    public SectionEntry[] Entries()
    {
        List<SectionEntry> entries = [];
        for (OpenSection? section = Order.Acquire(ref _innermost); section is not null; section = section.Outer)
        {
            entries.Add(section.Entry);
        }

        if (Order.Acquire(ref _online) is { } online)
        {
            entries.Add(online);
        }

        entries.Reverse();
        return [.. entries];
    }

    // As text: a CallerSite would keep code loaded that its module's owner wants to unload.
    private void Remember(OpenSection section)
    {
        try
        {
            _ended[section.Number % Remembered] =
                new EndedSection(section.Number, section.Entry.Site.ToString(), CallerSite.Capture().ToString());
        }
        catch (OutOfMemoryException)
        {
            // A section ends all the same.
        }
    }

    private sealed record OpenSection(ulong Number, bool IsFree, int Depth, SectionEntry Entry, OpenSection? Outer);

    private readonly record struct EndedSection(ulong Number, string EnteredAt, string EndedAt);
}
