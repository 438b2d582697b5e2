using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;
using Quiescent.Ordering;
using Quiescent.Reclamation;

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
//     they stored it before they counted. So steps need no lock, and a wait ends once. Where the pool refuses to run a
//     wait, or to tell its end, the reclaimer asks the pool again after each pass, which takes no memory; and if there
//     is no thread for the reclaimer, the lock's stall timer asks for one.
// L9  (giving up leaves nothing)  A step that ends the wait without going in takes it out of the lists, and passes on
//     the turn. If the wait has been let in and cancelled, the step goes by what it sees first; then the other does
//     nothing.
// O8  No code of the program runs in a step, except first-chance handlers where memory runs out or the domain is
//     disposed. Continuations, and the contexts that they ask for, run on pool threads, never on the reclaimer, nor on
//     a thread that lets others in.
//
// Checked by: async-lock.pml; AsyncLockTests, AsyncLockEndTests, AsyncLockRefusalTests; systematic AsyncLockTests;
// mutants async-lock-….
internal abstract class AsyncLockWait : LockWaiter, IThreadPoolWorkItem
{
    private readonly Look _look;
    private CancellationToken _token;
    private CancellationTokenRegistration _registration;
    private ManualResetValueTaskSourceCore<bool> _source;
    private Exception? _failure;
    private int _calls;
    private int _isCancelled;
    private int _end;
    private int _isFinished;

    /// <exception cref="OutOfMemoryException">There is no memory for the wait.</exception>
    protected AsyncLockWait(AsyncLockCore core)
    {
        FaultInjection.ThrowIfDue(FaultSite.WaitLine);
        Core = core;
        _look = new Look(this);
    }

    /// <summary>How a wait ended.</summary>
    protected enum End
    {
        NotYet,
        Inside,
        Cancelled,
        Disposed,
        Failed,
    }

    protected AsyncLockCore Core { get; }

    /// <summary>Whether it keeps readers out, and waits for those that are inside.</summary>
    protected virtual bool WaitsForReaders => false;

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

        Finish(); // Nobody awaits it yet.
        return false;
    }

    /// <summary>A call from a thread that waits for nothing here. If it ends the wait, a pool thread completes
    /// it.</summary>
    public void Call()
    {
        if (TryDrive())
        {
            RunOnPool();
        }
    }

    /// <summary>A pool thread drives the wait, or tells its end. Perhaps more often than asked.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        TryDrive();
        if (HowItEnded != End.NotYet)
        {
            Finish();
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
                throw Core.Disposed();
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

    /// <summary>Whether a step would do anything, for a wait that the reclaimer looks for. Takes no memory, and runs no
    /// user code.</summary>
    protected abstract bool MayGoOn();

    /// <summary>Has the reclaimer look when the wait may go on.</summary>
    /// <param name="target">Of the grace period that it waits for; 0 if there is none.</param>
    /// <exception cref="OutOfMemoryException">The reclaimer cannot be started.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    protected void AwaitReclaimer(ulong target)
    {
        if (target != 0)
        {
            Core.Domain.Reclaimer.Request(target);
        }

        Core.Domain.Reclaimer.Await(_look);
    }

    /// <summary>Has a pool thread drive the wait, or tell its end. Never throws.</summary>
    protected void RunOnPool()
    {
        while (!TryQueue() && !Core.Domain.Reclaimer.TryAwait(_look))
        {
            Threads.SleepInLock(); // The domain is disposed: nobody else can try again.
        }
    }

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
                Core.Domain.Reclaimer.Waiters.Withdraw(_look);
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
            Core.Queue.Leave(this); // L9 (giving up leaves nothing)
        }

        return end;
    }

    private void Cancel()
    {
        Order.Release(ref _isCancelled, 1);
        Call();
    }

    private bool TryQueue()
    {
        try
        {
            Threads.Queue(this);
            return true;
        }
        catch (OutOfMemoryException)
        {
            Core.StartStallTimer();
            return false;
        }
    }

    // By a pool thread, or before anybody awaits it.
    private void Finish()
    {
        if (!TryLock.TryEnter(ref _isFinished))
        {
            return;
        }

        try
        {
            _source.SetResult(true);
        }
        catch (OutOfMemoryException)
        {
            // The wait is over. The awaiter's context could not be called, which nobody can do in its place.
        }
    }

    // The wait among those that the reclaimer looks after: a writer that waits for readers, or what the pool refused.
    private sealed class Look(AsyncLockWait wait)
        : AsyncWaiters.Waiter(() => wait.HowItEnded != End.NotYet || wait.MayGoOn(), target: 0)
    {
        public override bool IsOver => Order.Acquire(in wait._isFinished) != 0;

        public override string? LockName => wait.WaitsForReaders ? wait.Core.Name : null;

        public override void Complete(bool onPool) => Threads.Queue(wait);

        // The domain is disposed, and the wait finds that out.
        public override void Abandon(Exception exception) => Threads.Queue(wait);
    }
}
