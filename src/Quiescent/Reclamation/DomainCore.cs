using System.Diagnostics.CodeAnalysis;
using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Validate;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// One domain behind its face: the engine that ends grace periods, the queues of what waits for one, the threads that
// empty them, and the disposal of it all. A class that needs more than one of these takes the core.
//
// O11 (disposal)  BeginClose() sets Disposed and sends all appends to the slow path (Listing.UnlistAll). Close() then
//     issues the process-wide barrier [F] and empties the queues. It finds what an append stored before its thread's
//     share of the barrier; an append that comes later sees Disposed and is withdrawn (Producer.cs, [D]). Each step of
//     Close() may be repeated, as happens after a failed allocation.
//
// Checked by: DisposalTests, DisposeRaceTests, WithdrawalTests; systematic DisposalTests; mutants O11.
internal sealed unsafe partial class DomainCore : IStrictCore
{
    private static long s_lastId;

    private readonly StrictGracePeriods? _strict;
    private readonly string _typeName;
    private readonly Action _reportReaders;
    private long _callbacksFailed;
    private string? _waitingLock;

    /// <summary>A domain whose readers are those that the engine waits for.</summary>
    /// <param name="typeName">The name of its face's type, for exceptions.</param>
    /// <param name="options">How the domain behaves.</param>
    /// <param name="engine">Makes its engine over the table of its threads' slots.</param>
    /// <param name="remember">Called with the slot of each thread that registers; null for nothing.</param>
    /// <param name="reports">Makes the one path of its reports.</param>
    public DomainCore(
        string typeName,
        RcuDomainOptions options,
        Func<SlotTable, GracePeriodEngine> engine,
        delegate*<ReaderSlot*, void> remember,
        Func<DomainCore, IDomainReports> reports)
    {
        HeadWord.RequirePlatform();
        ProcessEnd.Watch();
        _typeName = typeName;
        Options = options;
        bool fullFence = options.ReadSideBarrier == ReadSideBarrier.Full || !ProcessWideBarrier.IsReliable;
        bool validate = ValidateSwitch.IsSupported && (options.Validate || ValidateSwitch.IsOnForAll);
        PagePool pages = new();
        Slots = new SlotTable(ThreadQueues.Bytes, pages, fullFence, validate)
        {
            MayBlockInSections = options.MayBlockInSections,
            IsStrict = ValidateSwitch.IsSupported && options.StrictGracePeriod,
        };
        Id = Order.Increment(ref s_lastId);
        _strict = Slots.IsStrict ? new StrictGracePeriods(this) : null;
        Slots.BelongTo(this, Id);
        State = Slots.State;
        Engine = engine(Slots);
        Registrar = new Registrar(Id, Engine, remember);
        Backlog = new Backlog(options);
        Queues = new QueueContext(
            Engine,
            pages,
            ValidateSwitch.IsSupported && Slots.Validate ? BlockLedger.OfProcess : null,
            (int)Math.Clamp(options.BacklogLimit / PagesPerLimit, 1, Page.Entries),
            Backlog.Bytes);
        if (Queues.HeadsPerStep < HeadsBetweenCollections)
        {
            Order.Or(ref State->AppendFlags, AppendFlags.SmallLimit);
        }

        SharedSlot = Slots.Extend(owner: null);
        Listing = new Listing(this);
        Reclaimer = new Reclaimer(this);
        Collector = new OwnerCollector(this);
        BackPressure = new BackPressure(this);
        Producer = new Producer(this);
        AfterDisposal = new AfterDisposal(this);
        Disposal = new DomainDisposal(this);
        Reports = reports(this);
        _reportReaders = Reports.ReportReaders;
    }

    public RcuDomainOptions Options { get; }

    public long Id { get; }

    public SlotTable Slots { get; }

    /// <summary>The state that the table owns, which this keeps alive; at hand for what every append reads.</summary>
    public DomainState* State { get; }

    public GracePeriodEngine Engine { get; }

    public Registrar Registrar { get; }

    public QueueContext Queues { get; }

    /// <summary>The domain's own slot: its queues take heads from threads that cannot register for lack of memory, and
    /// from callers that must not (the finalizer's thread, a pool that gives back a slab).</summary>
    public ReaderSlot* SharedSlot { get; }

    /// <summary>The slots that collectors look at.</summary>
    public Listing Listing { get; }

    /// <summary>Where the blocks of the domain's pools go.</summary>
    public BlockSinks Sinks { get; } = new();

    public Backlog Backlog { get; }

    /// <summary>The threads that wait at barriers.</summary>
    public WaitLine BarrierLine { get; } = new();

    /// <summary>The threads that wait until the backlog has fallen below its limit.</summary>
    public WaitLine BacklogLine { get; } = new();

    /// <summary>The user code that the reclaimer runs.</summary>
    public RunningCallback Running { get; } = new();

    /// <summary>The asynchronous callbacks that have begun and are not done.</summary>
    public PendingCallbacks Pending { get; } = new();

    /// <summary>Who disposes of the domain.</summary>
    public DomainDisposal Disposal { get; }

    /// <summary>What validation has found and nobody has reported yet.</summary>
    public Findings Findings { get; } = new();

    public Reclaimer Reclaimer { get; }

    public OwnerCollector Collector { get; }

    public BackPressure BackPressure { get; }

    public Producer Producer { get; }

    public AfterDisposal AfterDisposal { get; }

    public IDomainReports Reports { get; }

    public bool IsDisposed
    {
        get
        {
            int flags = Order.Acquire(&State->AppendFlags);
            GC.KeepAlive(this);
            return (flags & AppendFlags.Disposed) != 0;
        }
    }

    /// <summary>Callbacks and user deallocators that threw.</summary>
    public long CallbacksFailed => Order.Acquire(in _callbacksFailed);

    /// <summary>The name of a reader-writer lock whose writer waits long for this domain's readers.</summary>
    public string? WaitingLock => Order.Acquire(in _waitingLock) ?? Reclaimer.Waiters.FindLock();

    /// <summary>Whether anything waits to be reported by a thread that holds no lock.</summary>
    public bool HasReports => Engine.HasReports || Findings.Any || Backlog.HasCrossed;

    /// <summary>Whether this thread's wait for a grace period of the domain would wait for itself: inside a section,
    /// online, or in a callback.</summary>
    public bool IsEntangled => Reclaimer.IsCurrentThread || Section.HoldsUpGracePeriods(Registrar.Known);

    public ThreadQueues* QueuesOf(int slot) => (ThreadQueues*)Slots[slot]->Queues;

    /// <summary>Waits for the grace period and reports what is due meanwhile.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it slept; nothing is
    /// lost.</exception>
    public void WaitFor(ulong target) => GracePeriodWait.For(Engine, target, _reportReaders);

    /// <summary>A thread that writes under the lock waits for readers, and has done so for some time. Of several the
    /// last one is remembered: each says so again and again.</summary>
    public void BeginWaitOfLock(string name) => Order.Release(ref _waitingLock, name);

    /// <summary>It does so no longer.</summary>
    public void EndWaitOfLock(string name) => Order.CompareExchange(ref _waitingLock, null, name);

    /// <summary>Returns when the grace period has passed, without blocking a thread. Continuations run on the thread
    /// pool.</summary>
    /// <exception cref="OutOfMemoryException">It would have to wait, and the reclaimer cannot be started.</exception>
    public ValueTask SynchronizeAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        ulong target = Engine.NextTarget();
        if (Engine.TryAdvance(target))
        {
            Reports.ReportReaders();
            return ValueTask.CompletedTask;
        }

        return new ValueTask(Reclaimer.WaitAsync(target, cancellationToken));
    }

    /// <inheritdoc/>
    void IStrictCore.AfterSection() => _strict?.AfterSection();

    /// <summary>As <see cref="GracePeriodEngine.TryAdvance"/>, for a caller that must not run listeners (O8), and after
    /// which perhaps nobody waits.</summary>
    public bool TryAdvanceQuietly(ulong target)
    {
        bool hasCompleted = Engine.TryAdvance(target);
        Reports.ReportGracePeriodsOnPool();
        return hasCompleted;
    }

    /// <summary>Counts and reports user code that threw; on the reclaimer, with no lock held.</summary>
    public void ReportFailure(Exception exception)
    {
        Order.Increment(ref _callbacksFailed);
        Reports.ReportFailure(exception);
    }

    /// <summary>Queues the head of a managed callback, made beforehand. Cannot fail: in a disposed domain, whose
    /// sections may still be open, the thread pool waits for the grace period and runs the callback.</summary>
    /// <param name="head">The head.</param>
    /// <param name="isFinalizing">Whether the caller is the finalizer's thread, which must neither register nor
    /// wait.</param>
    public void QueueRelease(RcuHead* head, bool isFinalizing = false)
    {
        try
        {
            if (isFinalizing)
            {
                Producer.PushShared(head, ManagedCallback.Function);
            }
            else
            {
                Producer.PushBeyondFast(null, head, ManagedCallback.Function); // Looks for the slot, and cannot fail.
            }
        }
        catch (ObjectDisposedException)
        {
            AfterDisposal.Add(head);
        }
    }

    /// <summary>From here on the domain takes nothing more. May be called again.</summary>
    public void BeginClose()
    {
        AfterDisposal.Prepare();
        Order.Or(ref State->AppendFlags, AppendFlags.Disposed); // [V] partner: [T] in Listing.cs; outcomes there, O11.
        Listing.UnlistAll();
        Order.Release(ref State->Closed, 1);
        Sinks.MarkDomainDisposed();
    }

    /// <summary>Closes the domain, empties its queues and ends its thread. May be called again.</summary>
    /// <exception cref="OutOfMemoryException">The domain is closed and loses nothing, but is not done yet.</exception>
    public void Close()
    {
        BeginClose();
        Order.FenceAllThreads(); // [F] partner: [D] in Reclamation/Producer.cs; outcomes in Listing.cs at O11.
        if (!BarrierWait.TryUntilNothingWaits(this) || !Reclaimer.TryStop())
        {
            return; // The process is exiting. What waits, and the memory that readers may see, ends with it.
        }

        Engine.Sweep();
        ReleasePages();
        if (ValidateSwitch.IsSupported)
        {
            Quarantine.OfProcess.ReleaseAll(Findings);
            WaitOrder.Forget(Id);
        }

        Reports.ReportReaders();
    }

    /// <summary>The exception of a call into the disposed domain.</summary>
    public ObjectDisposedException Disposed() => new(_typeName, $"The rcu domain '{Options.Name}' is disposed.");

    [DoesNotReturn]
    public void ThrowDisposed() => throw Disposed();

    public void ThrowIfDisposed()
    {
        if (IsDisposed)
        {
            ThrowDisposed();
        }
    }

    /// <exception cref="InvalidOperationException">This thread would wait for itself.</exception>
    public void RequireMayWait(string operation)
    {
        ReaderSlot* slot = Registrar.Known;
        if (Section.HoldsUpGracePeriods(slot))
        {
            throw new InvalidOperationException(
                $"{operation} was called inside a read-side critical section of the domain, or online: "
                + "it would wait for itself."
                + Section.DescribeOpen(slot));
        }

        if (Engine.Stepping.IsCurrentThread)
        {
            throw new InvalidOperationException(
                $"{operation} was called by the thread that steps the domain: it would wait for its own next step.");
        }

        if (Reclaimer.IsCurrentThread)
        {
            throw new InvalidOperationException(
                $"{operation} was called from a callback of the domain: it would wait for its own return.");
        }

        if (ValidateSwitch.IsSupported && Slots.Validate)
        {
            CheckWaitOrder(operation);
        }

        GC.KeepAlive(this);
    }

    private void CheckWaitOrder(string operation)
    {
        foreach ((long domain, SlotOwner owner) in ThreadRegistrations.HoldingUpGracePeriods())
        {
            string enteredAt = owner.Ledger?.Entries() is [SectionEntry outermost, ..]
                ? outermost.ToString()
                : "(not recorded: its domain has no Validate)";
            WaitOrder.Check(new(domain, enteredAt, Id, Options.Name, operation, CallerSite.Capture().ToString()));
        }
    }

    // Gives the last pages back where no append can be under way: in the queues of ended threads and of this one.
    // Another thread may be just about to find the domain disposed, so its last page goes with the slot table.
    private void ReleasePages()
    {
        Slots.Retire();
        for (int i = Slots.End - 1; i >= 0; i--)
        {
            if (Slots.OwnerOf(i) is { Life.IsCurrent: false })
            {
                continue;
            }

            for (PageQueue* queue = &QueuesOf(i)->Blocks; queue != null; queue = queue->Following)
            {
                TryLock.Enter(ref queue->Lock);
                queue->ReleasePages(Queues);
                TryLock.Exit(ref queue->Lock);
            }
        }

        Queues.Pages.Trim();
    }
}

// What a domain reports to its users. None of these throws; each is called with no lock held.
internal interface IDomainReports
{
    /// <summary>A callback or user deallocator threw; on the reclaimer.</summary>
    void ReportFailure(Exception exception);

    /// <summary>Reports what is due about readers, grace periods and the backlog; on a thread that waits.</summary>
    void ReportReaders();

    /// <summary>Reports a callback that does not return, if that is due; on a thread that waits for it.</summary>
    /// <param name="onPool">Raise the event on a pool thread: callers inside <c>Free</c> must not run listeners
    /// (O8).</param>
    void ReportCallback(bool onPool);

    /// <summary>Reports a writer that does not leave its lock; on a pool thread.</summary>
    void ReportWriter(WriterStall stall);

    /// <summary>Has a pool thread write the events of grace periods that ended here: the caller must not run listeners
    /// (O8), and perhaps nobody waits after it.</summary>
    void ReportGracePeriodsOnPool();

    /// <summary>The same for all events, of the backlog too.</summary>
    void ReportEventsOnPool();

    /// <summary>Looks at what the thread does that holds a grace period up, for a later report. Returns whether
    /// <see cref="ReportReaders"/> has something to tell handlers: a stall, a reader that ended inside a section, or
    /// misuse. On any thread that holds no lock; runs no code of the program.</summary>
    bool Look();
}

// A writer that has been inside a reader-writer lock for long while others wait.
internal readonly record struct WriterStall(string Lock, ReaderIdentity Writer, TimeSpan Duration, int Reports);
