using Quiescent.Callbacks;
using Quiescent.GracePeriods;
using Quiescent.Readers;
using Quiescent.Sleepable;

namespace Quiescent;

public abstract unsafe partial class GracePeriodDomain
{
    /// <summary>Where a sleepable domain counts its sections; null in one of another kind.</summary>
    internal virtual Stripes? Stripes => null;

    internal GracePeriodEngine Engine => _engine;

    /// <summary>Queues the head of a managed callback, made beforehand. Cannot fail: where the domain is disposed, whose sections may be
    /// open still, the grace period is waited for on the thread pool, and the callback runs there.</summary>
    /// <param name="head">The head.</param>
    /// <param name="isFinalizing">The finalizer thread's, which is everybody's: it neither registers nor waits.</param>
    internal void AfterReaders(RcuHead* head, bool isFinalizing = false)
    {
        try
        {
            if (isFinalizing)
            {
                _queueing.PushShared(head, ManagedCallback.Function);
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
