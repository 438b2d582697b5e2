using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Reclamation;

// What queueing pays while more waits than the limit allows. Each form comes here a page's worth at a time.
internal sealed unsafe partial class Producer
{
    // Never inside a section (the thread would wait for itself) and never on the reclaimer (it would wait for nobody).
    private void ApplyBackPressure(ReaderSlot* real, int about)
    {
        Backlog backlog = context.Backlog;
        long waiting = backlog.Count;
        bool isOver = backlog.IsOverLimit || (waiting > 0 && waiting + about > backlog.Limit);
        if (!isOver || reclaimer.IsCurrentThread)
        {
            return;
        }

        reclaimer.Expedite();
        context.ReportReclaimer(onPool: true);
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

    private void WaitForBacklog(ReaderSlot* real)
    {
        PageQueue* queue = &((ThreadQueues*)real->Queues)->Blocks;
        Backoff backoff = default;
        reclaimer.BeginExpedited();
        try
        {
            while (context.Backlog.IsOverLimit && !context.IsDisposed)
            {
                backoff.PauseUninterrupted();
                if (backoff.IsSleeping)
                {
                    context.ReportReclaimer(onPool: true);
                    reclaimer.Wake(); // It may not have been startable before.
                }

                Collect(queue);
            }
        }
        finally
        {
            reclaimer.EndExpedited();
            backoff.RestoreInterrupt();
        }
    }
}
