using Quiescent.Ordering;

namespace Quiescent.Validate;

// What a domain's checks found where they can neither throw an exception nor raise an event: under a queue's lock, or
// on a thread that has nothing to do with the misuse. Findings are kept until a thread comes by that holds no lock. At
// most 1,000 are kept; of the rest, only overwritten heads are counted (Leaked).
internal sealed class Findings
{
    private const int Kept = 1_000;

    private Place? _oldest;
    private Place? _newest;
    private int _gate;
    private int _waiting;
    private long _leaked;

    public bool Any => Order.Acquire(in _waiting) != 0;

    /// <summary>How many heads were found overwritten (<see cref="MisuseKind.HeadChanged"/>): each leaks.</summary>
    public long Leaked => Order.Acquire(in _leaked);

    /// <summary>Adds a finding, in a place that was made beforehand and is used once: callers hold the locks of queues,
    /// under which no memory is taken (O8).</summary>
    public void Add(in Finding finding, Place made)
    {
        if (finding.Misuse == MisuseKind.HeadChanged)
        {
            Order.Increment(ref _leaked);
        }

        made.Finding = finding;
        Add(made);
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

    private void Add(Place place)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _gate);
        if (_waiting == Kept)
        {
            return;
        }

        if (_oldest is null)
        {
            _oldest = place;
        }
        else
        {
            _newest!.Newer = place;
        }

        _newest = place;
        Order.Release(ref _waiting, _waiting + 1);
    }

    /// <summary>A finding's place in the list.</summary>
    internal sealed class Place
    {
        public Finding Finding { get; set; }

        public Place? Newer { get; set; }
    }
}

/// <summary>One finding.</summary>
/// <param name="Misuse">The kind of misuse.</param>
/// <param name="Block">The block's or the head's address.</param>
/// <param name="Offset">For a write after the free: where in the block.</param>
/// <param name="QueuedAt">Where the block was queued.</param>
internal readonly record struct Finding(MisuseKind Misuse, nint Block, long Offset, string QueuedAt);
