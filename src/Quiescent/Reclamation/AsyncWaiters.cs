using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// The tasks that await a grace period or a barrier. They block no thread: after each pass the reclaimer asks whether
// they are done, and completes them on the thread pool (O8: no continuation runs on the reclaimer, or under its locks).
//
// The gate protects the list's links and nothing else: making, asking and completing a waiter may run user code (a
// first-chance handler, a listener of the thread pool's events).
internal sealed class AsyncWaiters(Func<Exception> disposed)
{
    private Waiter? _newest;
    private int _gate;
    private int _count;
    private bool _isClosed;

    public bool Any => Order.Acquire(in _count) != 0;

    /// <summary>Adds a waiter whose condition the reclaimer evaluates until it holds.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public Task Add(Func<bool> isDone, CancellationToken cancellationToken)
    {
        FaultInjection.ThrowIfDue(FaultSite.Waiter);
        Waiter waiter = new(isDone);
        waiter.Register(cancellationToken);
        if (!TryAdd(waiter))
        {
            waiter.Abandon(disposed());
        }

        return waiter.Task;
    }

    /// <summary>The domain is disposed and nobody evaluates conditions any more: the remaining waits fail.</summary>
    public void Close()
    {
        using (TryLock.Hold(ref _gate))
        {
            _isClosed = true;
        }

        CompleteReady();
        for (Waiter? waiter = Order.Acquire(in _newest); waiter is not null; waiter = waiter.Older)
        {
            waiter.IsReady = true;
            waiter.Abandon(disposed());
        }

        TakeReady();
    }

    /// <summary>Completes the waiters that are done and forgets those that were cancelled. Returns whether there were
    /// any.</summary>
    public bool CompleteReady()
    {
        if (!Any)
        {
            return false;
        }

        // New ones come in front of the first one seen here. One that leaves the list meanwhile still leads to the
        // older ones.
        for (Waiter? waiter = Order.Acquire(in _newest); waiter is not null; waiter = waiter.Older)
        {
            waiter.IsReady = waiter.IsReady || waiter.IsDone;
        }

        Waiter? ready = TakeReady();
        for (Waiter? waiter = ready; waiter is not null; waiter = waiter.NextReady)
        {
            waiter.Complete();
        }

        return ready is not null;
    }

    private bool TryAdd(Waiter waiter)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_isClosed)
        {
            return false;
        }

        waiter.Older = _newest;
        Order.Release(ref _newest, waiter);
        Order.Release(ref _count, _count + 1);
        return true;
    }

    // Takes what is ready out of the list, the oldest first.
    private Waiter? TakeReady()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Waiter? ready = null;
        Waiter? newer = null;
        for (Waiter? waiter = _newest; waiter is not null; waiter = waiter.Older)
        {
            if (!waiter.IsReady)
            {
                newer = waiter;
                continue;
            }

            if (newer is null)
            {
                Order.Release(ref _newest, waiter.Older);
            }
            else
            {
                newer.Older = waiter.Older;
            }

            waiter.NextReady = ready;
            ready = waiter;
            Order.Release(ref _count, _count - 1);
        }

        return ready;
    }

    private sealed class Waiter(Func<bool> isDone)
    {
        private readonly TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private CancellationTokenRegistration _registration;

        /// <summary>The next one in the list.</summary>
        public Waiter? Older { get; set; }

        /// <summary>The next one that was taken out of it at the same time.</summary>
        public Waiter? NextReady { get; set; }

        /// <summary>Whether it has been found done, and leaves the list.</summary>
        public bool IsReady { get; set; }

        public Task Task => _source.Task;

        public bool IsDone => _source.Task.IsCompleted || isDone();

        /// <summary>Has the token cancel the wait; the last step that needs memory.</summary>
        public void Register(CancellationToken cancellationToken) =>
            _registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token),
                _source);

        /// <summary>Leaves nothing of the waiter in the token.</summary>
        private void Forget() => _registration.Unregister();

        public void Abandon(Exception exception)
        {
            Forget();
            _source.TrySetException(exception);
        }

        public void Complete()
        {
            Forget();
            _source.TrySetResult();
        }
    }
}
