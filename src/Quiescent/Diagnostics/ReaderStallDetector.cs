using System.Diagnostics;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.Diagnostics;

// Names the reader that holds a grace period up (rcu_cpu_stall). Waiting threads ask it, so a domain in which nobody
// waits runs nothing; of several waiters one reports.
internal sealed class ReaderStallDetector(GracePeriodEngine engine, TimeSpan timeout)
{
    private readonly StallTiming _timing = new(timeout);
    private long _gracePeriod = -1;
    private int _lock;
    private long _count;

    public long Count => Order.Acquire(in _count);

    /// <summary>Whether a grace period is so old that a report may be due.</summary>
    public bool MayBeDue =>
        !_timing.IsNever && engine.TryFindStalled(Stopwatch.GetTimestamp() - _timing.Timeout, out _);

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
            if (!engine.TryFindStalled(now - _timing.Timeout, out StalledGracePeriod stalled))
            {
                return false;
            }

            if (_gracePeriod != stalled.Number)
            {
                _gracePeriod = stalled.Number;
                _timing.Begin(stalled.StartedAt);
            }

            if (!_timing.IsDue(now, out int reports))
            {
                return false;
            }

            Order.Increment(ref _count);
            TimeSpan duration = Stopwatch.GetElapsedTime(stalled.StartedAt, now);
            stall = new ReaderStall(stalled.Reader, stalled.Number, duration, reports);
            return true;
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }
}

// One finding of the detector.
internal readonly record struct ReaderStall(ReaderIdentity Reader, long GracePeriod, TimeSpan Duration, int Reports);
