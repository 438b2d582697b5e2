using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// How much waits in a domain, counted a page's worth at a time, and what queueing pays above the limit. Pages begin to
// count when they are full, blocks cease to when they are freed, or, freed between pages, at their owner's next page;
// so the count is low or high by less than a page per queue.
//
// It crosses the limit when it reaches it, and not again before it was down by a quarter. The thread whose change of
// the count crosses it counts the crossing; a thread that may run listeners writes the event later (Diagnostics).
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

    /// <summary>Whether crossings wait to be told.</summary>
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

    /// <summary>The oldest of the first <paramref name="crossings"/> crossings that was not taken yet: up or down, and
    /// how much waited then, or at a later one of the kind. By one thread at a time.</summary>
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

    /// <summary>The bounded pause of <see cref="BacklogPolicy.Throttle"/>.</summary>
    public void Pause()
    {
        // The count may have fallen below the limit since it was looked at.
        double overshoot = Math.Max(0, (double)(Count - Limit) / Limit);
        Backoff.SleepUninterrupted((int)Math.Min(PauseMilliseconds + (overshoot * PausePerOvershoot), MaxPauseMilliseconds));
    }

    private bool HasChangedSides(ulong crossings, long count) => (crossings & 1) == 0 ? count >= Limit : count <= _low;

    // Whoever has counted a crossing looks again: others, who changed the count meanwhile, saw it from the old side.
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
