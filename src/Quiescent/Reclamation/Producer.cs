using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Quiescent.Callbacks;
using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Readers;
using static Quiescent.Ordering.Tuning;

namespace Quiescent.Reclamation;

// How things are queued. The fast paths (inline, in the public faces) append to the thread's own queue and read AppendFlags; this
// is what lies beyond them: registration, full pages, owner collection, back-pressure, waking, disposal. Why it is right:
//
// O9, O11  An append stores its item (release [D]), then reads AppendFlags. Who sets a bit there (the reclaimer going idle [E],
//     Dispose [F]) issues the process-wide barrier next, then reads the queues. Outcomes, by where the appending thread
//     executes its share of the barrier: the item was stored before it, then the setter finds it; or it was not, then the
//     read of AppendFlags comes later still and sees the bit: the append wakes the reclaimer, or is withdrawn. Both may
//     happen, which is harmless: waking twice; and a withdrawal fails if the item was noted, as both take the queue's lock.
//     Where the barrier cannot be relied upon, AppendFlags is never 0 and each append fences here.
// O8  What is freed here is trivial, at most CollectPages pages or CollectHeads heads per call. No user code runs.
// O10 An owner consumes its queue under the queue's lock like anyone else, a page's worth at a page's end or a handful at a visit
//     in between; when the lock is not to be had it appends and goes on.
internal sealed unsafe partial class Producer(QueueContext context, Reclaimer reclaimer, Registrar registrar)
{
    private int _sharedLock;

    /// <summary>Appends a block to the open page. False: there is no room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryAppend(PageQueue* queue, void* block)
    {
        nint* cursor = queue->Cursor;
        if (Page.HasNoRoom(cursor))
        {
            return false;
        }

        // SAFETY: the owner's page has room at the cursor.
        *cursor = (nint)block;
        Order.Release(&queue->Cursor, cursor + 1); // [D] partners: [E] in Reclaimer.cs, [F] in GracePeriodDomain.cs.
        return true;
    }

    /// <summary>Appends a block to the open page. False: there is no room, or a visit of the slow path is due.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryAppendFast(PageQueue* queue, void* block) =>
        !Page.IsCollectDue(queue->Cursor) && TryAppend(queue, block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCollectDue(long position) => (position & (HeadsPerCollect - 1)) == 0;

    /// <summary>Appends a block to the open page, after freeing about as many as were appended since the last visit. False: there is no
    /// room, or something else to attend to. Not under Validate.</summary>
    public bool TryCollectAndAppend(PageQueue* queue, void* block)
    {
        if (Page.HasNoRoom(queue->Cursor) || Order.Acquire(&context.Words->AppendFlags) != 0)
        {
            return false;
        }

        OwnerCollectSome(queue);
        TryAppend(queue, block);
        if (Order.Acquire(&context.Words->AppendFlags) != 0)
        {
            HandleAppendFlags(queue);
        }

        return true;
    }

    /// <summary>Queues a block beyond the fast path.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void FreeBeyondFast(ReaderSlot* slot, void* block, int channel)
    {
        if (block == null)
        {
            return;
        }

        ReaderSlot* real = RequireSlot(slot);
        Append(real, ThreadQueues.For((ThreadQueues*)real->Queues, channel), block);
    }

    /// <summary>Queues a block in a queue of this thread's slot.</summary>
    public void Append(ReaderSlot* real, PageQueue* queue, void* block)
    {
        context.Ledger?.Add(queue->Channel, block, context.Findings);
        if (Page.IsCollectDue(queue->Cursor) && !Page.HasNoRoom(queue->Cursor) && Deallocators.IsBuiltIn(queue->Channel))
        {
            OwnerCollectSome(queue);
        }

        try
        {
            while (!TryAppend(queue, block))
            {
                MakeRoom(real, queue);
            }
        }
        catch
        {
            context.Ledger?.Remove(block);
            throw;
        }

        if (TryWithdraw(queue))
        {
            context.Ledger?.Remove(block);
            ThrowDisposed();
        }
    }

    /// <summary>Appends a head; needs no memory and cannot fail, except by disposal.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void PushBeyondFast(ReaderSlot* slot, RcuHead* head, nint word)
    {
        ThrowIfDisposed();
        ReaderSlot* real = ReaderSlot.Untwinned(slot == null ? registrar.TryRegister() : slot);
        void* identity = HeadWord.IsTrivial(word) ? HeadWord.BlockOf(head, word) : head;
        context.Ledger?.AddIfRoom(HeadWord.ChannelOf(word), identity, head, word, context.Findings);
        head->Word = word;
        if (!(real != null ? TryPush(real, head, word) : TryPushShared(head, word)))
        {
            context.Ledger?.Remove(identity);
            ThrowDisposed();
        }
    }

    /// <summary>Appends a head to the domain's own queue, for who must not wait.</summary>
    public void PushShared(RcuHead* head, nint word)
    {
        context.Ledger?.AddIfRoom(HeadWord.ChannelOf(word), head, head, word, context.Findings);
        head->Word = word;
        if (!TryPushShared(head, word))
        {
            context.Ledger?.Remove(head);
            ThrowDisposed();
        }
    }

    /// <summary>What a push on the fast path leaves to do: a visit is due, or AppendFlags is not 0.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void AfterPush(ReaderSlot* real, HeadQueue* queue, long position)
    {
        if (!FinishPush(real, queue, position))
        {
            ThrowDisposed();
        }
    }

    /// <summary>What an append on the fast path leaves to do when AppendFlags is not 0.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void HandleAppendFlags(PageQueue* queue)
    {
        if (TryWithdraw(queue))
        {
            ThrowDisposed();
        }
    }

    /// <summary>Queues a managed callback as a function head.</summary>
    public void Call(ReaderSlot* slot, ManagedCallback callback)
    {
        ThrowIfDisposed();
        if (context.Backlog is { Policy: BacklogPolicy.Throw, IsOverLimit: true } && !reclaimer.IsCurrentThread)
        {
            context.ReportReclaimer(onPool: true);
            ThrowBacklog();
        }

        // O7: PushBeyondFast throws only when nothing is queued, so that the head is still this method's to discard.
        RcuHead* head = ManagedCallback.CreateHead(callback);
        try
        {
            PushBeyondFast(slot, head, ManagedCallback.Function);
        }
        catch
        {
            ManagedCallback.Discard(head);
            throw;
        }
    }

    public void ThrowIfDisposed()
    {
        if (context.IsDisposed)
        {
            ThrowDisposed();
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HeadQueue* QueueFor(ThreadQueues* queues, nint word) =>
        !HeadWord.IsTrivial(word) ? &queues->Callbacks
        : Deallocators.IsCode(HeadWord.ChannelOf(word)) ? &queues->UserHeads
        : &queues->Heads;

    public ReaderSlot* RequireSlot(ReaderSlot* slot)
    {
        ThrowIfDisposed();
        return slot == null ? ReaderSlot.Untwinned(registrar.Register()) : ReaderSlot.Untwinned(slot);
    }

    // The page is full, or there is none yet. On return there is room; on an exception the queue is as it was, less what was
    // freed, and the next call comes here again.
    private void MakeRoom(ReaderSlot* real, PageQueue* queue)
    {
        StampFullPage(queue);
        if (!Deallocators.IsCode(queue->Channel))
        {
            Collect(queue);
        }

        ApplyBackPressure(real, 0);
        PageQueue.Extend(queue, context.Pool.Take(), context.First);
    }

    private void StampFullPage(PageQueue* queue)
    {
        if (PageQueue.StampFullPage(queue, context.Engine))
        {
            context.Backlog.Add(context.PageEntries);
        }
    }

    // Owner collection: what this thread filled long enough ago is freed by it, while its allocator's cache is warm.
    private void Collect(PageQueue* queue)
    {
        if (queue->Cursor == null || !TryLock.TryEnter(ref queue->Lock))
        {
            return;
        }

        if (PageQueue.Tail(queue, context.First) - queue->Reclaimed >= PagesToDrive(queue) * context.PageEntries || context.Backlog.IsOverLimit)
        {
            context.Engine.TryAdvance(PageQueue.OldestTarget(queue, context.Engine));
        }

        // While an owner's visits (or, of a pool, its renting) keep pace with what it queues, a few pages wait.
        bool isMoreWaiting = PageQueue.Tail(queue, context.First) - queue->Reclaimed > PagesToKeep(queue) * context.PageEntries
            || context.Backlog.IsOverLimit;
        if (!isMoreWaiting && Deallocators.IsBuiltIn(queue->Channel))
        {
            PageQueue.FreeSome(queue, context.Engine, context.Pool, context.Ledger, context.First, EntriesPerCollect);
        }

        int freed = PageQueue.FreeExpired(
            queue, context.Engine, context.Pool, context.Ledger, context.First, isMoreWaiting ? CollectPages : 0);
        bool isCovered = PageQueue.NextExpired(queue, context.Engine, context.Pool, context.First, out _) != 0;
        queue->CollectQuota = !isCovered ? 0 : isMoreWaiting ? 2 * EntriesPerCollect : EntriesPerCollect;
        TryLock.Exit(ref queue->Lock);
        context.Backlog.Add(-freed);
    }

    // Owner collection between pages: about as many blocks as were appended since the last visit. The allocator's per-thread cache
    // takes such a handful and hands it out again, where a page would overflow it (glibc keeps seven of a size).
    private void OwnerCollectSome(PageQueue* queue)
    {
        if (queue->CollectQuota != 0 && TryLock.TryEnter(ref queue->Lock))
        {
            PageQueue.FreeSome(queue, context.Engine, context.Pool, context.Ledger, context.First, queue->CollectQuota);
            TryLock.Exit(ref queue->Lock);
        }
    }

    private void OwnerCollectHeads(ReaderSlot* real, HeadQueue* queue)
    {
        context.Backlog.Add(HeadsPerCollect);
        if (queue == &((ThreadQueues*)real->Queues)->Heads && TryLock.TryEnter(ref queue->Lock))
        {
            bool waits = HeadQueue.Snapshot(queue, context.Engine, out ulong target);
            if (waits && (queue->Count - queue->Reclaimed >= DriveHeads || context.Backlog.IsOverLimit))
            {
                context.Engine.TryAdvance(target);
            }

            int freed = HeadQueue.FreeExpired(queue, context.Engine, context.Ledger, CollectHeads);
            HeadQueue.Snapshot(queue, context.Engine, out _);
            TryLock.Exit(ref queue->Lock);
            context.Backlog.Add(-freed);
        }

        if (context.Backlog.Policy != BacklogPolicy.Throw)
        {
            ApplyBackPressure(real, 0);
        }
    }

    private bool TryPush(ReaderSlot* real, RcuHead* head, nint word)
    {
        HeadQueue* queue = QueueFor((ThreadQueues*)real->Queues, word);
        context.Ledger?.RecordLink(head, HeadQueue.Newest(queue));
        return FinishPush(real, queue, HeadQueue.Push(queue, head));
    }

    /// <summary>Appends a head to the domain's own queue, for who may not register, pay or throw. False: the domain is disposed, and
    /// the head is the caller's.</summary>
    public bool TryPushShared(RcuHead* head, nint word)
    {
        using TryLock.Holder holder = TryLock.Hold(ref _sharedLock);
        HeadQueue* queue = QueueFor((ThreadQueues*)context.SharedSlot->Queues, word);
        context.Ledger?.RecordLink(head, HeadQueue.Newest(queue));
        HeadQueue.Push(queue, head);
        if (TryWithdraw(queue))
        {
            return false;
        }

        context.Backlog.Add(1);
        return true;
    }

    // From here on nothing throws: the item is queued, or was withdrawn.
    private bool FinishPush(ReaderSlot* real, HeadQueue* queue, long position)
    {
        if (TryWithdraw(queue))
        {
            return false;
        }

        if (IsCollectDue(position))
        {
            OwnerCollectHeads(real, queue);
        }

        return true;
    }

    private bool TryWithdraw(HeadQueue* queue)
    {
        if (!WakeAndCheckDisposed())
        {
            return false;
        }

        using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
        return HeadQueue.TryWithdraw(queue, context.Ledger);
    }

    private bool TryWithdraw(PageQueue* queue)
    {
        if (!WakeAndCheckDisposed())
        {
            return false;
        }

        using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
        return PageQueue.TryWithdraw(queue, context.First);
    }

    // Wakes the reclaimer if it is idle. True: the domain is disposed, and the append is to be withdrawn if it still can be.
    private bool WakeAndCheckDisposed()
    {
        int flags = Order.Acquire(&context.Words->AppendFlags);
        if ((flags & AppendFlags.Fenced) != 0)
        {
            Order.Fence(); // [D] where the barrier cannot be relied upon.
            flags = Order.Acquire(&context.Words->AppendFlags);
        }

        if ((flags & AppendFlags.Idle) != 0)
        {
            reclaimer.Wake();
        }

        return (flags & AppendFlags.Disposed) != 0;
    }

    [DoesNotReturn]
    private static void ThrowDisposed() => throw new ObjectDisposedException(nameof(RcuDomain));

    [DoesNotReturn]
    private static void ThrowBacklog() => throw new RcuBacklogException();
}
