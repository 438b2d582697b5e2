using Quiescent.Systematic.Support;

namespace Quiescent.Ordering;

// Stands in for the library's file of the same name: threads belong to the schedule, which alone says when they have
// ended. (The platform's answer comes some time after the thread's last step, so that no schedule could be replayed.)
internal static class Threads
{
    public static Thread Create(ThreadStart run, string name) =>
        (Schedule.Current ?? throw new InvalidOperationException($"'{name}' would run outside of any schedule."))
            .Create(run);

    public static void Start(Thread thread) => thread.Start();

    public static void SleepInLock() => Thread.Sleep(1);

    // No schedule goes by the clock: a thread that is woken by nobody is a deadlock, and found as one.
    public static TimeSpan BlockedAtMost(int inLine) => Timeout.InfiniteTimeSpan;

    public static void Queue(IThreadPoolWorkItem item) => item.Execute(); // No pool belongs to a schedule.

    public static void RunElsewhere(IThreadPoolWorkItem item) =>
        ThreadPool.UnsafeQueueUserWorkItem(item, preferLocal: false);

    public static bool RunsCodeWhileBlocked => false;

    public static bool OutliveTheirObjects => false;

    public static bool HasEnded(Thread thread)
    {
        bool? hasEnded = Schedule.Current?.HasEnded(thread);
        if (hasEnded is null)
        {
            return !thread.IsAlive;
        }

        Schedule.Point();
        return Schedule.Current!.HasEnded(thread) == true;
    }
}

// No scenario changes the state of a thread.
internal readonly struct ThreadDefaults
{
    public static ThreadDefaults OfCurrent() => default;

    public void Restore()
    {
    }
}

// Never rings: its timeout is longer than any schedule.
internal sealed class Alarm(Action ring)
{
    public void Set(TimeSpan after) => GC.KeepAlive(ring);
}

// A bounded wait ends after some steps of others that the exploration chooses, or earlier; an unbounded one when it is
// set.
internal sealed class Signal
{
    private bool _isSet;

    public void Set()
    {
        Schedule.Point();
        _isSet = true;
    }

    public bool Wait(TimeSpan time)
    {
        if (time == Timeout.InfiniteTimeSpan)
        {
            Schedule.RestUntil(() => _isSet);
        }
        else
        {
            Thread.Sleep(time);
        }

        bool wasSet = _isSet;
        _isSet = false;
        return wasSet;
    }
}

// Its sleeps would stop the schedule: here all sleep on signals.
internal sealed class Bell
{
    public static Bell? TryCreate() => null;

    public void Ring()
    {
    }

    public bool Wait() => false;
}
