using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// How a thread waits at a barrier: it drives grace periods and frees trivial blocks itself, so blocks alone need no
// other thread. It also expedites the reclaimer, which alone runs user code. Threads that have waited for long do so by
// turns (WaitLine.cs); so a thread frees what others wait for too, whatever its own target is.
internal static class BarrierWait
{
    /// <summary>Returns when everything in the target has been reclaimed.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it slept; nothing is
    /// lost.</exception>
    /// <exception cref="TimeoutException">The thread runs the handlers of the process's exit, and the target has not
    /// been reclaimed in its share of time.</exception>
    public static void For(DomainCore core, BarrierTarget target)
    {
        if (!TryWait(core, target, interruptible: true))
        {
            throw ProcessEnd.RanOut();
        }
    }

    /// <summary>Returns when nothing waits or is pending, in a domain that takes nothing more; cannot be
    /// interrupted. False: the process is exiting, and something waits that has not come in its share of
    /// time.</summary>
    public static bool TryUntilNothingWaits(DomainCore core) =>
        !IsAnythingLeft(core) || TryWait(core, target: null, interruptible: false);

    // A disposal gives up on any thread, since a handler of the exit may wait for that thread. Other waits give up on
    // the handlers' thread alone: elsewhere they keep nobody, and end with the process.
    private static bool TryWait(DomainCore core, BarrierTarget? target, bool interruptible)
    {
        ReclaimerPass help = new(core);
        Backoff backoff = default;
        ExitShare exit = default;
        WaitLine.Waiter? waiter = null;
        bool waitsForCode = target is null || target.Scope.HasCode;
        core.Reclaimer.BeginExpedited();
        try
        {
            while (target is null ? IsAnythingLeft(core) : !target.IsDone())
            {
                if (waitsForCode)
                {
                    core.Reports.ReportCallback(onPool: false);
                }

                if (help.Run(maySnapshot: true, isExpedited: true))
                {
                    backoff.Restart();
                    continue;
                }

                if (interruptible)
                {
                    backoff.Pause(waiter);
                }
                else
                {
                    backoff.PauseUninterrupted();
                }

                if (backoff.IsSleeping)
                {
                    waiter ??= target is null ? null : core.BarrierLine.TryCreateWaiter(target);
                    core.Reports.ReportReaders();
                    core.Reclaimer.EnsureThread();
                    if ((target is null || ProcessEnd.IsOnThisThread) && exit.HasRunOut())
                    {
                        return false;
                    }
                }
            }
        }
        finally
        {
            core.BarrierLine.ReleaseDone();
            core.Reclaimer.EndExpedited();
            backoff.RestoreInterrupt();
        }

        if (core.HasReports)
        {
            core.Reports.ReportReaders();
        }

        return true;
    }

    /// <summary>Whether anything waits or is pending. O10: the queues first, since a callback is pending before its
    /// queue counts it as reclaimed.</summary>
    public static bool IsAnythingLeft(DomainCore core) =>
        BarrierTarget.AnythingWaits(core, codeOnly: false) || core.Pending.Any;
}
