using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Quiescent.Ordering;

namespace Quiescent.Locks;

// A wait at a lock that holds no thread: what a task awaits. Whoever has news for it calls it: a thread that lets it
// in, a cancellation, the end of a grace period. One of them drives it at a time.
//
//      ┌─────────┐  somebody calls   ┌────────┐   a step ends the wait
//      │ nobody  │ ────────────────► │ driven │ ───────────────────────► over: nobody drives it any more
//      └─────────┘ ◄──────────────── └────────┘
//                    a step waits on, and nobody has called since it began
//
// L10 (no call is lost)  Each call counts itself, and the first one drives. It reads the count, takes a step, and
//     leaves only if the count is still the same; else it takes another step, which sees what the others had to tell:
//     they stored it before they counted. So steps need no lock, and a wait ends once.
// L9  (giving up leaves nothing)  A step that ends the wait without going in takes it out of the lists, and passes on
//     the turn. If the wait has been let in and cancelled, the step goes by what it sees first; then the other does
//     nothing.
// O8  No code of the program runs in a step, except first-chance handlers where memory runs out. Continuations run on
//     pool threads, never on the reclaimer, nor on a thread that lets others in.
//
// Checked by: async-lock.pml; AsyncLockTests; systematic AsyncLockTests; mutants async-lock-….
internal abstract class AsyncLockWait : LockWaiter, IThreadPoolWorkItem
{
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;
    private ManualResetValueTaskSourceCore<bool> _source;
    private Exception? _failure;
    private int _calls;
    private int _isCancelled;
    private int _end;
    private int _isFinished;

    /// <exception cref="OutOfMemoryException">There is no memory for the wait.</exception>
    protected AsyncLockWait() => FaultInjection.ThrowIfDue(FaultSite.WaitLine);

    /// <summary>How a wait ended.</summary>
    protected enum End
    {
        NotYet,
        Inside,
        Cancelled,
        Disposed,
        Failed,
    }

    protected bool IsCancelled => Order.Acquire(in _isCancelled) != 0;

    /// <summary>Begins the wait. True: it is over, and is inside. Else what awaits it learns how it ends.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the cancellation. Nothing has changed.</exception>
    public bool TryBegin(CancellationToken cancellationToken)
    {
        // Before anybody else knows the wait, except the cancellation itself.
        _token = cancellationToken;
        _registration = cancellationToken.UnsafeRegister(static wait => ((AsyncLockWait)wait!).Cancel(), this);
        if (!TryDrive())
        {
            return false;
        }

        if (HowItEnded == End.Inside)
        {
            return true;
        }

        Finish(isOnPool: false);
        return false;
    }

    /// <summary>A call from a thread that waits for nothing here: the end, if this is it, is told on the
    /// pool.</summary>
    public void Call()
    {
        if (TryDrive())
        {
            FinishOnPool();
        }
    }

    /// <summary>A pool thread drives the wait, or tells its end. Perhaps more often than asked.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        TryDrive();
        if (HowItEnded != End.NotYet)
        {
            Finish(isOnPool: true);
        }
    }

    protected ValueTaskSourceStatus StatusOf(short token)
    {
        ValueTaskSourceStatus status = _source.GetStatus(token);
        return status == ValueTaskSourceStatus.Succeeded
            ? HowItEnded switch
            {
                End.Inside => status,
                End.Cancelled => ValueTaskSourceStatus.Canceled,
                _ => ValueTaskSourceStatus.Faulted,
            }
            : status;
    }

    /// <summary>Throws unless the wait is inside.</summary>
    protected void RequireInside(short token)
    {
        _source.GetResult(token);
        switch (HowItEnded)
        {
            case End.Cancelled:
                throw new OperationCanceledException(_token);
            case End.Disposed:
                throw Disposed();
            case End.Failed:
                ExceptionDispatchInfo.Throw(_failure!);
                break;
        }
    }

    protected void Register(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    /// <summary>Goes as far as it can without waiting.</summary>
    /// <exception cref="OutOfMemoryException">The wait fails.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    protected abstract End Advance();

    /// <summary>The wait ends without going in.</summary>
    protected abstract void GiveUp();

    protected abstract ObjectDisposedException Disposed();

    private End HowItEnded => (End)Order.Acquire(in _end);

    // L10 (no call is lost). Returns whether this call has ended the wait: then the count stays, and nobody drives it.
    private bool TryDrive()
    {
        if (Order.Add(ref _calls, 1) != 1)
        {
            return false;
        }

        int seen;
        do
        {
            seen = Order.Acquire(in _calls);
            End end = Step();
            if (end != End.NotYet)
            {
                _registration.Unregister();
                Order.Release(ref _end, (int)end);
                return true;
            }
        }
        while (Order.CompareExchange(ref _calls, 0, seen) != seen);
        return false;
    }

    private End Step()
    {
        End end;
        try
        {
            end = IsCancelled ? End.Cancelled : Advance();
        }
        catch (Exception e) when (e is OutOfMemoryException or ObjectDisposedException)
        {
            _failure = e;
            end = End.Failed;
        }

        if (end is not (End.NotYet or End.Inside))
        {
            GiveUp(); // L9 (giving up leaves nothing)
        }

        return end;
    }

    private void Cancel()
    {
        Order.Release(ref _isCancelled, 1);
        Call();
    }

    private void FinishOnPool()
    {
        try
        {
            FaultInjection.ThrowIfDue(FaultSite.PoolThread);
            Threads.Queue(this);
        }
        catch (OutOfMemoryException)
        {
            Finish(isOnPool: false);
        }
    }

    private void Finish(bool isOnPool)
    {
        if (!TryLock.TryEnter(ref _isFinished))
        {
            return;
        }

        try
        {
            _source.RunContinuationsAsynchronously = !isOnPool;
            _source.SetResult(true);
        }
        catch (OutOfMemoryException)
        {
            // The wait is over. What awaits it could not be queued, which nobody can do in its place.
        }
    }
}
