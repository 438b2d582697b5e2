using Quiescent.Ordering;

namespace Quiescent.Validate;

// What a domain's checks found where they can neither throw an exception nor raise an event: under a queue's lock, or
// on a thread that has nothing to do with the misuse. Findings are kept until a thread comes by that holds no lock. At
// most 1,000 are kept; of the rest, only overwritten heads are counted (Leaked).
internal sealed class Findings
{
    private const int Kept = 1_000;

    private Link? _oldest;
    private Link? _newest;
    private int _gate;
    private int _waiting;
    private long _leaked;

    public bool Any => Order.Acquire(in _waiting) != 0;

    /// <summary>How many heads were found overwritten (<see cref="MisuseKind.HeadChanged"/>): each leaks.</summary>
    public long Leaked => Order.Acquire(in _leaked);

    /// <summary>Cannot fail: without memory the finding goes unreported.</summary>
    public void Add(Finding finding)
    {
        if (finding.Misuse == MisuseKind.HeadChanged)
        {
            Order.Increment(ref _leaked);
        }

        try
        {
            Add(new Link(finding));
        }
        catch (OutOfMemoryException)
        {
            // Unreported; an overwritten head is counted above all the same.
        }
    }

    public bool TryTake(out Finding finding)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        finding = _oldest?.Finding ?? default;
        if (_oldest is null)
        {
            return false;
        }

        _oldest = _oldest.Newer;
        Order.Release(ref _waiting, _waiting - 1);
        return true;
    }

    private void Add(Link link)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_waiting == Kept)
        {
            return;
        }

        if (_oldest is null)
        {
            _oldest = link;
        }
        else
        {
            _newest!.Newer = link;
        }

        _newest = link;
        Order.Release(ref _waiting, _waiting + 1);
    }

    private sealed class Link(Finding finding)
    {
        public Finding Finding => finding;

        public Link? Newer { get; set; }
    }
}

/// <summary>One finding.</summary>
/// <param name="Misuse">The kind of misuse.</param>
/// <param name="Block">The block's or the head's address.</param>
/// <param name="Offset">For a write after the free: where in the block.</param>
/// <param name="QueuedAt">Where the block was queued.</param>
internal readonly record struct Finding(MisuseKind Misuse, nint Block, long Offset, string QueuedAt);
