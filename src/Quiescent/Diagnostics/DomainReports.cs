using Quiescent.GracePeriods;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Validate;

namespace Quiescent.Diagnostics;

// The one path of a domain's reports to its users: the events of its face, the event source and the meter, and the
// standard error output. Handlers and listeners are user code, so nobody calls it with a lock held, and what they throw
// ends here (O8). It never throws: a report for which there is no memory has been counted, and is made the next time,
// unless memory ran out in the middle of it.
internal sealed class DomainReports : IDomainReports
{
    private readonly object _sender;
    private readonly DomainCore _core;
    private readonly ReaderStallDetector _readerStalls;
    private readonly CallbackStallDetector _callbackStalls;

    /// <summary>The reports of a domain.</summary>
    /// <param name="sender">The domain's face, as handlers see it.</param>
    /// <param name="core">The domain.</param>
    public DomainReports(object sender, DomainCore core)
    {
        _sender = sender;
        _core = core;
        _readerStalls = new ReaderStallDetector(core.Engine, core.Options.StallTimeout);
        _callbackStalls = new CallbackStallDetector(core.Running, core.Options.StallTimeout);
        Events = new DomainEventWriter(core);
    }

    public event EventHandler<StallEventArgs>? Stalled;

    public event EventHandler<CallbackFailedEventArgs>? CallbackFailed;

    public event EventHandler<ReaderAbandonedEventArgs>? ReaderAbandoned;

    public event EventHandler<MisuseEventArgs>? MisuseFound;

    /// <summary>What goes to the event source and the histogram.</summary>
    public DomainEventWriter Events { get; }

    private string Name => _core.Options.Name;

    public RcuStatistics ReadStatistics() => StatisticsReader.Read(_core, _readerStalls.Count + _callbackStalls.Count);

    public void ReportFailure(Exception exception)
    {
        try
        {
            Events.Write(exception);
            Raise(CallbackFailed, new CallbackFailedEventArgs(Name, exception));
        }
        catch (OutOfMemoryException)
        {
            // Counted; there is no memory to say more.
        }
    }

    public void ReportReaders()
    {
        try
        {
            Telemetry.Start(); // If it could not be started with the domain.
            ReportMisuse();
            if (_readerStalls.TryDetect(out ReaderStall stall))
            {
                Report(new StallEventArgs(Name, stall, ReadStatistics()));
            }

            Events.WriteEvents();
        }
        catch (OutOfMemoryException)
        {
            // The next call makes the report.
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

            if ((onPool && !TelemetryListeners.ArePoolsUsed) || !_callbackStalls.TryDetect(out CallbackStall stall))
            {
                return;
            }

            if (onPool)
            {
                ThreadPool.UnsafeQueueUserWorkItem(Report, stall, preferLocal: false);
            }
            else
            {
                Report(stall);
            }
        }
        catch (OutOfMemoryException)
        {
            // The next call makes the report.
        }
    }

    public void ReportGracePeriodsOnPool() => Events.WriteEventsOnPool();

    /// <summary>Reports readers that ended inside sections, and what validation has found.</summary>
    public void ReportMisuse()
    {
        if (_core.Engine.HasAbandoned)
        {
            foreach (ReaderIdentity reader in _core.Engine.TakeAbandoned())
            {
                ReaderAbandonedEventArgs abandoned = new(Name, reader);
                Events.Write(abandoned);
                Report(ReaderAbandoned, abandoned);
            }
        }

        while (_core.Findings.Any && _core.Findings.TryTake(out Finding finding))
        {
            MisuseEventArgs misuse = new(Name, finding);
            Events.Write(misuse);
            Report(MisuseFound, misuse);
        }
    }

    private void Report(CallbackStall stall)
    {
        if (_core.Running.TryDescribe(stall.Running, out string callback, out string? queuedAt))
        {
            Report(new StallEventArgs(Name, stall, _core.Reclaimer.Identify(), callback, queuedAt, ReadStatistics()));
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
            catch (ThreadInterruptedException)
            {
                Thread.CurrentThread.Interrupt();
            }
            catch (Exception)
            {
                // Ignored, as the events' documentation promises.
            }
        }
    }
}
