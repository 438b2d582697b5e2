using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Reclamation;

// The tasks that await a grace period or a barrier. They block no thread: after each pass the reclaimer asks which are
// done, and pool threads complete them (O8: no code of those who await runs on the reclaimer, or under its locks). A
// caller that disposes of the domain, or steps it by hand, completes them itself. Waits at an asynchronous lock come
// here too: a writer that waits for readers, and what the pool has refused (Locks/AsyncLockWait.cs).
//
// However many there are, a pass that finds none done looks at few. Those that await a grace period are in the order of
// their targets, so if the first is not done, none is. The others each have a condition of their own: a pass evaluates
// some of them and puts them back at the end. A cancelled task leaves its list at once.
//
// The gate protects the lists and nothing else (O8). Making and completing a waiter may run code of the program, such
// as a first-chance handler or a listener of the thread pool's events, so both happen with the gate open. The
// conditions are evaluated under it: they take no memory and run no such code.
internal sealed class AsyncWaiters(GracePeriodEngine engine, Func<Exception> disposed)
{
    private const int ConditionsPerPass = 256;

    private readonly WaiterList _gracePeriods = new();
    private readonly WaiterList _conditions = new();
    private int _gate;
    private int _count;
    private bool _isClosed;

    public bool Any => Order.Acquire(in _count) != 0;

    /// <summary>Adds a waiter that is done when the grace period has ended.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public TaskWaiter Add(ulong target, CancellationToken cancellationToken) =>
        Add(new TaskWaiter(this, isDone: null, target, cancellationToken));

    /// <summary>Adds a waiter whose condition the reclaimer evaluates until it holds. The condition takes no memory and
    /// runs no user code.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it; nothing has changed.</exception>
    public TaskWaiter Add(Func<bool> isDone, CancellationToken cancellationToken) =>
        Add(new TaskWaiter(this, isDone, target: 0, cancellationToken));

    /// <summary>Adds a waiter, unless it is in a list by now. Takes no memory. False: the domain is disposed, and
    /// nobody looks after waiters any more.</summary>
    public bool TryAdd(Waiter waiter)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_isClosed)
        {
            return false;
        }

        Insert(waiter);
        return true;
    }

    /// <summary>The name of a lock whose writer waits for readers here; null if there is none.</summary>
    public string? FindLock()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Waiter? waiter = _conditions.First;
        while (waiter is { LockName: null })
        {
            waiter = waiter.Next;
        }

        return waiter?.LockName;
    }

    /// <summary>Takes the waiter out of its list: nobody awaits it.</summary>
    public void Withdraw(Waiter waiter)
    {
        Take(waiter);
        waiter.Forget();
    }

    /// <summary>The domain is disposed and nobody evaluates conditions any more: the remaining waits fail.</summary>
    public void Close()
    {
        using (TryLock.Hold(ref _gate))
        {
            _isClosed = true;
        }

        CompleteReady(onPool: false);
        while (Take(_gracePeriods.First ?? _conditions.First) is { } waiter)
        {
            Abandon(waiter);
        }
    }

    /// <summary>Completes the waiters that are done, as far as it evaluates them. Returns whether there were
    /// any.</summary>
    /// <param name="onPool">Whether pool threads complete them. What completes a task calls the synchronization context
    /// or the scheduler of those who await it, which are the program's: they may block.</param>
    public bool CompleteReady(bool onPool)
    {
        bool any = false;
        int looks = ConditionsPerPass;
        while (Any && TakeReady(ref looks) is { } waiter)
        {
            any = true;
            Complete(waiter, onPool);
        }

        return any;
    }

    private void Complete(Waiter waiter, bool onPool)
    {
        try
        {
            FaultInjection.ThrowIfDue(FaultSite.Waiter);
            waiter.Complete(onPool);
        }
        catch (OutOfMemoryException)
        {
            PutBack(waiter);
            throw; // Which runs first-chance handlers again: not under the gate (O8).
        }
    }

    private void Abandon(Waiter waiter)
    {
        try
        {
            FaultInjection.ThrowIfDue(FaultSite.Waiter);
            waiter.Abandon(disposed());
        }
        catch (OutOfMemoryException)
        {
            PutBack(waiter);
            throw;
        }
    }

    // For the next pass, or the next call of Close.
    private void PutBack(Waiter waiter)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        Insert(waiter);
    }

    // If the domain is disposed, the waiter is abandoned before the call returns.
    private TaskWaiter Add(TaskWaiter waiter)
    {
        try
        {
            FaultInjection.ThrowIfDue(FaultSite.Waiter);
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

        return waiter;
    }

    private Waiter? TakeReady(ref int looks)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_gracePeriods.First is { } oldest && oldest.IsDone(engine))
        {
            return TakeOut(oldest);
        }

        for (looks = Math.Min(looks, _conditions.Count); looks > 0; looks--)
        {
            Waiter waiter = _conditions.First!;
            if (waiter.IsDone(engine))
            {
                return TakeOut(waiter);
            }

            _conditions.Remove(waiter);
            _conditions.Insert(waiter, after: _conditions.Last);
        }

        return null;
    }

    // Null if there is none, or it was cancelled just now.
    private Waiter? Take(Waiter? waiter)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        return waiter is null ? null : TakeOut(waiter);
    }

    // The rest is under the gate.
    private Waiter TakeOut(Waiter waiter)
    {
        if (waiter.List is { } list)
        {
            list.Remove(waiter);
            Order.Release(ref _count, _count - 1);
        }

        return waiter;
    }

    // A waiter that is cancelled already has nobody left to take it out.
    private void Insert(Waiter waiter)
    {
        if (waiter.IsOver || waiter.List is not null)
        {
            return;
        }

        // Threads that take their targets at the same time may come here in another order.
        WaiterList list = waiter.HasCondition ? _conditions : _gracePeriods;
        Waiter? after = list.Last;
        while (after is not null && after.IsAfter(waiter))
        {
            after = after.Previous;
        }

        list.Insert(waiter, after);
        Order.Release(ref _count, _count + 1);
    }

    /// <summary>Somebody who has no thread and awaits a grace period, or a condition.</summary>
    internal abstract class Waiter(Func<bool>? isDone, ulong target)
    {
        /// <summary>Of the grace period, if there is no condition.</summary>
        public ulong Target => target;

        public bool HasCondition => isDone is not null;

        // The list that it is in and its neighbours; under the gate.
        public WaiterList? List { get; set; }

        public Waiter? Next { get; set; }

        public Waiter? Previous { get; set; }

        /// <summary>Whether it waits no longer, and so belongs in no list.</summary>
        public abstract bool IsOver { get; }

        /// <summary>The lock whose writer waits for readers in this way; else null.</summary>
        public virtual string? LockName => null;

        public bool IsDone(GracePeriodEngine engine) => isDone?.Invoke() ?? engine.HasCompleted(target);

        /// <summary>Whether both await a grace period, and the other one's is earlier.</summary>
        public bool IsAfter(Waiter other) => !HasCondition && !SectionWord.HasReached(other.Target, target);

        /// <summary>Nobody awaits it: leaves nothing behind.</summary>
        public virtual void Forget()
        {
        }

        /// <summary>What it awaited has happened. Perhaps called twice.</summary>
        /// <param name="onPool">Whether a pool thread must do what follows.</param>
        /// <exception cref="OutOfMemoryException">It is as before: to be completed later.</exception>
        public abstract void Complete(bool onPool);

        /// <summary>What it awaits will not happen.</summary>
        /// <exception cref="OutOfMemoryException">It is as before: to be abandoned later.</exception>
        public abstract void Abandon(Exception exception);
    }

    /// <summary>One awaited task.</summary>
    internal sealed class TaskWaiter : Waiter, IThreadPoolWorkItem
    {
        private readonly TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CancellationTokenRegistration _registration;
        private readonly AsyncWaiters _waiters;

        public TaskWaiter(AsyncWaiters waiters, Func<bool>? isDone, ulong target, CancellationToken cancellationToken)
            : base(isDone, target)
        {
            _waiters = waiters;
            _registration = cancellationToken.UnsafeRegister(
                static (waiter, token) => ((TaskWaiter)waiter!).Cancel(token),
                this);
        }

        public Task Task => _source.Task;

        public override bool IsOver => _source.Task.IsCompleted;

        /// <summary>Leaves nothing of the waiter in the token.</summary>
        public override void Forget() => _registration.Unregister();

        public override void Complete(bool onPool)
        {
            if (onPool)
            {
                Threads.Queue(this);
            }
            else
            {
                _source.TrySetResult();
            }

            Forget(); // Not before the pool has taken it: until then it can be cancelled.
        }

        public override void Abandon(Exception exception)
        {
            Forget();
            _source.TrySetException(exception);
        }

        void IThreadPoolWorkItem.Execute()
        {
            try
            {
                _source.TrySetResult();
            }
            catch (OutOfMemoryException)
            {
                // It is over. What awaits it could not be queued, which nobody can do in its place.
            }
        }

        // Either it is in its list by now, or Insert finds the task completed.
        private void Cancel(CancellationToken token)
        {
            _source.TrySetCanceled(token);
            _waiters.Take(this);
        }
    }

    /// <summary>Waiters linked to one another: nothing is allocated under the gate.</summary>
    internal sealed class WaiterList
    {
        public Waiter? First { get; private set; }

        public Waiter? Last { get; private set; }

        public int Count { get; private set; }

        /// <summary>Inserts behind the given waiter, or at the beginning.</summary>
        public void Insert(Waiter waiter, Waiter? after)
        {
            waiter.List = this;
            waiter.Previous = after;
            waiter.Next = after is null ? First : after.Next;
            if (after is null)
            {
                First = waiter;
            }
            else
            {
                after.Next = waiter;
            }

            if (waiter.Next is null)
            {
                Last = waiter;
            }
            else
            {
                waiter.Next.Previous = waiter;
            }

            Count++;
        }

        public void Remove(Waiter waiter)
        {
            if (waiter.Previous is null)
            {
                First = waiter.Next;
            }
            else
            {
                waiter.Previous.Next = waiter.Next;
            }

            if (waiter.Next is null)
            {
                Last = waiter.Previous;
            }
            else
            {
                waiter.Next.Previous = waiter.Previous;
            }

            waiter.List = null;
            waiter.Next = waiter.Previous = null;
            Count--;
        }
    }
}
