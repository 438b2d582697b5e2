using System.Diagnostics;

namespace MappedCatalog.Serving;

/// <summary>
/// The last minute as the page draws it: each swap, the moment at which the replaced file was unmapped, and rates four
/// times a second. Times are microseconds since the service began.
/// </summary>
internal sealed class Timeline
{
    /// <summary>How far back it goes.</summary>
    public static readonly TimeSpan Span = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan s_lastSecond = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Queue<MappingChange> _changes = new();
    private readonly Queue<RateSample> _rates = new();
    private readonly long _began = Stopwatch.GetTimestamp();
    private long _last;

    /// <summary>Since the service began.</summary>
    public TimeSpan Uptime => Stopwatch.GetElapsedTime(_began);

    /// <summary>Records that another file was put in place.</summary>
    /// <returns>When that was, for <see cref="Unmapped"/>.</returns>
    public long Swapped(long mappings)
    {
        lock (_lock)
        {
            long now = Now();
            Add(_changes, new MappingChange(now, mappings, HeldMicroseconds: null), change => change.At);
            return now;
        }
    }

    /// <summary>Records that the file which the swap at <paramref name="swapped"/> replaced is unmapped.</summary>
    public void Unmapped(long swapped, long mappings)
    {
        lock (_lock)
        {
            long now = Now();
            Add(_changes, new MappingChange(now, mappings, now - swapped), change => change.At);
        }
    }

    public void AddRates(double lookups, double requests)
    {
        lock (_lock)
        {
            Add(_rates, new RateSample(Now(), Math.Round(lookups), Math.Round(requests)), sample => sample.At);
        }
    }

    /// <summary>The longest that a replaced file stayed mapped, of those unmapped within the last second.</summary>
    public TimeSpan LongestHeld()
    {
        lock (_lock)
        {
            long then = Now() - (long)s_lastSecond.TotalMicroseconds;
            long? longest = _changes.Where(change => change.At > then).Max(change => change.HeldMicroseconds);
            return TimeSpan.FromMicroseconds(longest ?? 0);
        }
    }

    /// <summary>What is newer than <paramref name="after"/>, which is <see cref="TimelinePart.Now"/> of the part
    /// before.</summary>
    public TimelinePart Read(long after)
    {
        lock (_lock)
        {
            long now = Now();
            Trim(_changes, now, change => change.At);
            Trim(_rates, now, sample => sample.At);
            return new TimelinePart(
                now,
                (long)Span.TotalMicroseconds,
                [.. _changes.Where(change => change.At > after)],
                [.. _rates.Where(sample => sample.At > after)]);
        }
    }

    private static void Add<T>(Queue<T> queue, T item, Func<T, long> at)
    {
        queue.Enqueue(item);
        Trim(queue, at(item), at);
    }

    private static void Trim<T>(Queue<T> queue, long now, Func<T, long> at)
    {
        while (queue.TryPeek(out T? oldest) && at(oldest) < now - (long)Span.TotalMicroseconds)
        {
            queue.Dequeue();
        }
    }

    // No two are equal: a part that was read holds all that was recorded before it, and nothing recorded after it.
    private long Now() => _last = Math.Max(_last + 1, (long)Uptime.TotalMicroseconds);
}

/// <param name="Now">When it was read.</param>
/// <param name="Span">How far back the time line goes.</param>
/// <param name="Changes">The oldest first.</param>
/// <param name="Rates">The oldest first.</param>
internal sealed record TimelinePart(
    long Now, long Span, IReadOnlyList<MappingChange> Changes, IReadOnlyList<RateSample> Rates);

/// <param name="At">When.</param>
/// <param name="Mappings">Files mapped just after it.</param>
/// <param name="HeldMicroseconds">From a swap to the unmapping of the file that it replaced; null where this is the
/// swap.</param>
internal readonly record struct MappingChange(long At, long Mappings, long? HeldMicroseconds);

/// <summary>Rates of the last second.</summary>
internal readonly record struct RateSample(long At, double Lookups, double Requests);
