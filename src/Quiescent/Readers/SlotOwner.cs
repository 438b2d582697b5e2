using Quiescent.Ordering;
using Quiescent.Validate;

namespace Quiescent.Readers;

// The owner of a slot: the managed side of a thread's registration. Only the owning thread uses the list of registered
// readers and changes the ledger; others read the identity and, for reports, the ledger's entries. It does not refer to
// the table, so a thread that lives on keeps no domain that the program has dropped. The table's finalizer says here
// that the slot's memory is gone.
internal sealed class SlotOwner(SlotTable table, ThreadLife life)
{
    // Of the process, not of the owner: the memory of a dropped domain's slot may be another slot's by now, this
    // thread's or another one's. There a reader that was disposed of must not pass for one that is open: it would close
    // it, or open sections in its slot.
    private static long s_lastHandle;

    private readonly List<ulong> _handles = [];
    private int _gate;
    private int _isFreed;

    /// <summary>The thread, whose words may point to the slot until it has ended.</summary>
    public ThreadLife Life { get; } = life;

    /// <summary>All registrations of the thread, which are found by this one when the runtime has attached it
    /// again.</summary>
    public ThreadRegistrations? Registrations { get; set; }

    /// <summary>Sections in the order of their opening; only in a domain with Validate.</summary>
    public SectionLedger? Ledger { get; } = ValidateSwitch.IsSupported && table.Validate
        ? new SectionLedger(table.MayBlockInSections)
        : null;

    /// <summary>For reports; made on request, as a thread may be named late.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public ReaderIdentity Identify(int sections)
    {
        FaultInjection.ThrowIfDue(FaultSite.Report);
        return new ReaderIdentity(Life.Thread.Name, Life.Thread.ManagedThreadId, Life.OsThreadId)
        {
            Sections = sections,
            Entries = Ledger?.Entries() ?? [],
        };
    }

    /// <summary>For the report of a thread that ended inside a section.</summary>
    public AbandonedReader Abandoned { get; } = new();

    /// <summary>Whether the slot's memory is freed: its address may be another slot's by now.</summary>
    public bool IsFreed => Order.Acquire(in _isFreed) != 0;

    /// <summary>The table's memory is about to be freed. Waits for a thread that reads it just now.</summary>
    public void MarkFreed()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Order.Release(ref _isFreed, 1);
    }

    /// <summary>Whether the thread still needs its registration: unless the domain is gone, or disposed of with neither
    /// a section nor a registered reader of the thread open.</summary>
    public unsafe bool IsNeeded(ReaderSlot* slot)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        return _isFreed == 0
            && (Order.Acquire(in ReaderSlot.Untwinned(slot)->State->Closed) == 0 || ReaderHandles.IsAnyOpen(slot));
    }

    /// <summary>As <see cref="Section.HoldsUpGracePeriods"/>, in a domain that may be gone.</summary>
    public unsafe bool HoldsUpGracePeriods(ReaderSlot* slot)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        return _isFreed == 0 && Section.HoldsUpGracePeriods(slot);
    }

    public bool HasOneHandle => _handles.Count == 1;

    public ulong OpenHandle()
    {
        ulong handle = (ulong)Order.Increment(ref s_lastHandle) * ReaderFlags.FirstNumber;
        _handles.Add(handle);
        return handle;
    }

    public bool IsLive(ulong handle) => _handles.Contains(handle);

    public void CloseHandle(ulong handle) => _handles.Remove(handle);

    /// <summary>How many of the thread's open readers are an <see cref="OnlineReader"/>. With one the thread is
    /// online.</summary>
    public int OnlineReaders { get; set; }

    /// <summary>Whether the thread stays online after its last <see cref="OnlineReader"/>: it also called
    /// GoOnline.</summary>
    public bool StaysOnline { get; set; }

    public void CloseAll()
    {
        _handles.Clear();
        OnlineReaders = 0;
        StaysOnline = false;
        Ledger?.Clear();
    }

    /// <summary>The reader to give the fast path to after another was closed; 0 for none.</summary>
    public ulong AnyHandle => _handles.Count == 0 ? 0 : _handles[^1];
}
