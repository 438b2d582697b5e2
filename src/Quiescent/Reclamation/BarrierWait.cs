using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// How a thread waits at a barrier: it drives grace periods and frees trivial blocks itself, so that blocks alone need no other
// thread, and hurries the reclaimer, who alone runs user code.
internal static class BarrierWait
{
    /// <summary>Returns when everything in the ticket has been carried out.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it slept; nothing is lost.</exception>
    public static void For(QueueContext context, Reclaimer reclaimer, BarrierTarget ticket) =>
        Wait(context, reclaimer, ticket, interruptible: true);

    /// <summary>Returns when nothing waits, in a domain that takes nothing more; cannot be interrupted.</summary>
    public static void UntilNothingWaits(QueueContext context, Reclaimer reclaimer)
    {
        if (BarrierTarget.AnythingWaits(context, codeOnly: false))
        {
            Wait(context, reclaimer, ticket: null, interruptible: false);
        }
    }

    private static void Wait(QueueContext context, Reclaimer reclaimer, BarrierTarget? ticket, bool interruptible)
    {
        ReclaimerPass help = new(context, ReclaimerPass.NoCode);
        Backoff backoff = default;
        reclaimer.BeginExpedited();
        try
        {
            while (ticket is null ? BarrierTarget.AnythingWaits(context, codeOnly: false) : !ticket.IsDone())
            {
                context.ReportReclaimer(onPool: false);
                if (help.Run(mayNote: true, hurry: true))
                {
                    backoff.Restart();
                    continue;
                }

                if (interruptible)
                {
                    backoff.Pause();
                }
                else
                {
                    backoff.PauseUninterrupted();
                }

                if (backoff.IsSleeping)
                {
                    context.ReportReaders();
                    reclaimer.Wake();
                }
            }
        }
        finally
        {
            reclaimer.EndExpedited();
            backoff.RestoreInterrupt();
        }

        if (context.HasReports)
        {
            context.ReportReaders();
        }
    }
}
