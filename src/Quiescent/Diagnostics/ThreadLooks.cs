using System.Diagnostics;
using Quiescent.GracePeriods;
using Quiescent.Ordering;

namespace Quiescent.Diagnostics;

// Looks at the thread that holds a grace period up: what the operating system says that it does, and how much processor
// time it has used from one look to the next. A claim about that time needs two looks, at one thread and in one
// section:
//
//     half the timeout           timeout: report 1               three timeouts later: report 2
//     ──── first look ─────────────── look ───────────────────────────── look ──►
//          └──── has used 0 ───────────┘                                   │   the first look stays the older one
//          └──── has used 0 ───────────────────────────────────────────────┘   while the thread uses no time;
//                                       └──── has used 0.31 s ─────────────┘   else the next look is compared with this
//
// While the scan stands where it stood, in the same grace period, the section in the way is the same. The reader is
// named after the look; so its section was in the way during both. Two threads of one number differ in their start.
//
// One thread at a time uses it. It takes no memory.
//
// Checked by: StallThreadTests; mutants stall-thread-*.
internal struct ThreadLooks
{
    // Processor time comes in hundredths of a second: less than some of them say nothing.
    private static readonly TimeSpan s_leastObserved = TimeSpan.FromMilliseconds(100);

    private Standstill _standstill;
    private ThreadStat _stat;
    private long _at;

    /// <summary>Makes the first look, if the grace period stands where it did not stand before.</summary>
    public void Begin(GracePeriodEngine engine, in Standstill seen)
    {
        if (_standstill != seen)
        {
            _standstill = seen;
            _stat = engine.ReadThread(seen);
            _at = Stopwatch.GetTimestamp(); // What is said of the time from here on was seen.
        }
    }

    /// <summary>Looks again, for a report that is made at the given time.</summary>
    public ThreadActivity Look(GracePeriodEngine engine, in Standstill seen, long now)
    {
        Begin(engine, seen);
        ThreadStat stat = engine.ReadThread(seen);
        bool isSame = stat.StartTime != 0 && stat.StartTime == _stat.StartTime;
        long used = isSame ? stat.ProcessorTicks - _stat.ProcessorTicks : 0;
        TimeSpan? observed = isSame && Stopwatch.GetElapsedTime(_at, now) >= s_leastObserved
            ? Stopwatch.GetElapsedTime(_at, now)
            : null;
        if (!isSame || used != 0)
        {
            _stat = stat;
            _at = Stopwatch.GetTimestamp();
        }

        return new ThreadActivity(stat.State, observed, TimeSpan.FromSeconds(used / (double)OsThread.TicksPerSecond));
    }
}

// What a thread does. ObservedFor is null where there was but one look at it, and Used then says nothing.
internal readonly record struct ThreadActivity(char State, TimeSpan? ObservedFor, TimeSpan Used);
