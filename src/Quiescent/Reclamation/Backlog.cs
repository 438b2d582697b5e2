using Quiescent.Ordering;
using static Quiescent.Ordering.Tuning;

namespace Quiescent.Reclamation;

// How much waits in a domain, counted a page's worth at a time, and what queueing pays above the limit. Pages begin to count
// when they are full, blocks cease to when they are freed, or, freed by visits, at their owner's next page; so the count is low or high by
// less than a page per queue.
internal sealed class Backlog(long limit, BacklogPolicy policy)
{
    private long _count;

    public long Limit { get; } = limit;

    public BacklogPolicy Policy { get; } = policy;

    public long Count => Math.Max(0, Order.Acquire(in _count));

    public bool IsOverLimit => Order.Acquire(in _count) >= Limit;

    public void Add(long items)
    {
        if (items != 0)
        {
            Order.Add(ref _count, items);
        }
    }

    /// <summary>The bounded pause of <see cref="BacklogPolicy.Throttle"/>.</summary>
    public void Pause()
    {
        // The count may have fallen below the limit since it was looked at.
        double overshoot = Math.Max(0, (double)(Count - Limit) / Limit);
        Backoff.SleepUninterrupted((int)Math.Min(PauseMilliseconds + (overshoot * PausePerOvershoot), MaxPauseMilliseconds));
    }
}
