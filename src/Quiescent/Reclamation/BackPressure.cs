using System.Diagnostics.CodeAnalysis;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// What queueing costs while the backlog is over its limit. Each form of queueing comes here a page's worth at a time.
internal sealed unsafe class BackPressure(DomainCore core) : IWaitCondition
{
    private readonly Pacing _pacing = new(core.Backlog.Limit, core.Queues.PageEntries);
    private readonly PacingClock _clock = core.Options.Clock;

    /// <summary>Applies the domain's policy if the backlog is over its limit, or would be with <paramref name="about"/>
    /// items more. Never inside a section (the thread would wait for itself) and never on the reclaimer (nobody would
    /// empty the queues).</summary>
    /// <param name="real">The thread's slot.</param>
    /// <param name="queued">How many items the thread has queued since it was here last.</param>
    /// <param name="about">How many it is about to queue.</param>
    /// <exception cref="RcuBacklogException">The policy is to throw.</exception>
    public void Apply(ReaderSlot* real, int queued, int about = 0)
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
                PayOrOwe(Math.Clamp(waiting - backlog.Limit, 0, queued));
                break;
            case BacklogPolicy.Block when !Section.HoldsUpGracePeriods(real):
                WaitForBacklog(real);
                break;
        }
    }

    /// <summary>Pauses for what this thread has queued in a scope that deferred it.</summary>
    public void PayDeferred(long items)
    {
        if (items != 0 && !core.IsEntangled)
        {
            Pay(items);
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

    /// <summary>Whether nobody needs to wait for the backlog.</summary>
    public bool IsDone() => !core.Backlog.IsOverLimit || core.IsDisposed;

    private void PayOrOwe(long items)
    {
        if (!DeferredThrottle.TryOwe(core, items))
        {
            Pay(items);
        }
    }

    // In slices, so that the thread goes on when the backlog has fallen. Less than a millisecond is not slept: it stays
    // owed, and a later pause of this thread or another has it. A handler of the process's exit does not pay: what it
    // frees is left to the operating system, and a reader that never leaves would have each free of it slept for.
    private void Pay(long items)
    {
        long until = _pacing.Charge(items, _clock.Now);
        int slice = 1;
        while (core.Backlog.IsOverLimit && !core.IsDisposed && !ProcessEnd.IsOnThisThread)
        {
            long left = (until - _clock.Now) / Pacing.Ticks(1);
            if (left < 1)
            {
                return;
            }

            _clock.Sleep((int)Math.Min(left, slice));
            slice = Math.Min(2 * slice, MaxPauseSliceMilliseconds);
        }
    }

    private void WaitForBacklog(ReaderSlot* real)
    {
        PageQueue* queue = &((ThreadQueues*)real->Queues)->Blocks;
        Backoff backoff = default;
        ExitShare exit = default;
        WaitLine.Waiter? waiter = null;
        core.Reclaimer.BeginExpedited();
        try
        {
            while (!IsDone())
            {
                backoff.PauseUninterrupted(waiter);
                if (backoff.IsSleeping)
                {
                    waiter ??= core.BacklogLine.TryCreateWaiter(this);
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
            core.BacklogLine.ReleaseDone();
            core.Reclaimer.EndExpedited();
            backoff.RestoreInterrupt();
        }
    }

    [DoesNotReturn]
    private static void ThrowBacklog() => throw new RcuBacklogException();
}
