using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// How much waits in a domain, counted a page's worth at a time. A page begins to count when it is full; heads and
// callbacks, at each step of their owner (QueueContext.HeadsPerStep). Neither a page nor a step is more than an eighth
// of the limit, if that is eight or more. A block ceases to count when it is freed or, if its owner freed it between
// pages, at the owner's next page. So the count is too low or too high by at most a page per queue.
//
// The count crosses the limit upwards when it reaches the limit, and downwards when it has fallen a quarter below. The
// thread whose change makes the count cross counts the crossing; a thread that may run listeners writes the event later
// (Diagnostics). With a limit of 1,000 and so _low = 750:
//
//     count      990 ─► 1,010 ─► 900 ─► 1,020 ─► 740
//     crossings    0        1      1        1      2     odd: over the limit
internal sealed class Backlog(long limit, BacklogPolicy policy)
{
    private readonly long _low = limit - Math.Max(1, limit / 4);
    private long _count;
    private ulong _crossings; // Odd while over.
    private ulong _taken;
    private long _countOver;
    private long _countUnder;

    public long Limit { get; } = limit;

    public BacklogPolicy Policy { get; } = policy;

    public long Count => Math.Max(0, Order.Acquire(in _count));

    public bool IsOverLimit => Order.Acquire(in _count) >= Limit;

    /// <summary>How often it has crossed the limit, up and down.</summary>
    public ulong Crossings => Order.Acquire(in _crossings);

    /// <summary>Whether crossings wait to be reported.</summary>
    public bool HasCrossed => Order.Acquire(in _taken) != Crossings;

    public void Add(long items)
    {
        if (items != 0)
        {
            long count = Order.Add(ref _count, items);
            if (HasChangedSides(Crossings, count))
            {
                Cross(count);
            }
        }
    }

    /// <summary>Takes the oldest of the first <paramref name="crossings"/> crossings that was not taken yet: whether it
    /// went over or under, and how much waited then, or at a later crossing in the same direction. By one thread at a
    /// time.</summary>
    public bool TryTakeCrossing(ulong crossings, out bool isOver, out long waiting)
    {
        isOver = (_taken & 1) == 0;
        waiting = Order.Acquire(in isOver ? ref _countOver : ref _countUnder);
        if (_taken == crossings)
        {
            return false;
        }

        Order.Release(ref _taken, _taken + 1);
        return true;
    }

    private bool HasChangedSides(ulong crossings, long count) => (crossings & 1) == 0 ? count >= Limit : count <= _low;

    // A thread that has counted a crossing looks again: other threads, which changed the count meanwhile, compared it
    // with the threshold of the old side.
    private void Cross(long count)
    {
        for (ulong crossings = Crossings; HasChangedSides(crossings, count); crossings = Crossings)
        {
            Order.Release(ref (crossings & 1) == 0 ? ref _countOver : ref _countUnder, Math.Max(0, count));
            Order.CompareExchange(ref _crossings, crossings + 1, crossings);
            count = Order.Acquire(in _count);
        }
    }
}
