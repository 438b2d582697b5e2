using System.Diagnostics.CodeAnalysis;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;

namespace Quiescent.Reclamation;

// What queueing costs while the backlog is over its limit. Each form of queueing comes here a page's worth at a time.
internal sealed unsafe class BackPressure(DomainCore core)
{
    /// <summary>Applies the domain's policy if the backlog is over its limit, or would be with <paramref name="about"/>
    /// items more. Never inside a section (the thread would wait for itself) and never on the reclaimer (nobody would
    /// empty the queues).</summary>
    /// <exception cref="RcuBacklogException">The policy is to throw.</exception>
    public void Apply(ReaderSlot* real, int about)
    {
        Backlog backlog = core.Backlog;
        long waiting = backlog.Count;
        bool isOver = backlog.IsOverLimit || (waiting > 0 && waiting + about > backlog.Limit);
        if (!isOver || core.Reclaimer.IsCurrentThread)
        {
            return;
        }

        core.Reclaimer.Expedite();
        core.Reports.ReportCallback(onPool: true);
        switch (backlog.Policy)
        {
            case BacklogPolicy.Throw:
                ThrowBacklog();
                break;
            case BacklogPolicy.Throttle when !Section.HoldsUpGracePeriods(real):
                backlog.Pause();
                break;
            case BacklogPolicy.Block when !Section.HoldsUpGracePeriods(real):
                WaitForBacklog(real);
                break;
        }
    }

    /// <summary>Applies <see cref="BacklogPolicy.Throw"/> before a delegate is queued.</summary>
    /// <exception cref="RcuBacklogException">The policy is to throw, and the backlog is over its limit.</exception>
    public void RequireRoom()
    {
        if (core.Backlog is { Policy: BacklogPolicy.Throw, IsOverLimit: true } && !core.Reclaimer.IsCurrentThread)
        {
            core.Reports.ReportCallback(onPool: true);
            ThrowBacklog();
        }
    }

    private void WaitForBacklog(ReaderSlot* real)
    {
        PageQueue* queue = &((ThreadQueues*)real->Queues)->Blocks;
        Backoff backoff = default;
        ExitShare exit = default;
        core.Reclaimer.BeginExpedited();
        try
        {
            while (core.Backlog.IsOverLimit && !core.IsDisposed)
            {
                backoff.PauseUninterrupted();
                if (backoff.IsSleeping)
                {
                    core.Reports.ReportCallback(onPool: true);
                    core.Reclaimer.Wake(); // Starting it may have failed before.
                    if (ProcessEnd.IsOnThisThread && exit.HasRunOut())
                    {
                        break;
                    }
                }

                core.Collector.Collect(queue);
            }
        }
        finally
        {
            core.Reclaimer.EndExpedited();
            backoff.RestoreInterrupt();
        }
    }

    [DoesNotReturn]
    private static void ThrowBacklog() => throw new RcuBacklogException();
}
