using Quiescent.Ordering;
using static Quiescent.Tuning;

namespace Quiescent.Queues;

// A count of what waits in a domain, with a limit. The count crosses the limit upwards when it reaches the limit, and
// downwards when it has fallen a quarter below. The thread whose change makes the count cross counts the crossing; a
// thread that may run listeners writes the event later (Diagnostics). With a limit of 1,000 and so _low = 750:
//
//     count      990 ─► 1,010 ─► 900 ─► 1,020 ─► 740
//     crossings    0        1      1        1      2     odd: over the limit
internal class LimitedCount(long limit)
{
    private readonly long _low = limit - Math.Max(1, limit / 4);
    private long _count;
    private ulong _crossings; // Odd while over.
    private ulong _taken;
    private long _countOver;
    private long _countUnder;

    public long Limit { get; } = limit;

    public long Count => Math.Max(0, Order.Acquire(in _count));

    public bool IsOverLimit => Order.Acquire(in _count) >= Limit;

    /// <summary>Whether it is at half its limit or above, or would be with so many more.</summary>
    public bool IsNearLimitWith(long more) => Order.Acquire(in _count) + more >= Limit / 2;

    /// <summary>Whether it is over its limit, or would be with so many more. What is too large by itself is let in when
    /// nothing waits.</summary>
    public bool IsOverLimitWith(long more)
    {
        long count = Count;
        return count >= Limit || (count > 0 && more > Limit - count);
    }

    /// <summary>How much of what a thread has queued lies above the limit.</summary>
    public long PartAboveLimit(long queued) => Math.Clamp(Count - Limit, 0, queued);

    /// <summary>How often it has crossed the limit, up and down.</summary>
    public ulong Crossings => Order.Acquire(in _crossings);

    /// <summary>Whether crossings wait to be reported.</summary>
    public bool HasCrossed => Order.Acquire(in _taken) != Crossings;

    public void Add(long amount)
    {
        if (amount != 0)
        {
            long count = Order.Add(ref _count, amount);
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

// The bytes that wait in a domain, as far as they are known (docs/decisions/0042).
internal sealed class WaitingBytes(long limit) : LimitedCount(limit)
{
    private long _held;

    /// <summary>A queue counts its bytes when this many have come or gone: at most an eighth of the limit.</summary>
    public long PerStep { get; } = Math.Clamp(limit / PagesPerLimit, 1, MaxBytesPerStep);

    /// <summary>The bytes of callbacks that wait.</summary>
    public long Held => Math.Max(0, Order.Acquire(in _held));

    /// <summary>Adds the bytes of a callback before it is queued; takes them off, as a negative number, when it
    /// runs.</summary>
    public void Hold(long bytes)
    {
        if (bytes != 0)
        {
            Order.Add(ref _held, bytes);
            Add(bytes);
        }
    }
}
