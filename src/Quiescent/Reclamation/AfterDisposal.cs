using Quiescent.Ordering;
using Quiescent.Queues;

namespace Quiescent.Reclamation;

// Callbacks that come too late for a disposed domain's queues, and must not be refused. The domain's sections may still
// be open, so the callbacks wait for a grace period as always. The reclaimer has ended, so a pool thread (in native
// code a thread of Ordering/Workers.cs) looks after
// them: one, however many wait, and only while any do. If there is no memory to ask for one, whoever comes next asks:
// the next callback, or the finalizer's thread after the next garbage collection.
internal sealed unsafe class AfterDisposal(DomainCore core) : IThreadPoolWorkItem
{
    private RcuHead* _waiting;
    private int _lock;
    private bool _isServed;
    private Retry? _retry;

    /// <summary>Takes the memory that asking again needs. Call it before the domain's queues close.</summary>
    /// <exception cref="OutOfMemoryException">Nothing has changed.</exception>
    public void Prepare() => Order.Release(ref _retry, new Retry(this));

    /// <summary>Runs a managed callback, given its head, after a grace period. The order is not defined. Cannot
    /// fail.</summary>
    public void Add(RcuHead* head)
    {
        using (TryLock.Hold(ref _lock))
        {
            head->Next = _waiting;
            _waiting = head;
        }

        if (!TryAsk() && Order.Exchange(ref _retry, null) is { } retry)
        {
            GC.ReRegisterForFinalize(retry);
        }
    }

    void IThreadPoolWorkItem.Execute()
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

    // Asks for a thread unless one has been asked for, or nothing waits. False: there is no memory to ask.
    private bool TryAsk()
    {
        using (TryLock.Hold(ref _lock))
        {
            if (_isServed || _waiting == null)
            {
                return true;
            }

            _isServed = true;
        }

        try
        {
            Threads.RunElsewhere(this);
            return true;
        }
        catch (OutOfMemoryException)
        {
            using TryLock.Holder holder = TryLock.Hold(ref _lock);
            _isServed = false;
            return false;
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

    // Its finalizer runs only once something refers to it no more, and it was registered again.
    private sealed class Retry
    {
        private readonly AfterDisposal _queue;

        public Retry(AfterDisposal queue)
        {
            _queue = queue;
            GC.SuppressFinalize(this);
        }

        ~Retry()
        {
            try
            {
                if (!_queue.TryAsk())
                {
                    GC.ReRegisterForFinalize(this);
                }
            }
            catch (OutOfMemoryException)
            {
                // The next callback asks.
            }
        }
    }
}
