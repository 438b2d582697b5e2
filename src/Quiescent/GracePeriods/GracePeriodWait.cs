using Quiescent.Ordering;

namespace Quiescent.GracePeriods;

// How a thread waits for a grace period: it drives the engine itself. Callers coalesce: all that take their target
// while the same grace period is the latest wait for the same next one. Those that have waited for long drive it by
// turns (WaitLine.cs): one looks once in a millisecond, the others are blocked.
//
// An online reader in the way can wake the thread that sleeps, at its next quiescent state (ReaderHandles.TryAsk). So a
// thread goes to sleep almost at once for an online reader. Where busy threads share the cores, the reader may not be
// running. Yielding to it costs this thread a whole time slice, some milliseconds.
internal static class GracePeriodWait
{
    /// <summary>Returns when the target has completed. Meanwhile it reports what is due through the given
    /// action.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted while it slept; nothing is
    /// lost.</exception>
    /// <exception cref="TimeoutException">The thread runs the handlers of the process's exit, and the target has not
    /// completed in its share of time.</exception>
    public static void For(GracePeriodEngine engine, ulong target, Action reportReaders)
    {
        Backoff backoff = default;
        ExitShare exit = default;
        WaitLine.Waiter? waiter = null;
        while (!engine.TryAdvance(target))
        {
            if (backoff.IsSleeping || engine.Events.AreDue)
            {
                reportReaders();
            }

            if (backoff.IsSleeping && ProcessEnd.IsOnThisThread && exit.HasRunOut())
            {
                throw ProcessEnd.RanOut();
            }

            bool sleeps = backoff.IsSleeping || (backoff.IsWorthSleeping && engine.WouldBeWoken);
            if (sleeps)
            {
                waiter ??= engine.Line.TryCreateWaiter(new Condition(engine, target), mayBeBrief: true);
            }

            // Last, as it may throw: by then the reports are written.
            if (sleeps && waiter is not null)
            {
                backoff.Sleep(waiter);
            }
            else
            {
                backoff.Pause();
            }
        }

        engine.Line.ReleaseDone();
        engine.Line.Return(waiter);
        if (engine.HasReports)
        {
            reportReaders();
        }
    }

    private readonly struct Condition(GracePeriodEngine engine, ulong target) : IWaitCondition
    {
        public bool IsDone() => engine.HasCompleted(target);

        public bool MaySleep() => engine.MaySleep();
    }
}
