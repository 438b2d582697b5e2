using Quiescent.Callbacks;
using Quiescent.GracePeriods;
using Quiescent.Readers;
using Quiescent.Sleepable;

namespace Quiescent;

public abstract unsafe partial class GracePeriodDomain
{
    /// <summary>Where a sleepable domain counts its sections; null in one of another kind.</summary>
    internal virtual Stripes? Stripes => null;

    /// <summary>The grace period whose end covers everything this thread has unlinked so far.</summary>
    internal ulong NextTarget() => _engine.NextTarget();

    internal bool HasCompleted(ulong target) => _engine.HasCompleted(target);

    /// <summary>As <see cref="GracePeriodEngine.TryAdvance"/>, for a caller who may raise no event (O8), and after whom perhaps nobody
    /// waits.</summary>
    internal bool TryAdvance(ulong target)
    {
        bool hasCompleted = _engine.TryAdvance(target);
        _events.WriteEventsOnPool();
        return hasCompleted;
    }

    /// <summary>Queues the head of a managed callback, made beforehand. Cannot fail: where the domain is disposed, whose sections may be
    /// open still, the grace period is waited for on the thread pool, and the callback runs there.</summary>
    /// <param name="head">The head.</param>
    /// <param name="isFinalizing">The finalizer thread's, which is everybody's: it neither registers nor waits.</param>
    internal void QueueRelease(RcuHead* head, bool isFinalizing = false)
    {
        try
        {
            if (isFinalizing)
            {
                _producer.PushShared(head, ManagedCallback.Function);
            }
            else
            {
                Push(ThreadRegistrations.Find(_id), head, ManagedCallback.Function);
            }
        }
        catch (ObjectDisposedException)
        {
            _afterDisposal.Add(head);
        }
    }
}
