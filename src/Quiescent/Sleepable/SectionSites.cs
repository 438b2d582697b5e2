using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Validate;

namespace Quiescent.Sleepable;

// Under Validate: where each open sleepable section began, and where the last one under its ticket ended. Entries are
// kept by ticket, not by domain: the ticket is all that a lock released twice still knows. The entry of an ended
// section does not keep the section's code alive, so that the code can be unloaded.
internal sealed unsafe class SectionSites
{
    private static SectionSites? s_ofProcess;

    private readonly AddressRanges<Record> _records = new();
    private int _gate;

    public static SectionSites OfProcess => Order.Acquire(in s_ofProcess) ?? Once.Keep(ref s_ofProcess, new());

    /// <summary>Records where a section begins. Its thread calls this before the section begins.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the record.</exception>
    public void Open(Ticket* ticket, ulong number)
    {
        if (!ValidateSwitch.IsSupported)
        {
            return; // Unreachable; lets the compiler drop the rest.
        }

        FaultInjection.ThrowIfDue(FaultSite.Ledger);
        Entry entry = new(number, CallerSite.Capture(), Stopwatch.GetTimestamp(), ReleasedAt: null);

        // Under no lock: it may fail, and lets first-chance handlers in (O8).
        Record? made = Find(ticket) is null ? new Record(ticket) : null;
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (made is not null)
        {
            _records.Add(made.Piece);
        }

        if (ticket->Number + 1 == number)
        {
            _records.Holding((nint)ticket)!.Entry = entry; // Else a first-chance handler has used the ticket meanwhile.
        }
    }

    /// <summary>Records where a section ends, before its ticket can be used anew. Cannot fail: without memory it
    /// records nothing.</summary>
    public void Close(Ticket* ticket, ulong number)
    {
        if (!ValidateSwitch.IsSupported)
        {
            return;
        }

        try
        {
            if (TryFind(ticket, number, out Entry entry) && entry.ReleasedAt is null)
            {
                CallerSite site = CallerSite.Capture().WithoutFrames();
                Replace(ticket, entry with { EnteredAt = entry.EnteredAt.WithoutFrames(), ReleasedAt = site });
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
        if (!ValidateSwitch.IsSupported)
        {
            entry = default;
            return false;
        }

        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        entry = _records.Holding((nint)ticket)?.Entry ?? default;
        return entry.EnteredAt is not null && entry.Number == number;
    }

    // Unless it has ended on another thread meanwhile.
    private void Replace(Ticket* ticket, Entry ended)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_records.Holding((nint)ticket) is { Entry.ReleasedAt: null } record && record.Entry.Number == ended.Number)
        {
            record.Entry = ended;
        }
    }

    private Record? Find(Ticket* ticket)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        return _records.Holding((nint)ticket);
    }

    private sealed class Record
    {
        public Record(Ticket* ticket) => Piece = new AddressRanges<Record>.Piece((nint)ticket, 1, this);

        public AddressRanges<Record>.Piece Piece { get; }

        public Entry Entry { get; set; }
    }

    internal readonly record struct Entry(
        ulong Number, CallerSite EnteredAt, long EnteredTimestamp, CallerSite? ReleasedAt);
}
