using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Validation;
using static Quiescent.Ordering.Tuning;

namespace Quiescent.Reclamation;

// What producers, the reclaimer and barriers of one domain share.
internal sealed unsafe class QueueContext
{
    private readonly IDomainReports _reports;
    private long _callbacksFailed;

    public QueueContext(GracePeriodEngine engine, RcuDomainOptions options, IDomainReports reports)
    {
        _reports = reports;
        Engine = engine;
        Words = engine.Slots.Words;
        Backlog = new Backlog(options.BacklogLimit, options.BacklogPolicy);
        Ledger = engine.Slots.Validate ? BlockLedger.OfProcess : null;
        PageEntries = (int)Math.Clamp(options.BacklogLimit / PagesPerLimit, 1, Page.Entries);
        First = Page.Words - PageEntries;
        SharedSlot = Slots.Extend(owner: null);
    }

    public GracePeriodEngine Engine { get; }

    public SlotTable Slots => Engine.Slots;

    /// <summary>The table's, which this keeps; at hand for what every append reads.</summary>
    public DomainState* Words { get; }

    public PagePool Pool { get; } = new();

    /// <summary>Where the blocks of the domain's pools go.</summary>
    public BlockSinks Sinks { get; } = new();

    public Backlog Backlog { get; }

    /// <summary>What waits, under Validate; the process's.</summary>
    public BlockLedger? Ledger { get; }

    /// <summary>What user code the reclaimer runs.</summary>
    public RunningCallback Running { get; } = new();

    /// <summary>What validation has found and nobody has been told of yet.</summary>
    public Findings Findings { get; } = new();

    /// <summary>How many blocks a page takes.</summary>
    public int PageEntries { get; }

    /// <summary>Where a page's entries begin.</summary>
    public int First { get; }

    /// <summary>The domain's own slot: its queues take heads from threads for whose registration there is no memory.</summary>
    public ReaderSlot* SharedSlot { get; }

    public bool IsDisposed => (Order.Acquire(&Words->AppendFlags) & AppendFlags.Disposed) != 0;

    public long CallbacksFailed => Order.Acquire(in _callbacksFailed);

    public ThreadQueues* QueuesOf(int slot) => (ThreadQueues*)Slots[slot]->Queues;

    /// <summary>
    /// After disposal: gives the last pages back where no append can be under way, in the queues of ended threads and of this
    /// one. Other threads' last pages go with the slot table, since such a thread may be about to be told of the disposal.
    /// </summary>
    public void ReleasePages()
    {
        Slots.Retire();
        for (int i = Slots.End - 1; i >= 0; i--)
        {
            if (Slots.OwnerOf(i) is { } owner && owner.Thread != Thread.CurrentThread)
            {
                continue;
            }

            for (PageQueue* queue = &QueuesOf(i)->Blocks; queue != null; queue = ThreadQueues.Following(queue))
            {
                TryLock.Enter(ref queue->Lock);
                PageQueue.Release(queue, Pool, First);
                TryLock.Exit(ref queue->Lock);
            }
        }

        Pool.Trim();
    }

    /// <summary>Whether anything waits to be said by a thread that holds no lock.</summary>
    public bool HasReports => Engine.HasReports || Findings.Any || Backlog.HasCrossed;

    /// <summary>Counts and reports user code that threw; on the reclaimer, with no lock held.</summary>
    public void ReportFailure(Exception exception)
    {
        Order.Increment(ref _callbacksFailed);
        try
        {
            _reports.CallbackFailed(exception);
        }
        catch (OutOfMemoryException)
        {
            // Counted; there is no memory to say more.
        }
    }

    /// <summary>Reports what is due of readers, grace periods and the backlog; by a thread that waits, with no lock held, and whose wait a
    /// report must not end.</summary>
    public void ReportReaders()
    {
        try
        {
            _reports.ReportReaders();
        }
        catch (OutOfMemoryException)
        {
            // Counted; said the next time, unless memory ran out while it was being said.
        }
    }

    /// <summary>Reports a callback that does not return, if that is due; by whoever waits for it, with no lock held.</summary>
    /// <param name="onPool">Raise the event on a thread of the pool: the caller may be inside <c>Free</c> (O8).</param>
    public void ReportReclaimer(bool onPool)
    {
        try
        {
            _reports.ReportReclaimer(onPool);
        }
        catch (OutOfMemoryException)
        {
            // As above.
        }
    }
}

// What a domain tells its users; implemented by the domain.
internal interface IDomainReports
{
    void CallbackFailed(Exception exception);

    void ReportReaders();

    void ReportReclaimer(bool onPool);
}
