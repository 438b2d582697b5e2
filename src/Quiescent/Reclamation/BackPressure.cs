using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// What queueing costs while the backlog is over a limit. Each form of queueing comes here a page's worth at a time, or
// a step's worth of bytes.
internal sealed unsafe class BackPressure(DomainCore core) : IWaitCondition
{
    private readonly Pacing _items = new(core.Backlog.Items.Limit, core.Queues.PageEntries);
    private readonly Pacing _bytes = new(core.Backlog.Bytes.Limit, core.Backlog.Bytes.PerStep);
    private readonly PacingClock _clock = core.Options.Clock;

    /// <summary>Applies the domain's policy if the backlog is over a limit, or would be with <paramref name="about"/>
    /// more. Never inside a section (the thread would wait for itself) and never on the reclaimer (nobody would
    /// empty the queues).</summary>
    /// <param name="real">The thread's slot.</param>
    /// <param name="queued">What the thread has queued since it was here last.</param>
    /// <param name="about">What it is about to queue.</param>
    /// <exception cref="RcuBacklogException">The policy is to throw.</exception>
    public void Apply(ReaderSlot* real, in Amount queued, in Amount about = default)
    {
        Backlog backlog = core.Backlog;
        if (!backlog.IsOverLimitWith(about) || core.Reclaimer.IsCurrentThread)
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
                PayOrOwe(backlog.PartAboveLimit(queued));
                break;
            case BacklogPolicy.Block when !Section.HoldsUpGracePeriods(real):
                WaitForBacklog(real);
                break;
        }
    }

    /// <summary>Applies the policy to a callback that was queued with so many bytes, and can no longer be
    /// refused.</summary>
    public void ApplyToHeld(long bytes)
    {
        if (bytes == 0 || core.Backlog.Policy == BacklogPolicy.Throw || core.IsDisposed)
        {
            return;
        }

        ReaderSlot* real = ReaderSlot.Untwinned(core.Registrar.Known);
        if (real != null)
        {
            Apply(real, new Amount(0, bytes));
        }
    }

    /// <summary>Pauses for what this thread has queued in a scope that deferred it.</summary>
    public void PayDeferred(in Amount owed)
    {
        if (owed != default && !core.IsEntangled)
        {
            Pay(owed);
        }
    }

    /// <summary>Applies <see cref="BacklogPolicy.Throw"/> or <see cref="BacklogPolicy.Block"/> before so much is
    /// queued.</summary>
    /// <exception cref="RcuBacklogException">The policy is to throw.</exception>
    public void RequireRoom(ReaderSlot* real, in Amount about)
    {
        switch (core.Backlog.Policy)
        {
            case BacklogPolicy.Throw:
                Apply(real, queued: default, about);
                break;
            case BacklogPolicy.Block:
                Apply(real, queued: default);
                break;
        }
    }

    /// <summary>Applies <see cref="BacklogPolicy.Throttle"/> after so much was queued.</summary>
    public void Throttle(ReaderSlot* real, in Amount queued)
    {
        if (core.Backlog.Policy == BacklogPolicy.Throttle)
        {
            Apply(real, queued);
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

    /// <inheritdoc/>
    public bool MaySleep() => true; // Nobody can tell when blocks will have been freed.

    private void PayOrOwe(in Amount owed)
    {
        if (!DeferredThrottle.TryOwe(core, owed))
        {
            Pay(owed);
        }
    }

    // In slices, so that the thread goes on when the backlog has fallen. Less than a millisecond is not slept: it stays
    // owed, and a later pause of this thread or another has it. A handler of the process's exit does not pay: what it
    // frees is left to the operating system, and a reader that never leaves would have each free of it slept for.
    private void Pay(in Amount owed)
    {
        long now = _clock.Now;
        long untilItems = owed.Items == 0 ? now : _items.Charge(owed.Items, now); // Others' debts are theirs.
        long untilBytes = owed.Bytes == 0 ? now : _bytes.Charge(owed.Bytes, now);
        int slice = 1;
        while (core.Backlog.IsOverLimit && !core.IsDisposed && !ProcessEnd.IsOnThisThread)
        {
            long until = Math.Max(
                core.Backlog.Items.IsOverLimit ? untilItems : 0, core.Backlog.Bytes.IsOverLimit ? untilBytes : 0);
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
                    core.Reclaimer.EnsureThread();
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
    private void ThrowBacklog()
    {
        Backlog backlog = core.Backlog;
        throw new RcuBacklogException(string.Create(
            CultureInfo.InvariantCulture,
            $"Too much waits for a grace period in the domain '{core.Options.Name}': "
            + $"about {backlog.Items.Count:N0} blocks and callbacks (the limit is {backlog.Items.Limit:N0}), "
            + $"and {backlog.Bytes.Count:N0} bytes (the limit is {backlog.Bytes.Limit:N0} bytes). "
            + $"Nothing was queued."));
    }
}
