using RouteTable.Data;

namespace MappedCatalog.Format;

/// <summary>
/// Makes disjoint intervals of nested prefixes, so that a look-up is one binary search and no walk from longer prefixes
/// to shorter.
/// </summary>
/// <remarks>
/// A sweep from 0.0.0.0 upwards. Prefixes nest or are disjoint, and in the order of the table each stands before those
/// that it covers; so those that cover the current address lie on a stack, the longest on top, and the top is the
/// longest match. A prefix starts one interval where it begins and at most one where it ends.
/// </remarks>
internal ref struct Flattening
{
    private readonly Span<Interval> _intervals;
    private int _count;
    private ulong _next; // The first address without an interval.

    private Flattening(Span<Interval> intervals) => _intervals = intervals;

    /// <summary>Room for this many is enough.</summary>
    public static int MostIntervals(int prefixes) => 2 * prefixes + 1;

    /// <summary>Fills the beginning of <paramref name="intervals"/> and returns how many; <paramref name="routes"/> are
    /// sorted, each prefix once.</summary>
    public static int Flatten(ReadOnlySpan<Announcement> routes, Span<Interval> intervals)
    {
        var flattening = new Flattening(intervals);
        flattening.Sweep(routes);
        return flattening._count;
    }

    private void Sweep(ReadOnlySpan<Announcement> routes)
    {
        // Each is longer than the one below it: /0 to /32.
        Span<Announcement> open = stackalloc Announcement[Prefix.MaxLength + 1];
        int depth = 0;
        foreach (Announcement route in routes)
        {
            Close(open, ref depth, route.Prefix.First);
            EmitUpTo(route.Prefix.First, open[..depth]);
            open[depth++] = route;
        }

        Close(open, ref depth, 1UL << 32);
        EmitUpTo(1UL << 32, open[..depth]);
    }

    /// <summary>Ends the prefixes that end before an address, the innermost first.</summary>
    private void Close(scoped ReadOnlySpan<Announcement> open, ref int depth, ulong address)
    {
        while (depth > 0 && open[depth - 1].Prefix.Last < address)
        {
            EmitUpTo(open[depth - 1].Prefix.Last + 1UL, open[..depth]);
            depth--;
        }
    }

    /// <summary>An interval from the end of the last one up to an address; none where it would be empty.</summary>
    private void EmitUpTo(ulong end, scoped ReadOnlySpan<Announcement> open)
    {
        if (_next < end)
        {
            _intervals[_count++] = open.IsEmpty
                ? new Interval((uint)_next, 0, Interval.NoRoute)
                : new Interval((uint)_next, open[^1].Origin, open[^1].Prefix.Length);
            _next = end;
        }
    }
}
