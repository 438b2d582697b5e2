using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Validate;

namespace Quiescent.Queues;

// The intrusive queue of one thread's heads: one producer, one consumer at a time. It needs no memory and cannot fail.
//
//     Count = 7, cells: item 6, item 7          7 ─► 6 ─► 5 ─► 4 ─► 3 ─► (2, freed; never followed)
//                                               └─── open ────┘    └── snapshot: top 3, target t
//
// Each head links to the one queued BEFORE it, so the producer never writes to a head that it has already published,
// and the consumer may free any head it has taken: there is no last node to hand over. (In a queue linked forwards, the
// producer may be about to write the link of the very node that the consumer frees.) Why it is right:
//
// O7, O10 (exactly once, one consumer)  Positions say where a chain ends, never pointers: the chain below item c has
//     exactly c - p items above position p. The link of the lowest points to a head that may be freed, or queued again;
//     it is never followed. A consumer needs the head of the item numbered Count. The producer stores item k into cell
//     k mod 2 (release [H]), then k into Count (release [I]). The consumer reads Count (acquire), the cell (acquire),
//     and Count again:
//       - Count is unchanged at c: the cell held item c, for only push c + 2 overwrites it, whose store [H] comes after
//         the store [I] of c + 1; a consumer that had read item c + 2 would read a Count of at least c + 1 afterwards.
//       - Count moved on: read again. Only the producer's own progress makes a consumer repeat, and no stalled
//         producer holds a consumer up.
//     What the producer wrote into the items up to c (links, words, the blocks' unlinking) happens before its store
//     [I]. Consumers hold Lock. Reclaimed moves when items have been reclaimed, not when they are taken.
// O3 (target after unlink)  Snapshot() takes the position first and the target after (NextTarget fences): the target
//     covers every item up to the position. Nothing is added to a snapshot, so its target stays; what comes later is in
//     the next one, taken when this one is reclaimed. So each item waits for at most two grace periods.
// O11 (disposal)  The newest item may be withdrawn by its producer, under Lock, until its chain begins to be reclaimed:
//     nothing links to it, and it is the top of the snapshot it is in (which another thread's barrier, say, took after
//     the drain had ended).
//
// Checked by: head-queue.pml; HeadQueueTests, HeadQueueRaceTests, WithdrawalTests; systematic HandOverTests; mutants
// O7, O10.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct HeadQueue
{
    public const int Bytes = 192;

    // The producer's line.

    /// <summary>How many items were ever pushed.</summary>
    [FieldOffset(0)]
    public long Count;

    [FieldOffset(8)]
    public RcuHead* EvenCell; // the other lies at 16

    /// <summary>Items up to this position must not wait until others are gathered.</summary>
    [FieldOffset(24)]
    public long Hurried;

    [FieldOffset(40)]
    public AppendWord Append;

    // The consumer's line.

    [FieldOffset(64)]
    public int Lock;

    /// <summary>All items up to this position are reclaimed.</summary>
    [FieldOffset(72)]
    public long Reclaimed;

    /// <summary>Items up to here are in a snapshot, detached or reclaimed.</summary>
    [FieldOffset(80)]
    private long _snapshotPosition;

    [FieldOffset(88)]
    private RcuHead* _snapshotTop;

    [FieldOffset(96)]
    private long _snapshotLeft;

    [FieldOffset(104)]
    private ulong _snapshotTarget;

    /// <summary>How many items were reclaimed, one by one: ahead of Reclaimed while a chain is being freed.</summary>
    [FieldOffset(112)]
    public long ReclaimedItems;

    // The reclaimer's line: the items it has detached and not yet reclaimed, oldest first.

    [FieldOffset(128)]
    public RcuHead* Detached;

    [FieldOffset(136)]
    public long DetachedCount;

    /// <summary>Whether nothing waits. Any thread may ask.</summary>
    public readonly bool IsEmpty => Order.Acquire(in Reclaimed) == Order.Acquire(in Count);

    /// <summary>Whether an item is in a hurry that is in no snapshot yet; under Lock.</summary>
    public readonly bool IsHurried => Order.Acquire(in Hurried) > _snapshotPosition;

    /// <summary>The item that the next one pushed will link to. For the producer.</summary>
    public readonly RcuHead* Newest => (&Self->EvenCell)[Count & 1];

    // SAFETY: queues lie in native memory, beside their slots, and never move.
    private readonly HeadQueue* Self => (HeadQueue*)Unsafe.AsPointer(ref Unsafe.AsRef(in this));

    /// <summary>Appends a head whose word is set, and returns its position. For the producer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Push(HeadQueue* queue, RcuHead* head)
    {
        // SAFETY: the caller gives the head up until it is reclaimed; the two cells lie side by side.
        long position = queue->Count + 1;
        RcuHead** cells = &queue->EvenCell;
        head->Next = cells[(position - 1) & 1];
        Order.Release(&cells[position & 1], head); // [H]
        Order.Release(ref queue->Count, position); // [I] partner of both: TryTakeSnapshot.
        return position;
    }

    /// <summary>The item, and those before it, shall be in the next snapshot that can be taken. For the producer; the
    /// reclaimer learns of it when it looks.</summary>
    public static void Hurry(HeadQueue* queue, long position)
    {
        if (position > queue->Hurried) // A first-chance handler may have pushed another, and hurried that.
        {
            Order.Release(ref queue->Hurried, position);
        }
    }

    /// <summary>O11 (disposal loses nothing): the producer takes its newest item back, unless its chain is being
    /// reclaimed; under Lock.</summary>
    public bool TryWithdraw(QueueContext context)
    {
        if (_snapshotPosition == Count)
        {
            if (_snapshotLeft == 0 || ReclaimedItems != Reclaimed)
            {
                return false;
            }

            // SAFETY: the item is the top of the chain, and still its producer's to withdraw.
            _snapshotTop = LinkOf(_snapshotTop, context.Ledger);
            _snapshotLeft--;
            _snapshotPosition--;
        }

        Order.Release(ref Count, Count - 1);
        return true;
    }

    /// <summary>Takes a snapshot of the open items, unless an earlier one still waits; under Lock. False: none
    /// waits.</summary>
    public bool Snapshot(QueueContext context, out ulong target)
    {
        if (_snapshotLeft == 0 && TryTakeSnapshot(out RcuHead* top, out long position))
        {
            _snapshotTarget = context.Engine.NextTarget(); // O3 (unlinked before started): after the position.
            _snapshotTop = top;
            _snapshotLeft = position - _snapshotPosition;
            _snapshotPosition = position;
            Debug.Assert(_snapshotLeft > 0, "O10: a snapshot's position is beyond the last one's.");
        }

        target = _snapshotTarget;
        return _snapshotLeft != 0;
    }

    /// <summary>Frees at most <paramref name="budget"/> expired blocks; under Lock, in a queue that holds only built-in
    /// trivial callbacks (O8: no user code runs here). Returns how many.</summary>
    public int FreeExpired(QueueContext context, int budget)
    {
        if (!HasExpired(context))
        {
            return 0;
        }

        int count = (int)Math.Min(budget, _snapshotLeft);
        RcuHead* head = _snapshotTop;
        for (int i = 0; i < count; i++)
        {
            // SAFETY: O3 (unlinked before started), O10 (one consumer): an expired item of the snapshot; its link is
            // read before it is freed.
            RcuHead* next = LinkOf(head, context.Ledger);
            Prefetch.Read(next);
            HeadWord.Reclaim(head, context.Ledger);
            head = next;
        }

        _snapshotTop = head;
        _snapshotLeft -= count;
        Order.Release(ref ReclaimedItems, ReclaimedItems + count);
        if (_snapshotLeft == 0)
        {
            Debug.Assert(ReclaimedItems == _snapshotPosition, "O7: each item of the snapshot is reclaimed once.");
            Order.Release(ref Reclaimed, _snapshotPosition);
        }

        return count;
    }

    /// <summary>Detaches the snapshot if it has expired, for the reclaimer to run; under Lock.</summary>
    public void DetachExpired(QueueContext context)
    {
        if (HasExpired(context))
        {
            Debug.Assert(DetachedCount == 0, "O7: what was detached before has run.");
            Detached = _snapshotTop;
            DetachedCount = _snapshotLeft;
            _snapshotLeft = 0;
        }
    }

    /// <summary>Reverses the detached items, so that the item queued first comes first. For the reclaimer.</summary>
    public void ReverseDetached(QueueContext context)
    {
        RcuHead* first = null;
        RcuHead* head = Detached;
        for (long left = DetachedCount; left > 0; left--)
        {
            // SAFETY: DetachedCount items are linked from Detached on; the link of the lowest is overwritten, not
            // followed.
            RcuHead* below = LinkOf(head, context.Ledger);
            if (context.Ledger is null || context.Ledger.TryRelink(head, first))
            {
                head->Next = first;
            }

            first = head;
            head = below;
        }

        Detached = first;
    }

    /// <summary>The next detached item; null when there is none.</summary>
    public RcuHead* TakeDetached(QueueContext context)
    {
        if (DetachedCount == 0)
        {
            return null;
        }

        RcuHead* head = Detached;
        Detached = LinkOf(head, context.Ledger);
        DetachedCount--;
        return head;
    }

    /// <summary>The reclaimer has reclaimed one item, in the order of positions.</summary>
    public void MarkReclaimed()
    {
        Order.Release(ref ReclaimedItems, ReclaimedItems + 1);
        Order.Release(ref Reclaimed, Reclaimed + 1);
        Debug.Assert(Reclaimed <= Order.Acquire(in Count), "O7: nothing is reclaimed that was not queued.");
    }

    private readonly bool HasExpired(QueueContext context) =>
        _snapshotLeft != 0 && context.Engine.HasCompleted(_snapshotTarget);

    // Under Validate the ledger's copy: a head that was overwritten while it waited must not lead the consumer astray.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RcuHead* LinkOf(RcuHead* head, BlockLedger? ledger) =>
        ledger is null ? head->Next : ledger.LinkOf(head);

    private readonly bool TryTakeSnapshot(out RcuHead* top, out long position)
    {
        RcuHead** cells = &Self->EvenCell;
        do
        {
            position = Order.Acquire(in Count);
            top = Order.Acquire(&cells[position & 1]);
        }
        while (Order.Acquire(in Count) != position);

        return position != _snapshotPosition;
    }
}
