using Quiescent.Ordering;

namespace Quiescent.GracePeriods;

// How a thread waits for a grace period: it drives the engine itself. Callers coalesce, for all that took their target
// while the same grace period was the latest wait for the same one.
internal static class GracePeriodWait
{
    /// <summary>Returns when the target has completed, reporting what is due through the given action
    /// meanwhile.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it slept; nothing is
    /// lost.</exception>
    public static void For(GracePeriodEngine engine, ulong target, Action reportReaders)
    {
        Backoff backoff = default;
        while (!engine.TryAdvance(target))
        {
            if (backoff.IsSleeping || engine.Events.AreDue)
            {
                reportReaders();
            }

            backoff.Pause(); // Last, as it may throw: what is to be said has been said.
        }

        if (engine.HasReports)
        {
            reportReaders();
        }
    }
}
