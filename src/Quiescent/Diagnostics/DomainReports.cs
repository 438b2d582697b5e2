using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Validate;

namespace Quiescent.Diagnostics;

// The one path of a domain's reports to its users: the events of its face, the event source and the meter, and the
// standard error output. Handlers, listeners, consoles and the texts of exceptions are user code or may fail like it.
// So nobody calls it with a lock held, and what they throw ends here (O8). It never throws: a report for which there is
// no memory has been counted, and is made the next time, unless memory ran out in the middle of it.
//
// Checked by: ConsoleTests, ListenerTests, CallbackFailureTests; mutants report-*.
internal sealed class DomainReports : IDomainReports
{
    private readonly object _sender;
    private readonly DomainCore _core;
    private readonly ReaderStallDetector _readerStalls;
    private readonly CallbackStallDetector _callbackStalls;
    private readonly CallbackStallDetector _pendingStalls;
    private readonly FailureLog _failures;
    private long _writerStalls;

    /// <summary>The reports of a domain.</summary>
    /// <param name="sender">The domain's face, as handlers see it.</param>
    /// <param name="core">The domain.</param>
    public DomainReports(object sender, DomainCore core)
    {
        _sender = sender;
        _core = core;
        _readerStalls = new ReaderStallDetector(core.Engine, core.Options.StallTimeout);
        _callbackStalls = new CallbackStallDetector(core.Running, core.Options.StallTimeout);
        _pendingStalls = new CallbackStallDetector(core.Pending, core.Options.StallTimeout);
        _failures = new FailureLog(core);
        Events = new DomainEventWriter(core);
    }

    public event EventHandler<StallEventArgs>? Stalled;

    public event EventHandler<CallbackFailedEventArgs>? CallbackFailed;

    public event EventHandler<ReaderAbandonedEventArgs>? ReaderAbandoned;

    public event EventHandler<MisuseEventArgs>? MisuseFound;

    /// <summary>What goes to the event source and the histogram.</summary>
    public DomainEventWriter Events { get; }

    private string Name => _core.Options.Name;

    public RcuStatistics ReadStatistics() =>
        StatisticsReader.Read(
            _core,
            _readerStalls.Count + _callbackStalls.Count + _pendingStalls.Count + Order.Acquire(in _writerStalls));

    public void ReportFailure(Exception exception)
    {
        try
        {
            Events.Write(exception);
            if (CallbackFailed is { } handlers)
            {
                Raise(handlers, new CallbackFailedEventArgs(Name, exception));
            }
            else if (_core.Options.Validate)
            {
                _failures.Write(exception);
            }
        }
        catch (Exception thrown)
        {
            Telemetry.Ignore(thrown); // Counted; there is perhaps no memory to say more.
        }
    }

    public void ReportReaders()
    {
        ReportMisuse();
        try
        {
            Telemetry.Start(); // If it could not be started with the domain.
            if (_readerStalls.TryDetect(out ReaderStall stall))
            {
                Report(new StallEventArgs(Name, stall, _core.WaitingLock, ReadStatistics(), _core.Disposal.IsUnderWay));
            }

            Events.WriteEvents();
        }
        catch (Exception thrown)
        {
            Telemetry.Ignore(thrown); // The next call makes the report.
        }
    }

    public void ReportCallback(bool onPool)
    {
        try
        {
            if (onPool)
            {
                Events.WriteBacklogOnPool();
            }

            if (!onPool || PlatformPools.AreUsed)
            {
                ReportStall(_callbackStalls, onPool);
                ReportStall(_pendingStalls, onPool);
            }
        }
        catch (Exception thrown)
        {
            Telemetry.Ignore(thrown); // The next call makes the report.
        }
    }

    public void ReportWriter(WriterStall stall)
    {
        Order.Increment(ref _writerStalls);
        try
        {
            Report(new StallEventArgs(Name, stall, ReadStatistics(), _core.Disposal.IsUnderWay));
        }
        catch (Exception thrown)
        {
            Telemetry.Ignore(thrown); // Counted.
        }
    }

    public void ReportGracePeriodsOnPool() => Events.WriteEventsOnPool();

    public void ReportEventsOnPool()
    {
        Events.WriteEventsOnPool();
        Events.WriteBacklogOnPool();
    }

    public bool Look()
    {
        bool mayBeStalled = _readerStalls.Look();
        return mayBeStalled || _core.Engine.HasAbandoned || _core.Findings.Any;
    }

    /// <summary>Reports readers that ended inside sections, and what validation has found.</summary>
    public void ReportMisuse()
    {
        try
        {
            if (_core.Engine.HasAbandoned)
            {
                Array.ForEach(_core.Engine.TakeAbandoned(), Report);
            }

            while (_core.Findings.Any && _core.Findings.TryTake(out Finding finding))
            {
                Report(finding);
            }
        }
        catch (Exception thrown)
        {
            Telemetry.Ignore(thrown); // The next call makes the report.
        }
    }

    // One that cannot be reported must not take the others of its kind along.
    private void Report(ReaderIdentity reader)
    {
        try
        {
            ReaderAbandonedEventArgs abandoned = new(Name, reader);
            Events.Write(abandoned);
            Report(ReaderAbandoned, abandoned);
        }
        catch (Exception thrown)
        {
            Telemetry.Ignore(thrown); // Counted.
        }
    }

    private void Report(Finding finding)
    {
        try
        {
            MisuseEventArgs misuse = new(Name, finding);
            Events.Write(misuse);
            Report(MisuseFound, misuse);
        }
        catch (Exception thrown)
        {
            Telemetry.Ignore(thrown);
        }
    }

    private void ReportStall(CallbackStallDetector detector, bool onPool)
    {
        if (!detector.TryDetect(out CallbackStall stall))
        {
            return;
        }

        if (onPool)
        {
            Threads.RunElsewhere(new StallReport(this, stall));
        }
        else
        {
            Report(stall);
        }
    }

    // Also on a pool thread or a worker, where an exception would end the process.
    private void Report(CallbackStall stall)
    {
        try
        {
            if (stall.Code.TryDescribe(stall.Running, out string callback, out string? queuedAt))
            {
                // A pending callback belongs to no thread.
                ReaderIdentity thread = stall.Code == _core.Running
                    ? _core.Reclaimer.Identify()
                    : new ReaderIdentity(ThreadName: null, ManagedThreadId: 0, OsThreadId: 0) { Sections = 0 };
                bool isDisposing = _core.Disposal.IsUnderWay;
                Report(new StallEventArgs(Name, stall, thread, callback, queuedAt, ReadStatistics(), isDisposing));
            }
        }
        catch (Exception thrown)
        {
            Telemetry.Ignore(thrown); // Counted; made again after three timeouts.
        }
    }

    private void Report(StallEventArgs stall)
    {
        Events.Write(stall);
        Report(Stalled, stall);
    }

    // The kernel prints its reports. This prints them only under Validate, and only if the program has no handler.
    private void Report<TEventArgs>(EventHandler<TEventArgs>? handlers, TEventArgs arguments)
    {
        if (handlers is null && _core.Options.Validate)
        {
            Console.Error.WriteLine(arguments);
        }

        Raise(handlers, arguments);
    }

    // A handler must not take down the reclaimer, nor a thread that happens to wait.
    private void Raise<TEventArgs>(EventHandler<TEventArgs>? handlers, TEventArgs arguments)
    {
        foreach (EventHandler<TEventArgs> handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(_sender, arguments);
            }
            catch (Exception thrown)
            {
                Telemetry.Ignore(thrown); // As the events' documentation promises.
            }
        }
    }

    private sealed class StallReport(DomainReports reports, CallbackStall stall) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute() => reports.Report(stall);
    }
}
