using Quiescent.GracePeriods;
using Quiescent.Readers;

namespace Quiescent;

public abstract unsafe partial class GracePeriodDomain
{
    /// <summary>
    /// Waits for a grace period (<c>synchronize_rcu</c>): every section open now has ended when it returns. The caller drives
    /// the grace period itself; concurrent callers share it. About 10 µs with a busy reader, below 1 µs under
    /// <see cref="ReadSideBarrier.Full"/>, and as long as the longest section.
    /// </summary>
    /// <exception cref="InvalidOperationException">Inside a section of this domain, online, or from one of its callbacks.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted; nothing is lost.</exception>
    public void Synchronize()
    {
        ThrowIfClosed();
        RequireMayWait(ThreadRegistrations.Find(_id), nameof(Synchronize));
        GracePeriodWait.For(_engine, _engine.NextTarget(), _reportReaders);
    }

    /// <summary>Waits for a grace period without blocking a thread. Continuations run on the thread pool.</summary>
    /// <param name="cancellationToken">Ends the wait, not the grace period.</param>
    /// <exception cref="ObjectDisposedException">The domain is disposed, now or before the grace period has passed.</exception>
    /// <exception cref="OutOfMemoryException">It would have to wait, and the reclaimer cannot be started.</exception>
    public ValueTask SynchronizeAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        ulong target = _engine.NextTarget();
        if (_engine.TryAdvance(target))
        {
            ReportAbandoned();
            _events.WriteEvents();
            return ValueTask.CompletedTask;
        }

        Task task = _reclaimer.WaitAsync(() => _engine.HasCompleted(target), cancellationToken);
        _reclaimer.Request(target);
        return new ValueTask(task);
    }

    /// <summary>
    /// A cookie for the grace period that covers everything unlinked so far (<c>get_state_synchronize_rcu</c>). Starts nothing:
    /// some other call has to want a grace period for it to pass. Costs a full fence.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public GracePeriodState GetState()
    {
        ThrowIfClosed();
        return new GracePeriodState(_id, _engine.NextTarget());
    }

    /// <summary>A cookie as of <see cref="GetState"/>, whose grace period the reclaimer sees to
    /// (<c>start_poll_synchronize_rcu</c>).</summary>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">The reclaimer cannot be started.</exception>
    public GracePeriodState StartPoll()
    {
        GracePeriodState state = GetState();
        _reclaimer.Request(state.Target);
        return state;
    }

    /// <summary>
    /// Whether a full grace period has passed since the cookie was taken (<c>poll_state_synchronize_rcu</c>). One load; waits
    /// for nothing and starts nothing.
    /// </summary>
    /// <exception cref="ArgumentException">The cookie is another domain's.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public bool Poll(GracePeriodState state)
    {
        ThrowIfClosed();
        return state.IsCompleted(_id) || _engine.HasCompleted(state.Target);
    }

    /// <summary>Waits until the cookie's grace period has passed (<c>cond_synchronize_rcu</c>); returns at once if it has.</summary>
    /// <exception cref="ArgumentException">The cookie is another domain's.</exception>
    /// <exception cref="InvalidOperationException">It would wait, inside a section of this domain, online, or from one of its
    /// callbacks.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted; nothing is lost.</exception>
    public void CondSynchronize(GracePeriodState state)
    {
        if (!Poll(state))
        {
            RequireMayWait(ThreadRegistrations.Find(_id), nameof(CondSynchronize));
            GracePeriodWait.For(_engine, state.Target, _reportReaders);
        }
    }
}
