using System.Diagnostics.CodeAnalysis;

namespace Quiescent.Ordering;

// The door to the threads of the platform, as Order is to its memory: a thread of the library's own, and whether a
// thread has ended. A build for systematic testing replaces this file too, since there it decides who runs.
internal static class Threads
{
    /// <summary>A background thread, not yet started.</summary>
    public static Thread Create(ThreadStart run, string name) => new(run) { IsBackground = true, Name = name };

    /// <exception cref="ThreadStartException">The platform has no thread to give.</exception>
    /// <exception cref="OutOfMemoryException">There is no memory for one.</exception>
    public static void Start(Thread thread) => thread.UnsafeStart();

    /// <summary>About where this thread runs: a number that spreads threads that run at one time. About 2 ns.</summary>
    public static int CurrentProcessor => Thread.GetCurrentProcessorId();

    public static bool HasEnded(Thread thread) => !thread.IsAlive;
}

// Rings on a thread of the pool, once for each time that it is set.
[SuppressMessage("Design", "CA1001", Justification = "A timer that is not set holds nothing but its own memory.")]
internal sealed class Alarm(Action ring)
{
    private readonly Timer _timer = new(static ring => ((Action)ring!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public void Set(TimeSpan after)
    {
        bool isSet = false;
        bool interrupted = false;
        while (!isSet)
        {
            try
            {
                isSet = _timer.Change(after, Timeout.InfiniteTimeSpan);
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true; // While it waited for the platform's lock: pending again below.
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}

// What one thread sleeps on until another sets it: it stays set until a wait has taken it.
[SuppressMessage("Design", "CA1001", Justification = "Whoever comes late may still set it; the handle's finalizer closes it.")]
internal sealed class Signal
{
    private readonly AutoResetEvent _event = new(initialState: false);

    public void Set() => _event.Set();

    /// <summary>Returns when it is set, or the time has passed.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted.</exception>
    public void Wait(TimeSpan time) =>
        _event.WaitOne(time == Timeout.InfiniteTimeSpan ? Timeout.Infinite : (int)Math.Ceiling(time.TotalMilliseconds));
}
