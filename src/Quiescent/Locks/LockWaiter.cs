using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Locks;

// One wait at a lock, and its place in the lock's queue. Made before the gate is taken, so that the queue takes no
// memory (O8).
internal abstract class LockWaiter
{
    private LockWaiter? _next; // The next to be woken by the same thread.
    private int _isBeingWoken;

    protected LockWaiter() => Place = new LinkedListNode<LockWaiter>(this);

    /// <summary>In one of the queue's lists, or in none; under the queue's gate.</summary>
    public LinkedListNode<LockWaiter> Place { get; }

    /// <summary>The writer that has no thread; null for the rest.</summary>
    public virtual LockHolder? Writer => null;

    /// <summary>Lets the waiter look again. Not under the gate: it may run code of the program.</summary>
    public abstract void Wake();

    /// <summary>The waiters that a thread is to wake once it has left the gate, in their order.</summary>
    internal struct ToWake
    {
        private LockWaiter? _first;
        private LockWaiter? _last;

        /// <summary>Under the gate. One that another thread is about to wake is left to that thread: it looks again
        /// after that, and so sees what was changed before this call.</summary>
        public void Add(LockWaiter? waiter)
        {
            if (waiter is not null && Order.Acquire(in waiter._isBeingWoken) == 0)
            {
                waiter._isBeingWoken = 1;
                waiter._next = null;
                if (_last is null)
                {
                    _first = waiter;
                }
                else
                {
                    _last._next = waiter;
                }

                _last = waiter;
            }
        }

        public readonly void Wake()
        {
            for (LockWaiter? waiter = _first; waiter is not null;)
            {
                LockWaiter? next = waiter._next;
                Order.Release(ref waiter._isBeingWoken, 0);
                waiter.Wake();
                waiter = next;
            }
        }
    }
}

// The wait of a thread.
internal sealed class ThreadWaiter : LockWaiter
{
    // Null where the thread must not be blocked, since code of the program would run on it meanwhile, or since the
    // process is exiting and the thread must look at a clock.
    private readonly Signal? _signal;

    private ThreadWaiter(Signal? signal) => _signal = signal;

    /// <summary>A waiter for the current thread; null without memory.</summary>
    public static ThreadWaiter? TryCreate()
    {
        try
        {
            FaultInjection.ThrowIfDue(FaultSite.WaitLine);
            return new ThreadWaiter(Threads.RunsCodeWhileBlocked || ProcessEnd.IsOnThisThread ? null : new Signal());
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    public override void Wake() => _signal?.Set();

    /// <summary>Returns when it is woken, or the time has passed, or earlier.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted.</exception>
    public void Sleep(TimeSpan atMost)
    {
        if (_signal is null)
        {
            Thread.Sleep(SleepMilliseconds);
        }
        else
        {
            _signal.Wait(atMost);
        }
    }
}
