using System.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Readers;

namespace Quiescent.GracePeriods;

// Names the reader that holds a grace period up (rcu_cpu_stall). Asked by whoever waits, so a domain in which nobody waits runs
// nothing; of several waiters one reports. First after the timeout, then each three timeouts later, as the kernel does.
internal sealed class StallDetector(GracePeriodEngine engine, TimeSpan timeout)
{
    private readonly long _timeout = ToStopwatchTicks(timeout);
    private long _gracePeriod = -1;
    private long _nextReport;
    private int _reports;
    private int _lock;
    private long _count;

    public long Count => Order.Acquire(in _count);

    /// <summary>Whether a stall is to be reported now; then who stalls, for how long, and how often this was said.</summary>
    public bool TryDetect(out Stall stall)
    {
        stall = default;
        if (_timeout == long.MaxValue || !TryLock.TryEnter(ref _lock))
        {
            return false;
        }

        try
        {
            long now = Stopwatch.GetTimestamp();
            if (!engine.TryFindStalled(now - _timeout, out Culprit? reader, out long startedAt))
            {
                return false;
            }

            if (_gracePeriod != startedAt)
            {
                _gracePeriod = startedAt;
                _nextReport = startedAt + _timeout;
                _reports = 0;
            }

            if (now < _nextReport)
            {
                return false;
            }

            _nextReport = now + (3 * _timeout);
            Order.Increment(ref _count);
            stall = new Stall(reader!, Stopwatch.GetElapsedTime(startedAt, now), ++_reports);
            return true;
        }
        finally
        {
            TryLock.Exit(ref _lock);
        }
    }

    private static long ToStopwatchTicks(TimeSpan timeout) => timeout == Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : (long)Math.Min(timeout.TotalSeconds * Stopwatch.Frequency, long.MaxValue / 8);
}

// One finding of the detector.
internal readonly record struct Stall(Culprit Reader, TimeSpan Duration, int Reports);
