using System.Diagnostics;

namespace Quiescent.Diagnostics;

// When a stall is reported: first after the timeout, then each three timeouts later, as the kernel does. One thread at
// a time uses it.
internal sealed class StallTiming(TimeSpan timeout)
{
    private readonly long _timeout = timeout == System.Threading.Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : (long)Math.Min(timeout.TotalSeconds * Stopwatch.Frequency, long.MaxValue / 8);

    private long _nextReport;
    private int _reports;

    public bool IsNever => _timeout == long.MaxValue;

    /// <summary>In Stopwatch ticks.</summary>
    public long Timeout => _timeout;

    /// <summary>Something has begun that may become a stall, at this Stopwatch timestamp.</summary>
    public void Begin(long at)
    {
        _nextReport = at + _timeout;
        _reports = 0;
    }

    /// <summary>Whether a report is due now. Changes nothing.</summary>
    public bool WouldBeDue(long now) => now >= _nextReport;

    /// <summary>Whether a report is due now, and how many reports that makes.</summary>
    public bool IsDue(long now, out int reports)
    {
        bool isDue = WouldBeDue(now);
        if (isDue)
        {
            _nextReport = now + (3 * _timeout);
            _reports++;
        }

        reports = _reports;
        return isDue;
    }
}
