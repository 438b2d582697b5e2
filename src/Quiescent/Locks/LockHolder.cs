using System.Diagnostics;
using Quiescent.Ordering;

namespace Quiescent.Locks;

// A writer that has the turn at a lock: it waits for readers, or is inside. Each write has an object of its own, since
// a thread may write again, and its earlier scope must not end the later write.
internal sealed class LockHolder
{
    [ThreadStatic]
    private static ulong t_osThreadId;

    private readonly bool _isBound;
    private long _since;

    /// <summary>The current thread.</summary>
    public LockHolder()
        : this(waiter: null) => _isBound = true;

    /// <summary>A writer without a thread, for which the current one has asked.</summary>
    /// <param name="waiter">Its wait; null if it does not wait.</param>
    public LockHolder(LockWaiter? waiter)
    {
        Waiter = waiter;
        if (t_osThreadId == 0)
        {
            t_osThreadId = OsThread.CurrentId();
        }

        OsThreadId = t_osThreadId;
    }

    public Thread Thread { get; } = Thread.CurrentThread;

    /// <summary>The wait of a writer without a thread; null if there is none.</summary>
    public LockWaiter? Waiter { get; }

    public ulong OsThreadId { get; }

    /// <summary>Since when it is inside, a Stopwatch timestamp; 0 while it waits.</summary>
    public long Since => Order.Acquire(in _since);

    /// <summary>Whether it is the current thread.</summary>
    public bool IsCurrent => _isBound && Thread == Thread.CurrentThread;

    /// <summary>The writer is alone from here on.</summary>
    public void GoIn() => Order.Release(ref _since, Stopwatch.GetTimestamp());
}
