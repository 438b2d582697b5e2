using Quiescent.Ordering;

namespace Quiescent.Reclamation;

// Looks for what is stuck on behalf of waiters that have no thread of their own, a few times in each timeout. O9
// (nothing runs without work): it looks only while there are any, and once more.
internal sealed class StallTimer(Action report, Func<bool> isAwaited, TimeSpan stallTimeout)
{
    private const int LooksPerTimeout = 4;

    private readonly TimeSpan _interval = stallTimeout == Timeout.InfiniteTimeSpan
        ? Timeout.InfiniteTimeSpan
        : TimeSpan.FromMilliseconds(
            Math.Clamp(stallTimeout.TotalMilliseconds / LooksPerTimeout, 1, TimeSpan.MillisecondsPerDay));

    private Alarm? _alarm; // For the thread that set _isSet.
    private int _isSet;
    private int _isEnded;

    /// <summary>Somebody waits; call it after <c>isAwaited</c> has become true.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for the alarm.</exception>
    public void Begin()
    {
        // The exchange is a full fence between the waiter's entry in its list and the look at _isSet; the one in Look
        // fences its clearing of _isSet from its second look.
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

    /// <summary>Nobody will wait any more, and the alarm must not keep the domain alive.</summary>
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

        try
        {
            if (isAwaited())
            {
                report();
                _alarm!.Set(_interval);
                return;
            }

            Order.CompareExchange(ref _isSet, 0, 1);
            if (isAwaited())
            {
                Begin();
            }
        }
        catch (OutOfMemoryException)
        {
            Order.Release(ref _isSet, 0); // On a pool thread it would end the process. The next waiter sets it again.
        }
    }
}
