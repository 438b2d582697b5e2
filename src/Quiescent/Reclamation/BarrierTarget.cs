using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;

namespace Quiescent.Reclamation;

// What a barrier waits for: for each queue that held something, the position up to which it has to be reclaimed.
//
// O10 (one consumer)  Positions, not pages or heads; and reclaimed, not taken. If a racing disposal makes an owner
//     withdraw its newest item, the position lies beyond the tail; it counts as done when the queue is empty. The
//     queues of idle, busy and ended threads are all in the slot table, and open pages count by the cursor, so the
//     target misses nothing that was queued before it was taken. An asynchronous callback counts as reclaimed once it
//     is pending; PendingCallbacks.cs says why the target misses none of these either.
internal sealed unsafe class BarrierTarget : IWaitCondition
{
    private readonly List<(nint Queue, long Position)> _pages = [];
    private readonly List<(nint Queue, long Position)> _heads = [];
    private readonly DomainCore _core;
    private long _lastPending; // The number of the last callback that was pending when the target was taken.
    private AsyncCallback? _awaited; // A pending callback of the last queue in _heads.

    private BarrierTarget(DomainCore core, BarrierScope scope)
    {
        _core = core;
        Scope = scope;
    }

    public BarrierScope Scope { get; }

    /// <summary>A target for what waits now, as far as the scope has it, and for the asynchronous callbacks that are
    /// pending; null if nothing of that waits.</summary>
    public static BarrierTarget? Take(DomainCore core, BarrierScope scope)
    {
        BarrierTarget? target = null;
        for (int i = core.Slots.Listed.Next(0); i >= 0; i = core.Slots.Listed.Next(i + 1))
        {
            ThreadQueues* queues = core.QueuesOf(i);
            for (PageQueue* queue = &queues->Blocks; queue != null; queue = queue->Following)
            {
                if (scope.Has(queue->Channel) && !IsEmpty(core, queue, out long tail))
                {
                    FaultInjection.ThrowIfDue(FaultSite.Barrier);
                    (target ??= new BarrierTarget(core, scope))._pages.Add(((nint)queue, tail));
                }
            }

            if (scope.HasHeads)
            {
                AddHeads(core, &queues->Heads, scope, ref target);
            }

            if (scope.HasCode)
            {
                AddHeads(core, &queues->UserHeads, scope, ref target);
            }

            if (scope.HasCallbacks)
            {
                AddHeads(core, &queues->Callbacks, scope, ref target);
            }
        }

        GC.KeepAlive(core); // O5 (slot visible before use): the queues are the slot table's.
        long lastPending = scope.HasCallbacks ? core.Pending.LastNumber() : 0; // O10: after the positions.
        if (lastPending != 0)
        {
            (target ??= new BarrierTarget(core, scope))._lastPending = lastPending;
        }

        return target;
    }

    /// <summary>Whether anything waits in the queues, or only whether user code does; needs no memory.</summary>
    public static bool AnythingWaits(DomainCore core, bool codeOnly)
    {
        for (int i = core.Slots.Listed.Next(0); i >= 0; i = core.Slots.Listed.Next(i + 1))
        {
            if (AnythingWaits(core, core.QueuesOf(i), codeOnly))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether anything waits in one slot's queues, or only whether user code does.</summary>
    public static bool AnythingWaits(DomainCore core, ThreadQueues* queues, bool codeOnly)
    {
        for (PageQueue* queue = &queues->Blocks; queue != null; queue = queue->Following)
        {
            if ((!codeOnly || Deallocators.IsCode(queue->Channel)) && !IsEmpty(core, queue, out _))
            {
                return true;
            }
        }

        return (!codeOnly && !queues->Heads.IsEmpty) || !queues->UserHeads.IsEmpty || !queues->Callbacks.IsEmpty;
    }

    /// <inheritdoc/>
    public bool MaySleep() => true; // Nobody can tell when the last of it will have been reclaimed.

    /// <summary>Whether everything in the target has been reclaimed.</summary>
    public bool IsDone()
    {
        while (_pages.Count != 0)
        {
            PageQueue* queue = (PageQueue*)_pages[^1].Queue;
            if (Order.Acquire(in queue->Reclaimed) < _pages[^1].Position && !IsEmpty(_core, queue, out _))
            {
                return false;
            }

            _pages.RemoveAt(_pages.Count - 1);
        }

        while (_heads.Count != 0)
        {
            HeadQueue* queue = (HeadQueue*)_heads[^1].Queue;
            if ((Order.Acquire(in queue->Reclaimed) < _heads[^1].Position && !queue->IsEmpty) || IsAnyPending())
            {
                return false;
            }

            _heads.RemoveAt(_heads.Count - 1);
        }

        return !_core.Pending.AnyUpTo(_lastPending);
    }

    // O10: after the position was reached. Looks through the list again only when the callback that it found is done.
    private bool IsAnyPending()
    {
        if (_awaited is null || _awaited.Number == 0)
        {
            _awaited = _core.Pending.LastOf(_heads[^1].Queue, _heads[^1].Position);
        }

        return _awaited is not null;
    }

    private static void AddHeads(DomainCore core, HeadQueue* queue, BarrierScope scope, ref BarrierTarget? target)
    {
        long reclaimed = Order.Acquire(in queue->Reclaimed);
        long count = Order.Acquire(in queue->Count);
        if (count != reclaimed)
        {
            FaultInjection.ThrowIfDue(FaultSite.Barrier);
            (target ??= new BarrierTarget(core, scope))._heads.Add(((nint)queue, count));
        }
    }

    /// <summary>Whether nothing waits in the queue; if something does, up to which position.</summary>
    // The tail may only be read under the queue's lock (O10, one consumer; see PageQueue). A queue without a page is
    // empty, unless its owner holds the lock to append in bulk. That owner listed its slot and looked at Disposed after
    // it took the lock. So a disposal, which sets Disposed before it looks at the lock here, finds the lock held, or
    // the owner sees Disposed (O11: disposal loses nothing).
    public static bool IsEmpty(DomainCore core, PageQueue* queue, out long tail)
    {
        tail = 0;
        if (Order.Acquire(in queue->Lock) == 0 && queue->HasNoPage)
        {
            return true;
        }

        TryLock.Enter(ref queue->Lock);
        tail = queue->Tail();
        bool isEmpty = tail == Order.Acquire(in queue->Reclaimed); // User code moves it without the lock.
        TryLock.Exit(ref queue->Lock);
        return isEmpty;
    }
}
