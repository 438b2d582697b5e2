using System.Diagnostics;
using System.Runtime.Loader;

namespace Quiescent.Ordering;

// Whether the process is exiting, and how long waits may still take then. A handler of the exit that waits may wait in
// vain: the thread that called Environment.Exit never leaves the section or the callback that it is in, and nobody can
// tell which thread that was. So a wait that would keep the process ends without result, after its share of four
// seconds: half of what earlier waits in vain have left. The first gets two seconds, the last next to nothing, and
// their sum is bounded.
//
// The runtime raises Unloading of the default load context, then ProcessExit, both on one thread. The library listens
// to both from its first domain on, so it knows of the exit before handlers of ProcessExit run.
//
// Checked by: ProcessExitTests; mutants exit-*.
internal static class ProcessEnd
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(2);
    private static TaskCompletionSource? s_over;
    private static int s_isOver;
    private static Thread? s_thread;
    private static long s_beganAt;
    private static Action? s_setAlarm;
    private static Alarm? s_alarm;
    private static int s_isAlarmSet;
    private static long s_ticksLeft = 4 * Stopwatch.Frequency;
    private static int s_isWatched;

    /// <summary>Whether this thread runs the handlers of the exit: as long as it waits, the process stays.</summary>
    public static bool IsOnThisThread => Order.Acquire(in s_thread) == Thread.CurrentThread;

    /// <summary>Completes on the thread pool two seconds after the exit has begun; for waits without a
    /// thread.</summary>
    /// <exception cref="OutOfMemoryException">The next call tries again.</exception>
    public static Task Over
    {
        get
        {
            Task over = OverSource().Task;
            Order.Exchange(ref s_setAlarm, SetAlarm); // A full fence, as in Begin: one of the two sees the other.
            if (Order.Acquire(in s_thread) is not null)
            {
                SetAlarm();
            }

            return Order.Acquire(in s_isOver) != 0 ? Task.CompletedTask : over;
        }
    }

    /// <summary>From here on an exit is noticed. Cannot fail: without memory, the next domain asks again.</summary>
    public static void Watch()
    {
        if (!TryLock.TryEnter(ref s_isWatched))
        {
            return;
        }

        try
        {
            AssemblyLoadContext.Default.Unloading += static _ => Begin();
            AppDomain.CurrentDomain.ProcessExit += static (_, _) => Begin();
        }
        catch (OutOfMemoryException)
        {
            TryLock.Exit(ref s_isWatched);
        }
    }

    /// <summary>The exception of a wait on the exiting thread that has taken its share.</summary>
    public static TimeoutException RanOut() => new(
        "The process is exiting, and what this call waits for has not happened in the time that is left. "
        + "Nothing has changed.");

    /// <summary>The share of a wait that begins now; null while the process is not exiting.</summary>
    public static long? Share() =>
        Order.Acquire(in s_thread) is null ? null : Math.Max(0, Order.Acquire(in s_ticksLeft) / 2);

    /// <summary>Charges a wait in vain.</summary>
    public static void Charge(long share) => Order.Add(ref s_ticksLeft, -share);

    /// <summary>The process exits, and this thread runs the handlers.</summary>
    public static void Begin()
    {
        if (Order.Acquire(in s_thread) is not null)
        {
            return;
        }

        s_beganAt = Stopwatch.GetTimestamp();
        Order.Exchange(ref s_thread, Thread.CurrentThread);
        Order.Acquire(in s_setAlarm)?.Invoke();
    }

    // Reached only through a delegate that Over stores, so that a native program without asynchronous disposal contains
    // no timer.
    private static void SetAlarm()
    {
        if (!TryLock.TryEnter(ref s_isAlarmSet))
        {
            return;
        }

        try
        {
            TimeSpan left = s_limit - Stopwatch.GetElapsedTime(s_beganAt);
            s_alarm = new Alarm(End);
            s_alarm.Set(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        }
        catch (OutOfMemoryException)
        {
            End(); // Rather too early than never.
        }
    }

    private static TaskCompletionSource OverSource() => Order.Acquire(in s_over)
        ?? Once.Keep(ref s_over, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    // Over makes the source, then asks whether it is over; both here and there an interlocked operation comes between.
    // So a source that this does not see is not waited for.
    private static void End()
    {
        Order.Or(ref s_isOver, 1);
        Order.Acquire(in s_over)?.TrySetResult();
    }
}

// One wait, which at the process's exit gets its share of what is left.
internal struct ExitShare
{
    private long? _share;
    private long _since;

    /// <summary>Whether the process is exiting and this wait has used up its share. Reads a clock.</summary>
    public bool HasRunOut()
    {
        if (_share is null)
        {
            _share = ProcessEnd.Share();
            _since = Stopwatch.GetTimestamp();
        }

        if (_share is not { } share || Stopwatch.GetTimestamp() - _since < share)
        {
            return false;
        }

        ProcessEnd.Charge(share);
        return true;
    }
}
