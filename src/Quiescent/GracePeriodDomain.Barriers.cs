using Quiescent.Diagnostics;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent;

public abstract unsafe partial class GracePeriodDomain
{
    /// <summary>
    /// Waits until everything that any thread queued before the call has been carried out (<c>rcu_barrier</c> and
    /// <c>kvfree_rcu_barrier</c> in one). Frees blocks itself meanwhile. Below a microsecond when nothing waits.
    /// </summary>
    /// <exception cref="InvalidOperationException">Inside a section of this domain, online, or from one of its callbacks.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory to note what to wait for; nothing is lost.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted; nothing is lost.</exception>
    public void Barrier()
    {
        ThrowIfClosed();
        RequireMayWait(ThreadRegistrations.Find(_id), nameof(Barrier));
        if (BarrierTarget.Take(_context, codeOnly: false) is { } ticket)
        {
            WaitFor(ticket, codeOnly: false);
        }
    }

    /// <summary>As <see cref="Barrier"/>, without blocking a thread. Continuations run on the thread pool.</summary>
    /// <param name="cancellationToken">Ends the wait, nothing else.</param>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">It would have to wait, and there is no memory to note it or to start the
    /// reclaimer.</exception>
    public ValueTask BarrierAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfClosed();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (BarrierTarget.Take(_context, codeOnly: false) is not { } ticket)
        {
            return ValueTask.CompletedTask;
        }

        return new ValueTask(_events.WriteAround(_reclaimer.WaitAsync(ticket.IsDone, cancellationToken)));
    }

    /// <summary>
    /// Waits until every function callback, delegate and block of a user deallocator queued before the call has been carried out,
    /// as a module has to before it is unloaded (<c>rcu_barrier</c>). Returns at once when none waits: trivial callbacks leave no
    /// pointer to code behind.
    /// </summary>
    /// <exception cref="InvalidOperationException">It would wait, inside a section of this domain, online, or from one of its
    /// callbacks.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory to note what to wait for; nothing is lost.</exception>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted; nothing is lost.</exception>
    public void BarrierCallbacks()
    {
        ThrowIfClosed();
        if (BarrierTarget.Take(_context, codeOnly: true) is { } ticket)
        {
            RequireMayWait(ThreadRegistrations.Find(_id), nameof(BarrierCallbacks));
            WaitFor(ticket, codeOnly: true);
        }
    }

    private void WaitFor(BarrierTarget ticket, bool codeOnly)
    {
        using DomainEventWriter.BarrierSpan told = _events.BeginBarrier(codeOnly);
        BarrierWait.For(_context, _reclaimer, ticket);
    }
}
