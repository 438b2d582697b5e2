using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// How much waits in a domain, counted a page's worth at a time, and what queueing pays above the limit. Pages begin to count
// when they are full, blocks cease to when they are freed; so the count is low by less than a page per thread, never high.
internal sealed class Backlog(long limit, BacklogPolicy policy)
{
    // A millisecond, and 16 more for each time the limit is overshot: one flooding thread that pays per page of 508 blocks
    // slows from tens of millions a second to below half a million at once, and further the longer the reader stays.
    private const int PauseMilliseconds = 1;
    private const int PausePerOvershoot = 16;
    private const int MaxPauseMilliseconds = 64;

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
