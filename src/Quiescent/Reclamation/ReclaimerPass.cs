using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// One pass over the queues of a domain's listed slots, by its reclaimer or a barrier: frees what has expired, runs a
// batch of user code if the thread may, takes snapshots of what waits, and advances the engine once. No state but the
// newest target is kept between passes, so passes can be repeated at will.
//
// O9 (nothing sleeps on work)  While a batch is gathered, a pass takes snapshots of hurried heads alone (Call that does
//     not wait, call_rcu_hurry). A queue has one snapshot at a time. So a head that is hurried while an earlier one
//     waits gets into the snapshot that is taken when that one is detached, in the same pass: until then a grace period
//     is awaited, and the thread does not rest.
// O8  User code runs only here, on the reclaimer, with no lock held: the pass takes a queue's lock only to learn what
//     has expired. Nobody else reclaims what those queues hold, so an expired item stays until this pass reclaims it.
// O7  Each callback and each user deallocator is called within its own try; a throw is counted and reported, and the
//     next one runs. What it changed about the thread is reset before that (ThreadDefaults); the handlers of its
//     failure still see it.
internal sealed unsafe class ReclaimerPass(DomainCore core)
{
    private const int HeadsPerQueue = PagesPerQueue * Page.Entries;

    private readonly QueueContext _queues = core.Queues;
    private ThreadDefaults _defaults;
    private ulong _newestTarget;
    private bool _isAwaited;
    private bool _progress;
    private bool _maySnapshot;
    private bool _evenIfActive;
    private bool _found;
    private bool _mayRunCode;

    /// <summary>Whether the last pass has left user code alone.</summary>
    public bool HasMetCode { get; private set; }

    /// <summary>How many slots were visited in vain.</summary>
    public int EmptyVisits { get; set; }

    /// <summary>Whether the last pass left something that waits for a particular grace period.</summary>
    public bool IsGracePeriodAwaited => _isAwaited &= !core.Engine.HasCompleted(_newestTarget);

    /// <summary>Call before the first of a run of passes. O4 (wrap-around is harmless): no target is kept while nobody
    /// checks whether it has completed.</summary>
    /// <param name="defaults">The state of the thread that runs the passes, to which each callback resets it.</param>
    /// <param name="mayRunCode">Whether the thread may run user code: callbacks and user deallocators.</param>
    /// <param name="goesOn">Whether the passes follow others at once, perhaps of another thread.</param>
    public void Begin(in ThreadDefaults defaults, bool mayRunCode, bool goesOn = false)
    {
        _isAwaited &= goesOn;
        _defaults = defaults;
        _mayRunCode = mayRunCode;
    }

    /// <summary>Makes the passes drive grace periods up to the target.</summary>
    public void Await(ulong target)
    {
        if (!_isAwaited || !SectionWord.HasReached(_newestTarget, target))
        {
            _newestTarget = target;
            _isAwaited = true;
        }
    }

    /// <summary>Makes one pass. Returns whether anything was reclaimed or a grace period has ended.</summary>
    public bool Run(bool maySnapshot, bool isExpedited)
    {
        _progress = false;
        HasMetCode = false;
        _maySnapshot = maySnapshot;
        _evenIfActive = isExpedited || core.Backlog.IsOverLimit;
        for (int i = core.Slots.Listed.Next(0); i >= 0; i = core.Slots.Listed.Next(i + 1))
        {
            _found = false;
            Serve(core.QueuesOf(i));
            EmptyVisits += _found ? 0 : 1;
        }

        if (IsGracePeriodAwaited)
        {
            _progress |= core.Engine.TryAdvance(_newestTarget);
        }

        return _progress;
    }

    private void Serve(ThreadQueues* queues)
    {
        for (PageQueue* queue = &queues->Blocks; queue != null; queue = queue->Following)
        {
            if (!Deallocators.IsCode(queue->Channel))
            {
                FreePages(queue);
            }
            else if (_mayRunCode)
            {
                RunPages(queue);
            }
            else
            {
                MeetCode(!BarrierTarget.IsEmpty(core, queue, out _));
            }
        }

        FreeHeads(&queues->Heads);
        if (_mayRunCode)
        {
            RunHeads(&queues->UserHeads);
            RunHeads(&queues->Callbacks);
        }
        else
        {
            MeetCode(!queues->UserHeads.IsEmpty || !queues->Callbacks.IsEmpty);
        }
    }

    private void MeetCode(bool isThere)
    {
        HasMetCode |= isThere;
        _found |= isThere;
    }

    private void FreePages(PageQueue* queue)
    {
        if (Order.Acquire(&queue->Cursor) == null)
        {
            return;
        }

        if (!TryLock.TryEnter(ref queue->Lock))
        {
            _found = true; // If its owner holds the lock, it is collecting the queue itself.
            return;
        }

        Snapshot(queue);
        int freed = queue->FreeExpired(_queues, PagesPerQueue);
        bool isEmpty = queue->Tail() == queue->Reclaimed;
        if (isEmpty)
        {
            queue->GiveKept(_queues); // Its owner is idle.
        }

        _found |= freed != 0 || !isEmpty;
        QueueBytes.Count(queue, _queues);
        TryLock.Exit(ref queue->Lock);
        Account(freed);
    }

    private void FreeHeads(HeadQueue* queue)
    {
        if (queue->IsEmpty || !TryLock.TryEnter(ref queue->Lock))
        {
            return;
        }

        _found = true;
        int freed = queue->FreeExpired(_queues, HeadsPerQueue);
        Snapshot(queue);
        TryLock.Exit(ref queue->Lock);
        Account(freed);
    }

    private void RunPages(PageQueue* queue)
    {
        TryLock.Enter(ref queue->Lock);
        Snapshot(queue);
        queue->Recycle(_queues);
        int count = queue->Expired(_queues, out nint* entries);
        _found |= queue->Tail() != queue->Reclaimed;
        QueueBytes.Count(queue, _queues);
        TryLock.Exit(ref queue->Lock);

        count = Math.Min(count, core.Options.CallbackBatchLimit);
        core.Running.Enter(queue);
        for (int i = 0; i < count; i++)
        {
            // SAFETY: O7 (exactly once): expired, and nobody else reclaims it; the page stays until the next look under
            // the lock.
            core.Running.BeginCallback((void*)entries[i], _queues.Ledger);
            _queues.Ledger?.Remove((void*)entries[i]);
            try
            {
                Deallocators.Free(queue->Channel, (void*)entries[i]);
            }
            catch (Exception e)
            {
                core.ReportFailure(e);
            }

            TakeBytesOff(queue, &entries[i]);
            queue->MarkReclaimed(1);
            _defaults.Restore();
        }

        core.Running.Leave();
        Account(count);
    }

    private void TakeBytesOff(PageQueue* queue, nint* entry)
    {
        if (queue->IsSized)
        {
            TryLock.Enter(ref queue->Lock);
            QueueBytes.TakeOff(queue, _queues, entry, count: 1);
            TryLock.Exit(ref queue->Lock);
        }
    }

    private void RunHeads(HeadQueue* queue)
    {
        if (queue->IsEmpty)
        {
            return;
        }

        _found = true;
        if (queue->DetachedCount == 0)
        {
            TryLock.Enter(ref queue->Lock);
            queue->DetachExpired(_queues);
            Snapshot(queue);
            TryLock.Exit(ref queue->Lock);
            queue->ReverseDetached(_queues);
        }

        int count = 0;
        core.Running.Enter(queue);
        while (count < core.Options.CallbackBatchLimit)
        {
            RcuHead* head = queue->TakeDetached(_queues);
            if (head == null)
            {
                break;
            }

            core.Running.BeginCallback(head, _queues.Ledger);
            try
            {
                HeadWord.Reclaim(head, _queues.Ledger);
            }
            catch (Exception e)
            {
                core.ReportFailure(e);
            }

            queue->MarkReclaimed();
            _defaults.Restore();
            count++;
        }

        core.Running.Leave();
        Account(count);
    }

    private void Snapshot(PageQueue* queue)
    {
        if (_maySnapshot && queue->SnapshotPartialPages(_queues, _evenIfActive, out ulong target))
        {
            Await(target);
        }
    }

    private void Snapshot(HeadQueue* queue)
    {
        if ((_maySnapshot || queue->IsHurried) && queue->Snapshot(_queues, out ulong target))
        {
            Await(target);
        }
    }

    private void Account(int reclaimed)
    {
        core.Backlog.Items.Add(-reclaimed);
        _progress |= reclaimed != 0;
    }
}
