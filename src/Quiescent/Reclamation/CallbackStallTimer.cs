using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// Looks for a stuck reclaimer on behalf of those who wait for it without a thread of their own, a few times in each
// timeout. O9: it looks only while there are any, and once more.
internal sealed class CallbackStallTimer(DomainCore core, Func<bool> isAwaited, TimeSpan stallTimeout)
{
    private const int LooksPerTimeout = 4;

    private readonly TimeSpan _interval = stallTimeout == Timeout.InfiniteTimeSpan
        ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromMilliseconds(Math.Clamp(stallTimeout.TotalMilliseconds / LooksPerTimeout, 1, TimeSpan.MillisecondsPerDay));

    private Alarm? _alarm; // Whoever sets _isSet uses it.
    private int _isSet;
    private int _isEnded;

    /// <summary>Somebody waits; to be called after <c>isAwaited</c> has become true.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the alarm.</exception>
    public void Begin()
    {
        // A full fence between the waiter's note and the look at the alarm, as between Look's putting it down and its
        // second look.
        if (_interval != Timeout.InfiniteTimeSpan && Order.CompareExchange(ref _isSet, 1, 0) == 0)
        {
            try
            {
                (_alarm ??= new Alarm(Look)).Set(_interval);
            }
            catch
            {
                Order.Release(ref _isSet, 0);
                throw;
            }
        }
    }

    /// <summary>Nobody will wait any more, and nothing shall keep the domain alive.</summary>
    public void End()
    {
        Order.Release(ref _isEnded, 1);
        _alarm?.Set(Timeout.InfiniteTimeSpan);
    }

    private void Look()
    {
        if (Order.Acquire(in _isEnded) != 0)
        {
            return;
        }

        if (isAwaited())
        {
            core.Reports.ReportCallback(onPool: false);
            _alarm!.Set(_interval);
            return;
        }

        Order.CompareExchange(ref _isSet, 0, 1);
        if (isAwaited())
        {
            Begin();
        }
    }
}
