using System.Diagnostics;

namespace Quiescent.Locks;

// When a wait is given up.
internal readonly struct Deadline
{
    private readonly long _at; // A Stopwatch timestamp.

    private Deadline(long at) => _at = at;

    public static Deadline Never => new(long.MaxValue);

    /// <exception cref="ArgumentOutOfRangeException">The time is negative and not infinite, or longer than the
    /// platform's waits.</exception>
    public static Deadline After(TimeSpan timeout)
    {
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            return Never;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimeSpan.FromMilliseconds(int.MaxValue));
        return new Deadline(
            timeout == TimeSpan.Zero
                ? 0
                : Stopwatch.GetTimestamp() + (long)(timeout.TotalSeconds * Stopwatch.Frequency));
    }

    public bool HasPassed => _at != long.MaxValue && Stopwatch.GetTimestamp() >= _at;

    /// <summary>The time, or what is left until the deadline if that is less.</summary>
    public TimeSpan AtMost(TimeSpan time)
    {
        if (_at == long.MaxValue)
        {
            return time;
        }

        double seconds = Math.Max(0, (_at - Stopwatch.GetTimestamp()) / (double)Stopwatch.Frequency);
        TimeSpan left = TimeSpan.FromSeconds(seconds);
        return time == Timeout.InfiniteTimeSpan || left < time ? left : time;
    }
}
