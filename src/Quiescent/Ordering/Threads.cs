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

    /// <summary>Roughly the processor that this thread runs on: a number that spreads threads that run at the same
    /// time. About 2 ns.</summary>
    public static int CurrentProcessor => Thread.GetCurrentProcessorId();

    public static bool HasEnded(Thread thread) => !thread.IsAlive;

    /// <summary>Whether a thread may run managed code after its object says that it has ended: see
    /// ThreadLife.</summary>
    public static bool OutliveTheirObjects => true;

    /// <summary>Whether code of the program may run on this thread while it is blocked: what a single-threaded
    /// apartment receives, or a synchronization context that is told of each wait. Never in
    /// <see cref="Thread.Sleep(int)"/>.</summary>
    public static bool RunsCodeWhileBlocked =>
        (OperatingSystem.IsWindows() && Thread.CurrentThread.GetApartmentState() == ApartmentState.STA)
        || SynchronizationContext.Current?.IsWaitNotificationRequired() == true;
}

// Rings on a pool thread, once each time that it is set.
[SuppressMessage("Design", "CA1001", Justification = "A timer that is not set holds nothing but its own memory.")]
internal sealed class Alarm(Action ring)
{
    private readonly Timer _timer =
        new(static ring => ((Action)ring!)(), ring, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

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
                interrupted = true; // It struck while Change waited for the platform's lock. Pending again below.
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }
}

// One thread sleeps on it until another sets it. It stays set until a wait takes it.
[SuppressMessage("Design", "CA1001", Justification = "A latecomer may still set it; the event's finalizer closes it.")]
internal sealed class Signal
{
    private readonly AutoResetEvent _event = new(initialState: false);

    public void Set() => _event.Set();

    /// <summary>Returns when it is set, or the time has passed.</summary>
    /// <exception cref="ThreadInterruptedException">The thread was interrupted.</exception>
    public void Wait(TimeSpan time) =>
        _event.WaitOne(time == Timeout.InfiniteTimeSpan ? Timeout.Infinite : (int)Math.Ceiling(time.TotalMilliseconds));
}
