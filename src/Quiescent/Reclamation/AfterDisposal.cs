using Quiescent.Ordering;
using Quiescent.Queues;

namespace Quiescent.Reclamation;

// What comes too late for a disposed domain's queues, and may not be refused. Its sections may be open still, so it
// waits for them as ever; but nobody is left to look after it, so a thread of the pool does: one, however much waits,
// for as long as anything does.
internal sealed unsafe class AfterDisposal(DomainCore core)
{
    private RcuHead* _waiting;
    private int _lock;
    private bool _isServed;

    /// <summary>Carries the head of a managed callback out after a grace period, in whichever order.</summary>
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
        for (RcuHead* head = Take(); head != null; head = Take())
        {
            Wait();
            while (head != null)
            {
                RcuHead* next = head->Next; // The head is given back, or queued anew.
                Run(head);
                head = next;
            }
        }
    }

    // Null: nothing waits, and the next one to be added has to ask for a thread again.
    private RcuHead* Take()
    {
        using TryLock.Holder holder = TryLock.Hold(ref _lock);
        RcuHead* taken = _waiting;
        _waiting = null;
        _isServed = taken != null;
        return taken;
    }

    // O7: a report for which there is no memory must not lose what waits.
    private void Wait()
    {
        ulong target = core.Engine.NextTarget(); // O3: taken after all that is waited for here was unlinked.
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
