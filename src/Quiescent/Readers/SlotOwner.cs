using Quiescent.Ordering;
using Quiescent.Validate;

namespace Quiescent.Readers;

// The owner of a slot: the managed side of a thread's registration. Only the owning thread uses the list of registered
// readers and changes the ledger; others read the identity and, for reports, the ledger's entries. It keeps the table's
// native memory alive for as long as the thread may hold a guard or a registered reader (O5: slot visible before use).
internal sealed class SlotOwner(SlotTable table, ThreadLife life)
{
    private readonly List<ulong> _handles = [];
    private ulong _lastHandle;

    public SlotTable Table { get; } = table;

    /// <summary>The thread, whose words may point to the slot until it has ended.</summary>
    public ThreadLife Life { get; } = life;

    /// <summary>All registrations of the thread, which are found by this one when the runtime has attached it
    /// again.</summary>
    public ThreadRegistrations? Registrations { get; set; }

    /// <summary>Sections in the order of their opening; only in a domain with Validate.</summary>
    public SectionLedger? Ledger { get; } = table.Validate ? new SectionLedger() : null;

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

    /// <summary>The thread has dropped its registration in a disposed domain.</summary>
    public bool IsForgotten { get; set; }

    public bool HasHandles => _handles.Count != 0;

    public bool HasOneHandle => _handles.Count == 1;

    public ulong OpenHandle()
    {
        _lastHandle += ReaderFlags.FirstNumber;
        _handles.Add(_lastHandle);
        return _lastHandle;
    }

    public bool IsLive(ulong handle) => _handles.Contains(handle);

    public void CloseHandle(ulong handle) => _handles.Remove(handle);

    public void CloseAll()
    {
        _handles.Clear();
        Ledger?.Clear();
    }

    /// <summary>The reader to give the fast path to after another was closed; 0 for none.</summary>
    public ulong AnyHandle => _handles.Count == 0 ? 0 : _handles[^1];
}
