using RouteTable.Data;
using RouteTable.Trie;

namespace RouteTable.Truth;

/// <summary>
/// Computes the <see cref="GroundTruth"/>: sweeps over the addresses with the prefixes of both tables that cover the
/// current one on a stack. Prefixes nest or are disjoint, so each ends before those below it, and the stack goes from
/// the shortest to the longest. It holds for overlapping prefixes and for any order of the changes.
/// </summary>
internal sealed class TruthSweep
{
    private const int Never = int.MaxValue;

    private readonly List<uint> _starts = [];
    private readonly List<int> _firstEra = [];
    private readonly List<Era> _eras = [];
    private readonly Stack<Cover> _open = [];
    private readonly List<int> _steps = [];
    private ulong _next; // the first address without an interval

    /// <summary>A prefix of either table. Its route is the older one up to the position <see cref="Change"/>.</summary>
    private readonly record struct Cover(Prefix Prefix, Route Older, Route Newer, int Change)
    {
        public Route At(int position) => position <= Change ? Older : Newer;
    }

    private TruthSweep()
    {
    }

    public static GroundTruth Compute(Announcement[] older, Change[] changes)
    {
        var sweep = new TruthSweep();
        foreach (Cover cover in CoversOf(older, changes))
        {
            sweep.CloseBefore(cover.Prefix.First);
            sweep.EmitUpTo(cover.Prefix.First);
            sweep._open.Push(cover);
        }

        sweep.CloseBefore(1UL << 32);
        sweep.EmitUpTo(1UL << 32);
        sweep._firstEra.Add(sweep._eras.Count);
        return new GroundTruth([.. sweep._starts], [.. sweep._firstEra], [.. sweep._eras]);
    }

    private static Cover[] CoversOf(Announcement[] older, Change[] changes)
    {
        var changed = new HashSet<Prefix>(changes.Select(change => change.Prefix));
        IEnumerable<Cover> same = older
            .Where(route => !changed.Contains(route.Prefix))
            .Select(route => (route.Prefix, Route: RouteOf(route.Prefix, route.Origin)))
            .Select(lasting => new Cover(lasting.Prefix, lasting.Route, lasting.Route, Never));
        IEnumerable<Cover> changing = changes.Select((change, index) => new Cover(
            change.Prefix, RouteOf(change.Prefix, change.Older), RouteOf(change.Prefix, change.Newer), index));
        Cover[] covers = [.. same, .. changing];
        Array.Sort(covers, static (left, right) => left.Prefix.CompareTo(right.Prefix));
        return covers;
    }

    private static Route RouteOf(Prefix prefix, uint? origin) =>
        origin is uint known ? new Route(known, prefix.Length) : Route.None;

    /// <summary>Ends the prefixes that end before an address, the innermost first.</summary>
    private void CloseBefore(ulong address)
    {
        while (_open.TryPeek(out Cover innermost) && innermost.Prefix.Last < address)
        {
            EmitUpTo(innermost.Prefix.Last + 1UL);
            _open.Pop();
        }
    }

    /// <summary>
    /// An interval, under the open prefixes, from the last one's end up to an address. Empty ones are left out.
    /// </summary>
    private void EmitUpTo(ulong end)
    {
        if (_next >= end)
        {
            return;
        }

        _starts.Add((uint)_next);
        _firstEra.Add(_eras.Count);
        _next = end;

        _steps.Clear();
        foreach (Cover cover in _open)
        {
            if (cover.Change != Never)
            {
                _steps.Add(cover.Change);
            }
        }

        _steps.Sort();
        Route answer = AnswerAt(0);
        _eras.Add(new Era(0, answer));
        foreach (int step in _steps)
        {
            Route after = AnswerAt(step + 1);
            if (after != answer)
            {
                answer = after;
                _eras.Add(new Era(step + 1, answer));
            }
        }
    }

    /// <summary>The longest open prefix that is in the table at a position. A stack enumerates from its top.</summary>
    private Route AnswerAt(int position)
    {
        foreach (Cover cover in _open)
        {
            Route route = cover.At(position);
            if (!route.IsNone)
            {
                return route;
            }
        }

        return Route.None;
    }
}
