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
    internal void AfterReaders(RcuHead* head)
    {
        try
        {
            Push(ThreadRegistrations.Find(_id), head, ManagedCallback.Function);
        }
        catch (ObjectDisposedException)
        {
            ThreadPool.UnsafeQueueUserWorkItem(InvokeAfterReaders, (nint)head, preferLocal: false);
        }
    }

    private void InvokeAfterReaders(nint head)
    {
        try
        {
            GracePeriodWait.For(_engine, _engine.NextTarget(), _reportReaders);
            ManagedCallback.Invoke((RcuHead*)head);
        }
        catch (Exception exception)
        {
            _context.ReportFailure(exception);
        }
    }
}
