using Quiescent.Ordering;
using Quiescent.Queues;

namespace Quiescent.Reclamation;

// Callbacks that come too late for a disposed domain's queues, and must not be refused. The domain's sections may still
// be open, so the callbacks wait for a grace period as always. The reclaimer has ended, so a pool thread looks after
// them: one, however many wait, and only while any do.
internal sealed unsafe class AfterDisposal(DomainCore core)
{
    private RcuHead* _waiting;
    private int _lock;
    private bool _isServed;

    /// <summary>Runs a managed callback, given its head, after a grace period. The order is not defined.</summary>
    public void Add(RcuHead* head)
    {
        using (TryLock.Hold(ref _lock))
        {
            head->Next = _waiting;
            _waiting = head;
            if (_isServed)
            {
                return;
            }

            _isServed = true;
        }

        ThreadPool.UnsafeQueueUserWorkItem(static queue => queue.Serve(), this, preferLocal: false);
    }

    private void Serve()
    {
        ThreadDefaults defaults = ThreadDefaults.OfCurrent();
        for (RcuHead* head = Take(); head != null; head = Take())
        {
            Wait();
            while (head != null)
            {
                RcuHead* next = head->Next; // Run frees the head, or queues it again.
                Run(head);
                defaults.Restore();
                head = next;
            }
        }
    }

    // Null: nothing waits, and the next Add must ask for a thread again.
    private RcuHead* Take()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        RcuHead* taken = _waiting;
        _waiting = null;
        _isServed = taken != null;
        return taken;
    }

    // O7 (exactly once): a report for which there is no memory must not lose what waits.
    private void Wait()
    {
        // O3 (unlinked before started): everything that waits here was unlinked before the target is taken.
        ulong target = core.Engine.NextTarget();
        while (true)
        {
            try
            {
                core.WaitFor(target);
                return;
            }
            catch (OutOfMemoryException)
            {
                Thread.Yield();
            }
        }
    }

    private void Run(RcuHead* head)
    {
        try
        {
            ManagedCallback.Invoke(head);
        }
        catch (Exception exception)
        {
            core.ReportFailure(exception);
        }
    }
}
