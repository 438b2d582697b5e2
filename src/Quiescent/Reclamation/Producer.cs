using System.Runtime.CompilerServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Readers;
using static Quiescent.Tuning;

namespace Quiescent.Reclamation;

// How things are queued. The fast paths (inlined into the public faces) append to the thread's own queue and read its
// AppendWord; the rest is here: registration, full pages, owner collection, back-pressure, waking, disposal. Why it is
// right:
//
// O9, O10, O11 (idle runs nothing, a barrier misses nothing, disposal)  An append stores its item (release [D]), then
//     reads its queue's AppendWord. The reclaimer, before it drops a slot [E], and Dispose [F] clear Listed there; each
//     then issues the process-wide barrier and reads the queues. Outcomes, by where the appending thread executes its
//     share of the barrier:
//       - it stored the item before: the reclaimer, or Dispose, finds the item;
//       - it stores the item after: its read of the word comes later still and does not see Listed, so the append lists
//         its slot, wakes the reclaimer if that is idle, and is withdrawn if the domain is disposed.
//     Both may happen, which is harmless: a second wake does nothing, and a withdrawal and the drain both take the
//     queue's lock, so a withdrawal fails once the item is reclaimed or about to be. Where the barrier cannot be relied
//     upon, the word is never Listed alone and each append fences here. Listing.cs has the rest.
// O9 (nothing sleeps on work), of a hurried head: its position is stored (release), then the reclaimer is expedited,
//     which wakes it, makes a step due [Y] and sets its signal, in this order. The reclaimer reads the position in a
//     pass. If it reads too early, the signal is set after that, and its rest ends at once (ServedDomain.cs).
// O7 (exactly once)  Past the append nothing throws but ObjectDisposedException, and that only once the item was
//     withdrawn.
//
// O5 (slot visible before use)  The domain keeps the queues' memory, and a call on the domain may be the last use of
//     it. So what ends with an access to a queue keeps the domain until then.
//
// Checked by: listing.pml, idle.pml; WakeUpStressTests, WithdrawalTests; systematic WakeUpTests, DisposalTests; mutants
// O9, O11.
internal sealed unsafe class Producer(DomainCore core)
{
    private readonly QueueContext _queues = core.Queues;
    private readonly bool _asksSizes =
        BlockSize.IsCheap || core.Options.BacklogBytesLimit != RcuDomainOptions.DefaultBacklogBytesLimit;

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

        // [D] partners: [E] in Reclamation/Listing.cs, [F] in Reclamation/DomainCore.cs.
        Order.Release(&queue->Cursor, cursor + 1);
        return true;
    }

    /// <summary>Appends a block to the open page. False: there is no room, or the owner's collection is due.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryAppendFast(PageQueue* queue, void* block) =>
        !Page.IsCollectionDue(queue->Cursor) && TryAppend(queue, block);

    /// <summary>Whether the owner of the heads collects after the push of this position. Under a small backlog limit it
    /// does so more often, of which the fast path knows nothing (<see cref="AppendFlags.SmallLimit"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsCollectionDue(long position) => (position & (HeadsBetweenCollections - 1)) == 0;

    /// <summary>The one of the thread's queues that a head with this word belongs in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HeadQueue* QueueFor(ThreadQueues* queues, nint word) =>
        !HeadWord.IsTrivial(word) ? &queues->Callbacks
        : Deallocators.IsCode(HeadWord.ChannelOf(word)) ? &queues->UserHeads
        : &queues->Heads;

    /// <summary>Collects, then appends a block to the open page. False: there is no room, a flag is set, or the
    /// block's size is to be counted. Not under Validate.</summary>
    public bool TryCollectAndAppend(PageQueue* queue, void* block)
    {
        if (Page.HasNoRoom(queue->Cursor)
            || AppendWord.IsDue(&queue->Append)
            || IsLarge(queue->Channel, block, out _))
        {
            return false;
        }

        core.Collector.CollectSome(queue);
        if (!TryAppend(queue, block))
        {
            return false; // Asking for the size let a first-chance handler in, which has filled the page.
        }

        if (AppendWord.IsDue(&queue->Append))
        {
            HandleAppendFlags(queue);
        }

        GC.KeepAlive(this);
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
        PageQueue* queue = ((ThreadQueues*)real->Queues)->For(channel);

        // A large block leaves its place in the page free, so that the next one comes here too.
        if (Page.IsCollectionDue(queue->Cursor) && IsLarge(channel, block, out long bytes))
        {
            AppendSized(real, channel, block, bytes);
        }
        else
        {
            Append(real, queue, block);
        }

        GC.KeepAlive(this);
    }

    /// <summary>Queues a block whose size is known.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void FreeSized(ReaderSlot* slot, void* block, int channel, nuint bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (nuint)nint.MaxValue);
        if (block == null || bytes == 0)
        {
            FreeBeyondFast(slot, block, channel);
        }
        else
        {
            AppendSized(RequireSlot(slot), channel, block, Math.Min((long)bytes, MaxBlockBytes));
            GC.KeepAlive(this);
        }
    }

    /// <summary>Whether the bulk's blocks are to be counted with their sizes: one of a few of them is large.</summary>
    public bool AreLarge(ReadOnlySpan<nint> blocks)
    {
        int step = Math.Max(1, blocks.Length / BlocksAskedOfBulk);
        for (long i = 0; i < blocks.Length; i += step)
        {
            nint block = blocks[(int)i];
            if (block != 0 && IsLarge(Deallocators.NativeHeap, (void*)block, out _))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Queues a block in a queue of this thread's slot.</summary>
    public void Append(ReaderSlot* real, PageQueue* queue, void* block, long bytes = 0)
    {
        _queues.Ledger?.Add(queue->Channel, block, core.Findings);
        if (Page.IsCollectionDue(queue->Cursor)
            && !Page.HasNoRoom(queue->Cursor)
            && Deallocators.IsBuiltIn(queue->Channel))
        {
            core.Collector.CollectSome(queue);
        }

        try
        {
            EnsureRoom(real, queue);
            if (queue->IsSized)
            {
                QueueBytes.Add(queue, bytes);
            }

            TryAppend(queue, block);
        }
        catch
        {
            _queues.Ledger?.Remove(block);
            throw;
        }

        if (TryWithdrawBlock(queue))
        {
            _queues.Ledger?.Remove(block);
            core.ThrowDisposed();
        }
    }

    /// <summary>Makes room in the thread's queue, so that the next append needs no memory.</summary>
    /// <exception cref="OutOfMemoryException">There is no memory for a page.</exception>
    /// <exception cref="RcuBacklogException">The policy is to throw, and too much waits.</exception>
    public void EnsureRoom(ReaderSlot* real, PageQueue* queue)
    {
        while (Page.HasNoRoom(queue->Cursor))
        {
            MakeRoom(real, queue);
        }
    }

    /// <summary>Appends a head; needs no memory and cannot fail, except by disposal.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void PushBeyondFast(ReaderSlot* slot, RcuHead* head, nint word, bool isHurried = false)
    {
        core.ThrowIfDisposed();
        ReaderSlot* real = ReaderSlot.Untwinned(slot == null ? core.Registrar.TryRegister() : slot);
        void* identity = HeadWord.IsTrivial(word) ? HeadWord.BlockOf(head, word) : head;
        _queues.Ledger?.AddIfRoom(HeadWord.ChannelOf(word), identity, head, word, core.Findings);
        head->Word = word;
        if (!(real != null ? TryPush(real, head, word, isHurried) : TryPushShared(head, word, isHurried)))
        {
            _queues.Ledger?.Remove(identity);
            core.ThrowDisposed();
        }

        GC.KeepAlive(this);
    }

    /// <summary>Appends a head to the domain's own queue, for a caller that must not wait.</summary>
    public void PushShared(RcuHead* head, nint word)
    {
        _queues.Ledger?.AddIfRoom(HeadWord.ChannelOf(word), head, head, word, core.Findings);
        head->Word = word;
        if (!TryPushShared(head, word))
        {
            _queues.Ledger?.Remove(head);
            core.ThrowDisposed();
        }
    }

    /// <summary>Appends a head to the domain's own queue, for a caller that must not register, pay or throw. False: the
    /// domain is disposed, and the head is the caller's.</summary>
    /// <param name="head">The head, with its word.</param>
    /// <param name="word">Its word.</param>
    /// <param name="isHurried">Whether it must not wait until others are gathered.</param>
    public bool TryPushShared(RcuHead* head, nint word, bool isHurried = false)
    {
        bool isDue;
        bool isWithdrawn;
        using (TryLock.Hold(ref _sharedLock))
        {
            HeadQueue* queue = QueueFor((ThreadQueues*)core.SharedSlot->Queues, word);
            _queues.Ledger?.RecordLink(head, queue->Newest);
            long position = HeadQueue.Push(queue, head);
            isDue = TryList(&queue->Append);
            isWithdrawn = isDue && core.IsDisposed && TryWithdraw(queue);
            if (isHurried && !isWithdrawn)
            {
                HeadQueue.Hurry(queue, position);
            }
        }

        if (isDue)
        {
            WakeIfIdle();
        }

        if (isHurried)
        {
            core.Reclaimer.Expedite();
        }

        if (!isWithdrawn)
        {
            core.Backlog.Items.Add(1);
        }

        return !isWithdrawn;
    }

    /// <summary>Finishes a push of the fast path, when the owner's collection is due or a flag is set.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void AfterPush(ReaderSlot* real, HeadQueue* queue, long position)
    {
        if (!FinishPush(real, queue, position))
        {
            core.ThrowDisposed();
        }

        GC.KeepAlive(this);
    }

    /// <summary>Finishes an append of the fast path, when a flag is set.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void HandleAppendFlags(PageQueue* queue)
    {
        if (TryWithdrawBlock(queue))
        {
            core.ThrowDisposed();
        }

        GC.KeepAlive(this);
    }

    /// <summary>Queues a managed callback as a function head.</summary>
    /// <param name="callback">The callback.</param>
    /// <param name="bytes">What waits with it; the callback takes it off when it runs.</param>
    /// <param name="isHurried">Whether it must not wait until others are gathered.</param>
    public void Call(ManagedCallback callback, long bytes = 0, bool isHurried = false)
    {
        core.ThrowIfDisposed();
        core.BackPressure.RequireRoom();

        // O7 (exactly once): PushBeyondFast throws only when nothing is queued, so the head is still this method's to
        // discard.
        RcuHead* head = ManagedCallback.CreateHead(callback);
        try
        {
            core.Backlog.Bytes.Hold(bytes); // Before the callback can run.
            PushBeyondFast(core.Registrar.Known, head, ManagedCallback.Function, isHurried);
        }
        catch
        {
            core.Backlog.Bytes.Hold(-bytes);
            ManagedCallback.Discard(head);
            throw;
        }

        core.BackPressure.ApplyToHeld(bytes);
        GC.KeepAlive(this);
    }

    /// <summary>The thread's slot, not its twin; registers the thread.</summary>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public ReaderSlot* RequireSlot(ReaderSlot* slot)
    {
        core.ThrowIfDisposed();
        return ReaderSlot.Untwinned(slot == null ? core.Registrar.Register() : slot);
    }

    /// <summary>Lists the slot of the queue that an item was appended to, and wakes the reclaimer if it is idle. True:
    /// the domain is disposed, and the caller must withdraw its append if it still can.</summary>
    public bool WakeAndCheckDisposed(AppendWord* word)
    {
        if (!TryList(word))
        {
            return false;
        }

        WakeIfIdle();
        return core.IsDisposed;
    }

    /// <summary>Wakes the reclaimer if it is idle. May start a thread, which takes memory: call it with no lock held
    /// (O8).</summary>
    public void WakeIfIdle()
    {
        if ((Order.Acquire(&core.State->AppendFlags) & AppendFlags.Idle) != 0)
        {
            core.Reclaimer.Wake();
        }
    }

    // Lists the slot. False: the append has nothing left to do.
    private bool TryList(AppendWord* word)
    {
        if (!AppendWord.IsDue(word))
        {
            return false;
        }

        if ((word->Flags & AppendFlags.Fenced) != 0)
        {
            Order.Fence(); // [D] where the barrier cannot be relied upon.
        }

        core.Listing.List(word);
        return true;
    }

    private bool IsLarge(int channel, void* block, out long bytes)
    {
        bytes = _asksSizes ? (long)BlockSize.Of(channel, block) : 0;
        return bytes >= LargeBlockBytes;
    }

    // What may refuse the block comes before the append; past it, nothing throws.
    private void AppendSized(ReaderSlot* real, int channel, void* block, long bytes)
    {
        PageQueue* queue = ((ThreadQueues*)real->Queues)->ForSized(channel);
        long uncounted = queue->Uncounted + bytes;
        if (uncounted < _queues.Bytes.PerStep)
        {
            Append(real, queue, block, bytes);
            return;
        }

        core.BackPressure.RequireRoom(real, new Amount(0, bytes));
        Append(real, queue, block, bytes);
        if (core.Collector.TryCountBytes(queue))
        {
            core.BackPressure.Throttle(real, new Amount(0, uncounted));
        }
    }

    // The page is full, or there is none yet. On return there is room. On an exception the queue is as it was, except
    // for what was freed, and the next call comes here again.
    private void MakeRoom(ReaderSlot* real, PageQueue* queue)
    {
        int counted = core.Collector.StampFullPage(queue);
        if (Deallocators.IsCode(queue->Channel))
        {
            core.Backlog.Items.Add(counted);
        }
        else
        {
            core.Collector.Collect(queue, counted);
        }

        core.BackPressure.Apply(real, PageAmount(queue));
        Page* page = core.Collector.TakePage(queue);
        if (Page.HasNoRoom(queue->Cursor))
        {
            core.Backlog.Items.Add(core.Collector.StampFullPage(queue)); // If it is another page than above.
            queue->Extend(_queues, page);
        }
        else
        {
            // Code of the program ran here, as a first-chance handler of an interrupt does, and has queued too.
            _queues.Pages.Give(page);
        }
    }

    // The page that was filled last. If its blocks have sizes of their own, those are paid for by themselves.
    private static Amount PageAmount(PageQueue* queue) =>
        queue->Cursor == null
            ? default
            : new Amount(queue->EntriesOfPage, (long)queue->EntriesOfPage * Math.Max(0, queue->BlockBytes));

    private bool TryPush(ReaderSlot* real, RcuHead* head, nint word, bool isHurried)
    {
        HeadQueue* queue = QueueFor((ThreadQueues*)real->Queues, word);
        _queues.Ledger?.RecordLink(head, queue->Newest);
        long position = HeadQueue.Push(queue, head);
        if (!FinishPush(real, queue, position))
        {
            return false;
        }

        if (isHurried)
        {
            HeadQueue.Hurry(queue, position);
            core.Reclaimer.Expedite();
        }

        return true;
    }

    // From here on nothing throws: the item is queued, or was withdrawn.
    private bool FinishPush(ReaderSlot* real, HeadQueue* queue, long position)
    {
        if (TryWithdrawHead(queue))
        {
            return false;
        }

        if ((position & (_queues.HeadsPerStep - 1)) == 0)
        {
            core.Collector.CollectHeads(real, queue);
        }

        return true;
    }

    private bool TryWithdrawHead(HeadQueue* queue) => WakeAndCheckDisposed(&queue->Append) && TryWithdraw(queue);

    private bool TryWithdraw(HeadQueue* queue)
    {
        using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
        return queue->TryWithdraw(_queues);
    }

    private bool TryWithdrawBlock(PageQueue* queue)
    {
        if (!WakeAndCheckDisposed(&queue->Append))
        {
            return false;
        }

        using TryLock.Holder holder = TryLock.Hold(ref queue->Lock);
        return queue->TryWithdraw(_queues);
    }
}
