using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using static Quiescent.Tuning;

namespace Quiescent.Ordering;

// The door to the threads of the platform, as Order is to its memory: a thread of the library's own, and whether a
// thread has ended. A build for systematic testing replaces this file too, since there it decides who runs.
internal static class Threads
{
    /// <summary>A background thread, not yet started.</summary>
    public static Thread Create(ThreadStart run, string name) => new(run) { IsBackground = true, Name = name };

    /// <summary>Returns when the thread has begun. An interrupt stays pending.</summary>
    /// <exception cref="ThreadStartException">The platform has no thread to give.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for one.</exception>
    public static void Start(Thread thread)
    {
        try
        {
            thread.UnsafeStart();
        }
        catch (ThreadInterruptedException)
        {
            // In native code it strikes the wait for the thread's beginning. The thread runs all the same.
            Thread.CurrentThread.Interrupt();
        }
    }

    /// <summary>Sleeps for a millisecond. Unlike in <see cref="Thread.Sleep(int)"/> an interrupt stays pending, and no
    /// exception is raised.</summary>
    public static void SleepInLock() => OsThread.Sleep(SleepMilliseconds);

    /// <summary>How long a thread is blocked at most before it looks for itself, in a line of so many. With a turn of a
    /// few milliseconds each, a thread gets its own turn before; together they look a few hundred times in a
    /// second.</summary>
    public static TimeSpan BlockedAtMost(int inLine) => TimeSpan.FromMilliseconds(
        Math.Max(MinBlockedMilliseconds, BlockedMillisecondsPerThread * (long)inLine));

    /// <summary>Has a pool thread run the item, perhaps twice; a thread of its own, if the first use of the pool may
    /// still wait for listeners. An interrupt stays pending. For what completes tasks, which need the pool.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory or thread for it, and the item has not
    /// run.</exception>
    public static void Queue(IThreadPoolWorkItem item)
    {
        FaultInjection.ThrowIfDue(FaultSite.PoolThread);
        bool isQueued = false;
        bool interrupted = false;
        while (!isQueued)
        {
            try
            {
                QueueOnce(item);
                isQueued = true;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true; // It struck in a lock of the pool's.
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    private static void QueueOnce(IThreadPoolWorkItem item)
    {
        if (PlatformPools.AreUsed)
        {
            ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);
            return;
        }

        try
        {
            Start(Create(item.Execute, "rcu work item"));
        }
        catch (ThreadStartException e)
        {
            throw new InsufficientMemoryException("The platform has no thread to give.", e);
        }
    }

    /// <summary>Has another thread run the item, perhaps twice: of the pool, or one of the library's own (Workers). An
    /// interrupt stays pending. For reports, and what comes after a disposal.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory or thread for it, and the item has not
    /// run.</exception>
    public static void RunElsewhere(IThreadPoolWorkItem item)
    {
        if (Workers.ReplacePool)
        {
            FaultInjection.ThrowIfDue(FaultSite.PoolThread);
            Workers.Run(item);
        }
        else
        {
            Queue(item);
        }
    }

    public static bool HasEnded(Thread thread) => !thread.IsAlive;

    /// <summary>Whether a thread may run managed code after its object says that it has ended: see
    /// ThreadLife.</summary>
    public static bool OutliveTheirObjects => true;

    /// <summary>Whether code of the program may run on this thread while it is blocked: calls into a single-threaded
    /// apartment, or a synchronization context that the runtime notifies of each wait. Never in
    /// <see cref="Thread.Sleep(int)"/>.</summary>
    public static bool RunsCodeWhileBlocked =>
        (OperatingSystem.IsWindows() && Thread.CurrentThread.GetApartmentState() == ApartmentState.STA)
        || SynchronizationContext.Current?.IsWaitNotificationRequired() == true;
}

// User code may change its thread, and code of other owners that runs there next would see it. This is what can be
// reset: the execution context (AsyncLocals, Activity.Current, both cultures, suppressed flow), the synchronization
// context, and the thread's priority, name and IsBackground. The thread pool resets these after each work item; the
// reclaimer does so after each callback. Nothing resets [ThreadStatic] fields, locks that were not released, or native
// thread state.
internal readonly struct ThreadDefaults
{
    private readonly ExecutionContext? _context;
    private readonly SynchronizationContext? _synchronization;
    private readonly Thread _thread;
    private readonly string? _name;
    private readonly ThreadPriority _priority;
    private readonly bool _isBackground;

    private ThreadDefaults(Thread thread)
    {
        _context = ExecutionContext.Capture();
        _synchronization = SynchronizationContext.Current;
        _thread = thread;
        _name = thread.Name;
        _priority = thread.Priority;
        _isBackground = thread.IsBackground;
    }

    /// <summary>The state of this thread now; allocates nothing.</summary>
    public static ThreadDefaults OfCurrent() => new(Thread.CurrentThread);

    /// <summary>Resets this thread to the state. Never throws; costs a few loads when nothing was changed. Runs the
    /// handlers of the AsyncLocals that change, so hold no lock.</summary>
    public void Restore()
    {
        if (ExecutionContext.Capture() != _context
            || SynchronizationContext.Current != _synchronization
            || !ReferenceEquals(_thread.Name, _name)
            || _thread.Priority != _priority
            || _thread.IsBackground != _isBackground)
        {
            RestoreChanged();
        }
    }

    private void RestoreChanged()
    {
        try
        {
            // First, since the handlers that it runs may change the rest.
            if (_context is not null)
            {
                ExecutionContext.Restore(_context);
            }

            SynchronizationContext.SetSynchronizationContext(_synchronization);
            _thread.IsBackground = _isBackground;
            _thread.Priority = _priority;
            if (!ReferenceEquals(_thread.Name, _name))
            {
                _thread.Name = _name;
            }
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStateException)
        {
            // The next call tries again.
        }
        catch (ThreadInterruptedException)
        {
            Thread.CurrentThread.Interrupt(); // It struck at the lock of the thread's name. The next call tries again.
        }
    }
}

// Rings on a pool thread, once each time that it is set. One that only garbage referred to never rings again, though a
// finalizer of the program has made it reachable: the timer's own finalizer has run, and the timer refuses for good.
[SuppressMessage("Design", "CA1001", Justification = "A timer that is not set holds nothing but its own memory.")]
internal sealed class Alarm(Action ring)
{
    private readonly Timer _timer = Create(ring);

    public void Set(TimeSpan after)
    {
        bool hasReturned = false;
        bool interrupted = false;
        while (!hasReturned)
        {
            try
            {
                _timer.Change(after, Timeout.InfiniteTimeSpan);
                hasReturned = true;
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true; // It struck while Change waited for the platform's lock. Pending again below.
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    // A timer that captured its maker's execution context would keep all that this refers to for as long as the domain
    // lives: the objects of the request that happened to be the first to wait.
    private static Timer Create(Action ring)
    {
        bool isFlowing = !ExecutionContext.IsFlowSuppressed();
        AsyncFlowControl flow = isFlowing ? ExecutionContext.SuppressFlow() : default;
        try
        {
            return new Timer(
                static state => ((Action)state!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        finally
        {
            if (isFlowing)
            {
                flow.Undo();
            }
        }
    }
}

// One thread sleeps on it until another sets it. It stays set until a wait takes it.
[SuppressMessage("Design", "CA1001", Justification = "A latecomer may still set it; the event's finalizer closes it.")]
internal sealed class Signal
{
    private readonly AutoResetEvent _event;

    /// <exception cref="OutOfMemoryException">There is no memory for it, or the system has none to give.</exception>
    public Signal()
        : this(static () => new AutoResetEvent(initialState: false))
    {
    }

    /// <summary>For tests of a system that has none to give.</summary>
    internal Signal(Func<AutoResetEvent> create)
    {
        try
        {
            _event = create();
        }
        catch (IOException e)
        {
            // What Windows says when handles or its own memory run out.
            throw new InsufficientMemoryException("The system has no event to give.", e);
        }
    }

    public void Set() => _event.Set();

    /// <summary>Returns when it is set, or the time has passed; whether it was set.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted.</exception>
    public bool Wait(TimeSpan time)
    {
        long roundedUp = (time.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond;
        return _event.WaitOne(
            time == Timeout.InfiniteTimeSpan ? Timeout.Infinite : (int)Math.Min(roundedUp, int.MaxValue));
    }
}

// As a Signal, for sleeps of a millisecond and less: the system's own (futex(2)), with less overhead. Nothing
// interrupts the sleeping thread; an interrupt stays pending. Linux only.
internal sealed unsafe class Bell
{
    private const int Rung = 1;
    private const int Asleep = 2;

    // Pinned: the system knows the word by its address.
    private readonly int[] _word = GC.AllocateArray<int>(1, pinned: true);

    private Bell()
    {
    }

    /// <summary>A bell, or null where the platform has none.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for it.</exception>
    public static Bell? TryCreate() => OsThread.CanWaitOnWords ? new Bell() : null;

    // SAFETY: the array is pinned, and this object keeps it during the call.
    private int* Address => (int*)Unsafe.AsPointer(ref _word[0]);

    /// <summary>Wakes the thread that waits, or else the next that would. Any thread may call it; a system call if one
    /// waits.</summary>
    public void Ring()
    {
        if ((Order.Or(ref _word[0], Rung) & Asleep) != 0)
        {
            OsThread.WakeOnWord(Address);
            GC.KeepAlive(this);
        }
    }

    /// <summary>Returns when it rings or has rung since the last wait, or a millisecond has passed, or spuriously.
    /// Returns whether it rang.</summary>
    public bool Wait()
    {
        if (Order.CompareExchange(ref _word[0], Asleep, 0) == 0)
        {
            OsThread.WaitOnWord(Address, Asleep, SleepMilliseconds);
        }

        return (Order.And(ref _word[0], 0) & Rung) != 0;
    }
}
