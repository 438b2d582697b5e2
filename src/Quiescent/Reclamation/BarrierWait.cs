using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// How a thread waits at a barrier: it drives grace periods and frees trivial blocks itself, so blocks alone need no
// other thread. It also expedites the reclaimer, which alone runs user code. Threads that have waited for long do so by
// turns (WaitLine.cs).
internal static class BarrierWait
{
    /// <summary>Returns when everything in the target has been reclaimed.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it slept; nothing is
    /// lost.</exception>
    public static void For(DomainCore core, BarrierTarget target) =>
        Wait(core, target, interruptible: true);

    /// <summary>Returns when nothing waits, in a domain that takes nothing more; cannot be interrupted.</summary>
    public static void UntilNothingWaits(DomainCore core)
    {
        if (BarrierTarget.AnythingWaits(core, codeOnly: false))
        {
            Wait(core, target: null, interruptible: false);
        }
    }

    private static void Wait(DomainCore core, BarrierTarget? target, bool interruptible)
    {
        ReclaimerPass help = new(core, ReclaimerPass.NoCode);
        Backoff backoff = default;
        WaitLine.Waiter? waiter = null;
        core.Reclaimer.BeginExpedited();
        try
        {
            while (target is null ? BarrierTarget.AnythingWaits(core, codeOnly: false) : !target.IsDone())
            {
                core.Reports.ReportCallback(onPool: false);
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
                    core.Reclaimer.Wake();
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
    }
}
