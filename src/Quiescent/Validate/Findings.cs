using Quiescent.Ordering;

namespace Quiescent.Validate;

// What a domain's checks found where no exception can be thrown, nor an event raised: under a queue's lock, or by a
// thread that has nothing to do with it. Kept until a thread comes by that holds no lock; at most so many, the rest is
// counted.
internal sealed class Findings
{
    private const int Kept = 1_000;

    private readonly Queue<Finding> _found = new();
    private int _gate;
    private int _waiting;
    private long _leaked;

    public bool Any => Order.Acquire(in _waiting) != 0;

    /// <summary>How many were found of <see cref="MisuseKind.HeadChanged"/>: so much has leaked.</summary>
    public long Leaked => Order.Acquire(in _leaked);

    /// <summary>Cannot fail: without memory it is counted, and goes unsaid.</summary>
    public void Add(Finding finding)
    {
        if (finding.Misuse == MisuseKind.HeadChanged)
        {
            Order.Increment(ref _leaked);
        }

        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        try
        {
            if (_found.Count < Kept)
            {
                _found.Enqueue(finding);
                Order.Release(ref _waiting, _found.Count);
            }
        }
        catch (OutOfMemoryException)
        {
            // Counted.
        }
    }

    public bool TryTake(out Finding finding)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        bool taken = _found.TryDequeue(out finding);
        Order.Release(ref _waiting, _found.Count);
        return taken;
    }
}

/// <summary>One of them.</summary>
/// <param name="Misuse">What it is.</param>
/// <param name="Block">The block's or the head's address.</param>
/// <param name="Offset">Of a write after the free: where in the block.</param>
/// <param name="QueuedAt">Where the block was queued.</param>
internal readonly record struct Finding(MisuseKind Misuse, nint Block, long Offset, string QueuedAt);
