using System.Diagnostics;

namespace Quiescent.Diagnostics;

// When a stall is reported: first after the timeout, then each three timeouts later, as the kernel does. Its user takes
// turns.
internal sealed class StallTiming(TimeSpan timeout)
{
    private readonly long _timeout = timeout == System.Threading.Timeout.InfiniteTimeSpan
        ? long.MaxValue
        : (long)Math.Min(timeout.TotalSeconds * Stopwatch.Frequency, long.MaxValue / 8);

    private long _nextReport;
    private int _reports;

    public bool IsNever => _timeout == long.MaxValue;

    /// <summary>In ticks of the stopwatch.</summary>
    public long Timeout => _timeout;

    /// <summary>Something has begun that may become a stall, at this time of the stopwatch.</summary>
    public void Begin(long at)
    {
        _nextReport = at + _timeout;
        _reports = 0;
    }

    /// <summary>Whether it is to be reported now, and how often it will then have been.</summary>
    public bool IsDue(long now, out int reports)
    {
        bool isDue = now >= _nextReport;
        if (isDue)
        {
            _nextReport = now + (3 * _timeout);
            _reports++;
        }

        reports = _reports;
        return isDue;
    }
}
