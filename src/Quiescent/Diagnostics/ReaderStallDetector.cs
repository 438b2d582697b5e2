using System.Diagnostics;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Diagnostics;

// Names the reader that holds a grace period up (rcu_cpu_stall). Waiting threads ask it, so a domain in which nobody
// waits runs nothing; of several waiters one reports. From half the timeout on it looks at what the reader's thread
// does (ThreadLooks.cs).
internal sealed class ReaderStallDetector(GracePeriodEngine engine, TimeSpan timeout)
{
    private readonly StallTiming _timing = new(timeout);
    private ThreadLooks _looks;
    private long _gracePeriod = -1;
    private int _lock;
    private long _count;

    public long Count => Order.Acquire(in _count);

    /// <summary>Looks at the thread in the way, if that is due. Returns whether a grace period is so old that a report
    /// may be due.</summary>
    public bool Look()
    {
        if (_timing.IsNever || !TryLock.TryEnter(ref _lock))
        {
            return false;
        }

        try
        {
            long now = Stopwatch.GetTimestamp();
            return TryReadStandstill(now, out _) && engine.TryFindStalled(now - _timing.Timeout, out _);
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }

    /// <summary>Whether a stall must be reported now; if so, who stalls, for how long, and how many reports that
    /// makes.</summary>
    public bool TryDetect(out ReaderStall stall)
    {
        stall = default;
        if (_timing.IsNever || !TryLock.TryEnter(ref _lock))
        {
            return false;
        }

        try
        {
            long now = Stopwatch.GetTimestamp();
            if (!TryReadStandstill(now, out Standstill seen) || !_timing.WouldBeDue(now))
            {
                return false;
            }

            // The look before the reader is named: the section that was in the way during the look still is, then.
            ThreadActivity activity = _looks.Look(engine, seen, now);
            if (engine.FindReader(seen) is not { } reader || !_timing.IsDue(now, out int reports))
            {
                return false;
            }

            Order.Increment(ref _count);
            TimeSpan duration = Stopwatch.GetElapsedTime(seen.StartedAt, now);
            stall = new ReaderStall(reader, seen.Number, duration, reports, activity);
            return true;
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }

    private bool TryReadStandstill(long now, out Standstill seen)
    {
        if (!engine.TryReadStandstill(now - (_timing.Timeout / 2), out seen))
        {
            return false;
        }

        _looks.Begin(engine, seen);
        if (_gracePeriod != seen.Number)
        {
            _gracePeriod = seen.Number;
            _timing.Begin(seen.StartedAt);
        }

        return true;
    }
}

// One finding of the detector.
internal readonly record struct ReaderStall(
    ReaderIdentity Reader, long GracePeriod, TimeSpan Duration, int Reports, ThreadActivity Activity);
