using System.Diagnostics;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// Strict grace periods (CONFIG_RCU_STRICT_GRACE_PERIOD), for tests: the thread that ends an outermost section reclaims
// what has waited for it, so that a pointer that leaked out of the section is found at its next use.
//
// The thread is outside all sections of the domain when it comes here, so it waits for none of its own. It makes passes
// as a barrier does. It waits for no other reader: whoever ends the last section in the way comes here too. Blocks of
// user deallocators are the reclaimer's to free (O8), and another thread may hold a queue's lock or the engine's just
// now. For these it waits, with a bound on the time without progress: the reclaimer may be in a callback that waits for
// this thread.
//
// The end of a section must not fail: what there is no memory for is left to the reclaimer.
//
// Checked by: StrictGracePeriodTests; mutants strict-*.
internal sealed class StrictGracePeriods(DomainCore core)
{
    // How many looks in a row must find a reader in the way: one may find what another thread saw before it left.
    private const int LooksAtReader = 3;

    /// <summary>An outermost section of this thread has ended.</summary>
    public void AfterSection()
    {
        if (core.IsDisposed || core.IsStepped)
        {
            return;
        }

        try
        {
            BarrierScope scope = core.Reclaimer.IsCurrentThread ? BarrierScope.Blocks : BarrierScope.AllBlocks;
            if (BarrierTarget.Take(core, scope) is { } target)
            {
                Reclaim(target);
                core.Reports.ReportGracePeriodsOnPool();
            }
            else
            {
                core.TryAdvanceQuietly(core.Engine.NextTarget());
            }
        }
        catch (OutOfMemoryException)
        {
            // The section has ended; the reclaimer goes on.
        }
    }

    private void Reclaim(BarrierTarget target)
    {
        ReclaimerPass pass = new(core);
        long start = Stopwatch.GetTimestamp();
        Backoff backoff = default;
        int heldUp = 0;
        int idlePasses = 0;
        core.Reclaimer.BeginExpedited();
        try
        {
            while (!target.IsDone())
            {
                if (pass.Run(maySnapshot: true, isExpedited: true))
                {
                    start = Stopwatch.GetTimestamp();
                    heldUp = 0;
                    idlePasses = 0;
                    continue;
                }

                heldUp = IsReaderInTheWay() ? heldUp + 1 : 0;
                if (heldUp == LooksAtReader)
                {
                    return;
                }

                // What this thread can do by itself takes two passes, one for each grace period.
                idlePasses++;
                if (idlePasses > 2 && Stopwatch.GetElapsedTime(start).TotalMilliseconds >= MaxStrictMilliseconds)
                {
                    return;
                }

                backoff.PauseUninterrupted();
            }
        }
        finally
        {
            core.Reclaimer.EndExpedited();
            backoff.RestoreInterrupt();
        }
    }

    // A grace period that the reclaimer has begun may stand where this thread's own section was. So this thread drives
    // it before it looks.
    private bool IsReaderInTheWay() =>
        core.Engine.TryReadStandstill(long.MaxValue, out Standstill seen)
        && !core.Engine.TryAdvance(core.Engine.NextTarget())
        && core.Engine.TryReadStandstill(long.MaxValue, out Standstill now)
        && now == seen;
}
