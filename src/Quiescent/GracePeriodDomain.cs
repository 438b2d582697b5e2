using System.Diagnostics.CodeAnalysis;
using Quiescent.Callbacks;
using Quiescent.Diagnostics;
using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Modules;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Validation;

namespace Quiescent;

/// <summary>
/// What updaters need, whatever the readers are: grace periods to wait for, and queues for what is to be freed or called after one.
/// <see cref="RcuDomain"/> has readers that neither wait nor change threads, <see cref="SrcuDomain"/> has readers that may do both.
/// </summary>
/// <remarks>
/// <para>Domains never wait for one another's readers. All members may be called from any thread at any time, but for what their own
/// remarks say. A domain has at most one thread of its own, started when something is first queued; an idle domain runs nothing.</para>
/// <para>Dispose of a domain when it is no longer used: its thread keeps it alive otherwise.</para>
/// </remarks>
public abstract unsafe partial class GracePeriodDomain : IDisposable, IDomainReports
{
    private static long s_lastId;

    private protected readonly long _id;
    private protected readonly DomainState* _words;
    private protected readonly Registrar _registrar;
    private readonly GracePeriodEngine _engine;
    private readonly QueueContext _context;
    private readonly Reclaimer _reclaimer;
    private readonly Producer _producer;
    private readonly UnloadBarrier _codeQueues;
    private readonly StallDetector _stalls;
    private readonly CallbackStallDetector _reclaimerStalls;
    private readonly Action _reportReaders;
    private readonly DomainEventWriter _events;
    private readonly DomainInstruments? _figures;
    private readonly AfterDisposal _afterDisposal;
    private readonly bool _isDefault;
    private int _disposal;

    /// <summary>A domain whose readers are those that the engine waits for.</summary>
    private protected GracePeriodDomain(
        RcuDomainOptions? options, Func<SlotTable, GracePeriodEngine> engine, delegate*<ReaderSlot*, void> remember)
    {
        HeadWord.RequirePlatform();
        Options = (options ?? new RcuDomainOptions()).Validated();
        bool fullFence = Options.ReadSideBarrier == ReadSideBarrier.Full || !ProcessWideBarrier.IsReliable;
        SlotTable slots = new(ThreadQueues.Bytes, &ThreadQueues.Free, fullFence, Options.Validate || ValidateSwitch.IsOnForAll);
        _id = Order.Increment(ref s_lastId);
        _isDefault = remember != null;
        _words = slots.Words;
        _engine = engine(slots);
        _registrar = new Registrar(_id, _engine, remember);
        _stalls = new StallDetector(_engine, Options.StallTimeout);
        _context = new QueueContext(_engine, Options, this);
        _reclaimer = new Reclaimer(_context, _registrar, Options);
        _reclaimerStalls = new CallbackStallDetector(_context.Running, Options.StallTimeout);
        _producer = new Producer(_context, _reclaimer, _registrar);
        _reportReaders = _context.ReportReaders;
        _afterDisposal = new AfterDisposal(_context);
        _codeQueues = new UnloadBarrier(_context, _reclaimer, _id);
        _events = new DomainEventWriter(Options.Name, _id, _context);
        LiveDomains.Add(_codeQueues);
        _figures = DomainInstruments.Open(Options.Name, _id, _context, ReadStatistics);
        StartTelemetry();
    }

    /// <summary>
    /// A reader holds a grace period up for longer than <see cref="RcuDomainOptions.StallTimeout"/>, or a callback has not returned for so
    /// long (<see cref="StallEventArgs.Kind"/>); again each three timeouts later. Raised on a thread that waits for it, or on the thread pool
    /// where none may raise it (an asynchronous wait, queueing above the backlog limit), with no lock held. What a handler throws is
    /// ignored.
    /// </summary>
    /// <remarks>Where nobody waits, nothing is looked for. Without a handler the report goes to the standard error output under
    /// <see cref="RcuDomainOptions.Validate"/>, and otherwise nowhere; <see cref="RcuStatistics.Stalls"/> counts it.</remarks>
    public event EventHandler<StallEventArgs>? Stalled;

    /// <summary>A callback or user deallocator threw. Raised on the reclaimer; what a handler throws is ignored.</summary>
    public event EventHandler<CallbackFailedEventArgs>? CallbackFailed;

    /// <summary>
    /// A thread was found to have ended inside a section, or a callback to have returned with one open. Raised on a thread that
    /// waits, with no lock held; what a handler throws is ignored. Without a handler, as for <see cref="Stalled"/>.
    /// </summary>
    public event EventHandler<ReaderAbandonedEventArgs>? ReaderAbandoned;

    /// <summary>
    /// <see cref="RcuDomainOptions.Validate"/> found a misuse whose author has gone on. Raised on a thread that waits, disposes or asks for
    /// statistics, with no lock held; what a handler throws is ignored. Without a handler it goes to the standard error output.
    /// </summary>
    public event EventHandler<MisuseEventArgs>? MisuseFound;

    /// <summary>The options the domain was made with.</summary>
    public RcuDomainOptions Options { get; }

    /// <summary>One consistent reading of the domain's books. Costs a look at each slot; also after <see cref="Dispose()"/>.</summary>
    public RcuStatistics GetStatistics()
    {
        _engine.Sweep();
        RcuStatistics statistics = ReadStatistics();
        ReportAbandoned();
        ReportFindings();
        return statistics;
    }

    /// <summary>
    /// Under <see cref="RcuDomainOptions.Validate"/>, looks whether blocks that the domain has reclaimed were written to since, and raises
    /// <see cref="MisuseFound"/> for each. Returns how many. It is also done when they leave the quarantine, and by <see cref="Dispose()"/>.
    /// </summary>
    public int VerifyReclaimed()
    {
        int written = _context.Ledger is null ? 0 : Quarantine.OfProcess.Verify(_context.Findings);
        ReportFindings();
        return written;
    }

    /// <summary>
    /// Closes the domain: nothing more can be queued or waited for, everything queued is carried out, and its thread ends.
    /// Waits for sections that hold those up; others end harmlessly. Who awaits a grace period that has not passed is told by an
    /// <see cref="ObjectDisposedException"/>. A second call does nothing.
    /// </summary>
    /// <exception cref="OutOfMemoryException">The domain is closed and loses nothing, but is not done yet: call again.</exception>
    /// <exception cref="InvalidOperationException">Of the default domain, inside a section of this domain, or from one of its
    /// callbacks.</exception>
    [SuppressMessage("Usage", "CA1816", Justification = "No domain has a finalizer: what needs one has it itself.")]
    public void Dispose()
    {
        if (_isDefault)
        {
            throw new InvalidOperationException("The default domain lives as long as the process.");
        }

        RequireMayWait(ThreadRegistrations.Find(_id), "Dispose");
        if (!TryLock.TryEnter(ref _disposal))
        {
            return;
        }

        try
        {
            Close();
        }
        catch
        {
            TryLock.Exit(ref _disposal);
            throw;
        }
    }

    // Each step may be repeated.
    private void Close()
    {
        Order.Or(ref _words->AppendFlags, AppendFlags.Disposed);
        Order.Release(ref _words->Closed, 1);
        CloseReaders();
        _context.Sinks.MarkDomainDisposed();
        Order.FenceAllThreads(); // [F] partner: [D] in Reclamation/Producer.cs; outcomes there. O11.
        BarrierWait.UntilNothingWaits(_context, _reclaimer);
        _reclaimer.Stop();
        ProcessExit.Forget(_reclaimer);
        LiveDomains.Remove(_codeQueues);
        _figures?.Close();
        _engine.Sweep();
        _context.ReleasePages();
        Quarantine.OfProcess.ReleaseAll(_context.Findings);
        _reportReaders();
    }

    /// <summary>No section begins any more; may be called again.</summary>
    private protected virtual void CloseReaders()
    {
    }

    // The default domain is made by a static constructor, which whoever asks for it waits for: listeners are met elsewhere.
    private void StartTelemetry()
    {
        if (_isDefault)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static _ => Telemetry.Start(), null);
        }
        else
        {
            Telemetry.Start();
        }
    }

    void IDomainReports.CallbackFailed(Exception exception)
    {
        _events.Write(exception);
        Raise(CallbackFailed, new CallbackFailedEventArgs(Options.Name, exception));
    }

    void IDomainReports.ReportReaders()
    {
        ReportAbandoned();
        ReportFindings();
        if (_stalls.TryDetect(out Stall stall))
        {
            Report(new StallEventArgs(Options.Name, stall, ReadStatistics()));
        }

        _events.WriteEvents();
    }

    void IDomainReports.ReportReclaimer(bool onPool)
    {
        if (onPool)
        {
            _events.WriteBacklogOnPool();
        }

        if (!_reclaimerStalls.TryDetect(out CallbackStall stall))
        {
            return;
        }

        if (onPool)
        {
            ThreadPool.UnsafeQueueUserWorkItem(ReportReclaimer, stall, preferLocal: false);
        }
        else
        {
            ReportReclaimer(stall);
        }
    }

    private void ReportReclaimer(CallbackStall stall)
    {
        if (_context.Running.TryDescribe(stall.Running, out string callback, out string? queuedAt))
        {
            Report(new StallEventArgs(Options.Name, stall, _reclaimer.Identify(), callback, queuedAt, ReadStatistics()));
        }
    }

    private void Report(StallEventArgs stall)
    {
        _events.Write(stall);
        Report(Stalled, stall);
    }

    private RcuStatistics ReadStatistics() => StatisticsReader.Read(_context, _stalls.Count + _reclaimerStalls.Count);

    private void ReportAbandoned()
    {
        if (_engine.HasAbandoned)
        {
            foreach (ReaderIdentity reader in _engine.TakeAbandoned())
            {
                ReaderAbandonedEventArgs abandoned = new(Options.Name, reader);
                _events.Write(abandoned);
                Report(ReaderAbandoned, abandoned);
            }
        }
    }

    // The kernel prints its reports. Here that is done while a program is being debugged, if it subscribes to nothing.
    private void Report<TEventArgs>(EventHandler<TEventArgs>? handlers, TEventArgs arguments)
    {
        if (handlers is null && Options.Validate)
        {
            Console.Error.WriteLine(arguments);
        }

        Raise(handlers, arguments);
    }

    private void ReportFindings()
    {
        while (_context.Findings.Any && _context.Findings.TryTake(out Finding finding))
        {
            MisuseEventArgs misuse = new(Options.Name, finding);
            _events.Write(misuse);
            Report(MisuseFound, misuse);
        }
    }

    // A handler must not take down the reclaimer, nor a thread that happens to wait.
    private void Raise<TEventArgs>(EventHandler<TEventArgs>? handlers, TEventArgs arguments)
    {
        foreach (EventHandler<TEventArgs> handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(this, arguments);
            }
            catch (ThreadInterruptedException)
            {
                Thread.CurrentThread.Interrupt();
            }
            catch (Exception)
            {
                // Promised by the events' documentation.
            }
        }
    }

    private void RequireMayWait(ReaderSlot* slot, string operation)
    {
        if (Section.HoldsUpGracePeriods(slot))
        {
            throw new InvalidOperationException(
                $"{operation} was called inside a read-side critical section of the domain, or online: it would wait for itself."
                + Section.DescribeOpen(slot));
        }

        if (_engine.Stepping.IsCurrentThread)
        {
            throw new InvalidOperationException(
                $"{operation} was called by the thread that steps the domain: it would wait for its own next step.");
        }

        if (_reclaimer.IsCurrentThread)
        {
            throw new InvalidOperationException(
                $"{operation} was called from a callback of the domain: it would wait for its own return.");
        }
    }

    private protected void ThrowIfClosed()
    {
        int closed = Order.Acquire(in _words->Closed);
        GC.KeepAlive(this); // O5: the words are the slot table's.
        if (closed != 0)
        {
            throw new ObjectDisposedException(GetType().Name, $"The rcu domain '{Options.Name}' is disposed.");
        }
    }

    internal DomainState* Words => _words;

    internal Producer Producer => _producer;
}
