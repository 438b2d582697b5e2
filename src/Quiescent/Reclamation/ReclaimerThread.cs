using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// A thread of the domain's own: it runs user code and event handlers, and nobody else waits for what these do. It ends
// when it has slept for some seconds. A domain that nobody uses any more then has none, and is collected once nobody
// refers to it.
internal sealed class ReclaimerThread(
    DomainCore core, Reclaimer reclaimer, ReclaimerClaim claim, ReclaimerRun run, bool isHandedOver)
{
    // The time between two looks at a reader in the way, once spinning and yielding have not helped.
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(1);

    private readonly Signal _signal = new();
    private ThreadDefaults _defaults; // The state that the thread started with.
    private bool _goesOn = isHandedOver; // A shared thread has begun to gather a batch.

    /// <summary>Starts the thread.</summary>
    /// <exception cref="ThreadStartException">The platform has no thread to give.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for one.</exception>
    public void Start()
    {
        FaultInjection.ThrowIfDue(FaultSite.ThreadStart);
        Threads.Start(Threads.Create(Run, $"rcu reclaimer ({core.Options.Name})"));
    }

    // Nothing here may end the process for want of memory: even code that runs for the first time takes some.
    private void Run()
    {
        if (claim.TryTakeSurely(_signal))
        {
            Serve();
        }

        claim.CountStarted(-1);
    }

    private void Serve()
    {
        bool hasBegun = false;
        while (true)
        {
            try
            {
                if (!hasBegun)
                {
                    ApplyOptions();
                    hasBegun = true;
                    ReportIfDue(); // Perhaps the shared reclaimer handed the domain over for that.
                }

                if (run.HasWork())
                {
                    RunUntilNothingWaits();
                }
                else if (claim.IsStopping || (!Sleep() && !core.Pending.Any && reclaimer.TryLeave(_signal)))
                {
                    return; // With a callback pending it stays, for the chance that the process's exit gives it.
                }
            }
            catch (OutOfMemoryException)
            {
                // Takes up again what could not be reported or completed for lack of memory; no queue is left half-way.
                Rest(s_poll);
            }
        }
    }

    private void ApplyOptions()
    {
        if (core.Options.ReclaimerPriority is not ThreadPriority.Normal and var priority)
        {
            Thread.CurrentThread.Priority = priority;
        }

        if (core.Options.ReclaimerAffinity is not 0 and var processors)
        {
            OsThread.SetAffinity(processors);
        }

        _defaults = ThreadDefaults.OfCurrent();
    }

    private void RunUntilNothingWaits()
    {
        Backoff backoff = default;
        run.Begin(_defaults, mayRunCode: true, _goesOn);
        _goesOn = false;
        do
        {
            bool progress = run.Step(out TimeSpan untilNext);
            if (core.Engine.Events.AreDue)
            {
                Report();
            }

            bool gathers = untilNext > TimeSpan.Zero;
            if (progress)
            {
                backoff.Restart();
            }
            else if (gathers || backoff.IsSleeping)
            {
                Report();
                Rest(gathers ? untilNext : s_poll);
            }
            else
            {
                backoff.PauseUninterrupted();
            }
        }
        while (run.HasWork());

        ReportIfDue();
    }

    // Returns whether there may be work: false after some seconds in which nobody wanted anything.
    private bool Sleep()
    {
        if (run.IsIdle())
        {
            return Rest(core.Options.IdleTimeout);
        }

        ReportIfDue();
        return true;
    }

    private void ReportIfDue()
    {
        if (core.HasReports)
        {
            Report();
        }
    }

    // Handlers, like callbacks, must leave nothing on this thread.
    private void Report()
    {
        core.Reports.ReportReaders();
        _defaults.Restore();
    }

    // Ends early when somebody expedites or stops the thread: true, as after an interrupt.
    private bool Rest(TimeSpan time)
    {
        try
        {
            return _signal.Wait(time);
        }
        catch (ThreadInterruptedException)
        {
            return true; // A callback may have interrupted this thread, which nobody should.
        }
    }
}
