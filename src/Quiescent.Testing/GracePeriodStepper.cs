namespace Quiescent.Testing;

/// <summary>
/// A domain stepped by hand: until the stepper is disposed of, the domain's grace periods advance, and what waits is
/// reclaimed, only when the test says so. So a test can stop just before a grace period ends, without sleeping and
/// without a thread that races it.
/// </summary>
/// <remarks>
/// <para>Only the thread that made the stepper may step. Waits for the domain on that thread (<c>Synchronize</c>,
/// <c>Barrier</c>, <c>Dispose</c>) throw, since they would wait for its own next step; on other threads they return
/// when a step lets them, and so do awaited ones.</para>
/// <para>The domain must be a new one, in which nothing was queued yet. Callbacks and user deallocators run in
/// <see cref="Reclaim"/>, on the stepping thread. Blocks of the built-in deallocators may also be freed by the thread
/// that queues more, once a step has ended their grace period.</para>
/// <code>
/// using RcuDomain domain = new();
/// using GracePeriodStepper stepper = new(domain);
/// using ParkedReader reader = new(domain);
/// domain.Free&lt;QuarantineHeap&gt;(block);
/// bool ended = stepper.TryAdvance();        // false: the reader is in the way
/// reader.Release();
/// ended = stepper.TryAdvance();             // true
/// stepper.Reclaim();                        // frees the block
/// </code>
/// </remarks>
public sealed class GracePeriodStepper : IDisposable
{
    private readonly GracePeriodDomain _domain;
    private bool _isDisposed;

    /// <summary>Takes the domain's grace periods over.</summary>
    /// <param name="domain">The domain.</param>
    /// <exception cref="ArgumentNullException">The domain is null.</exception>
    /// <exception cref="ArgumentException">The domain blocks updaters above a limit: the stepping thread could wait for
    /// itself.</exception>
    /// <exception cref="InvalidOperationException">It is the default domain, is stepped already, or its reclaimer has
    /// started.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public GracePeriodStepper(GracePeriodDomain domain)
    {
        ArgumentNullException.ThrowIfNull(domain);
        if (domain.Options.BacklogPolicy == BacklogPolicy.Block)
        {
            throw new ArgumentException("A domain with BacklogPolicy.Block cannot be stepped.", nameof(domain));
        }

        if (domain == Rcu.DefaultDomain)
        {
            throw new InvalidOperationException("The default domain is the whole process's: step one of your own.");
        }

        domain.Core.BeginSteps();
        _domain = domain;
    }

    /// <summary>
    /// Starts a grace period that covers all that was queued or unlinked before, unless one is in progress, and ends it
    /// if no reader is in the way. Reclaims first what had expired before.
    /// </summary>
    /// <returns>Whether a full grace period has passed since the call. False: a reader is in the way; call again when
    /// it has left.</returns>
    /// <exception cref="InvalidOperationException">On another thread than the one that made the stepper.</exception>
    /// <exception cref="ObjectDisposedException">The stepper is disposed.</exception>
    public bool TryAdvance()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return _domain.Core.StepGracePeriod();
    }

    /// <summary>Reclaims everything that has expired, callbacks included, and completes the tasks that await
    /// it.</summary>
    /// <returns>Whether anything was reclaimed.</returns>
    /// <inheritdoc cref="TryAdvance" path="/exception"/>
    public bool Reclaim()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        bool any = false;
        while (_domain.Core.StepReclaimer())
        {
            any = true;
        }

        return any;
    }

    /// <summary>Advances and reclaims until nothing waits, or a reader is in the way.</summary>
    /// <returns>Whether nothing waits any more.</returns>
    /// <inheritdoc cref="TryAdvance" path="/exception"/>
    public bool AdvanceUntilIdle()
    {
        while (TryAdvance())
        {
            Reclaim();
            RcuStatistics books = _domain.GetStatistics();
            if (books is { BlocksWaiting: 0, CallbacksWaiting: 0 })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives the domain back to its own thread, which reclaims what still waits. A second call does
    /// nothing.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            _domain.Core.EndSteps();
        }
    }
}
