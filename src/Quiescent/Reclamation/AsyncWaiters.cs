using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// The tasks that await a grace period or a barrier. They block no thread: after each pass the reclaimer asks whether
// they are done, and completes them on the thread pool (O8: no continuation runs on the reclaimer, or under its locks).
internal sealed class AsyncWaiters(Func<Exception> disposed)
{
    private readonly List<Waiter> _waiters = [];
    private int _gate;
    private int _count;
    private bool _isClosed;

    public bool Any => Order.Acquire(in _count) != 0;

    /// <summary>Adds a waiter whose condition the reclaimer evaluates until it holds.</summary>
    public Task Add(Func<bool> isDone, CancellationToken cancellationToken)
    {
        Waiter waiter = new(isDone, cancellationToken);
        try
        {
            if (!TryAdd(waiter))
            {
                waiter.Abandon(disposed());
            }
        }
        catch
        {
            waiter.Forget();
            throw;
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
        while (_waiters.Count != 0)
        {
            _waiters[^1].Abandon(disposed());
            _waiters.RemoveAt(_waiters.Count - 1);
        }

        Order.Release(ref _count, 0);
    }

    /// <summary>Completes the waiters that are done and forgets those that were cancelled. Returns whether there were
    /// any.</summary>
    public bool CompleteReady()
    {
        if (!Any)
        {
            return false;
        }

        bool any = false;
        using (TryLock.Hold(ref _gate))
        {
            for (int i = _waiters.Count - 1; i >= 0; i--)
            {
                if (_waiters[i].IsDone)
                {
                    // Under the gate: continuations do not run here.
                    _waiters[i].Complete();
                    _waiters.RemoveAt(i);
                    any = true;
                }
            }

            Order.Release(ref _count, _waiters.Count);
        }

        return any;
    }

    private bool TryAdd(Waiter waiter)
    {
        using (TryLock.Hold(ref _gate))
        {
            if (_isClosed)
            {
                return false;
            }

            FaultInjection.ThrowIfDue(FaultSite.Waiter);
            _waiters.Add(waiter);
            Order.Release(ref _count, _waiters.Count);
            return true;
        }
    }

    private sealed class Waiter
    {
        private readonly TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenRegistration _registration;
        private readonly Func<bool> _isDone;

        public Waiter(Func<bool> isDone, CancellationToken cancellationToken)
        {
            _isDone = isDone;
            _registration = cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token),
                _source);
        }

        public Task Task => _source.Task;

        public bool IsDone => _source.Task.IsCompleted || _isDone();

        /// <summary>Leaves nothing of the waiter in the token.</summary>
        public void Forget() => _registration.Unregister();

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
