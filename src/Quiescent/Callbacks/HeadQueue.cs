using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Ordering;

namespace Quiescent.Callbacks;

// The intrusive queue of one thread's heads: one producer, one consumer at a time. It needs no memory and cannot fail.
//
//     Count = 7, cells: item 6, item 7          7 ─► 6 ─► 5 ─► 4 ─► 3 ─► (2, freed; never followed)
//                                               └─── open ────┘    └── sealed: top 3, target t
//
// Each head links to the one queued BEFORE it, so the producer never writes to a head that it has already published, and the
// consumer may free any head it has taken: there is no last node to hand over. (In a queue linked forwards, the producer
// may be about to write the link of the very node that the consumer frees.) Why it is right:
//
// O7/O10  Positions say where a chain ends, never pointers: the chain below item c has exactly c - p items above position p.
//     The link of the lowest points to a head that may be freed, or queued anew; it is never followed. A consumer needs the
//     head of the item numbered Count. The producer stores item k into cell k mod 2 (release [H]), then k into Count (release
//     [I]). The consumer reads Count (acquire), the cell (acquire), and Count again:
//       - Count is unchanged at c: the cell held item c, for only push c + 2 overwrites it, whose store [H] comes after the
//         store [I] of c + 1; a consumer that had read item c + 2 would read a Count of at least c + 1 afterwards.
//       - Count moved on: read again. Only the producer's own progress makes a consumer repeat, and no stalled
//         producer holds a consumer up.
//     What the producer wrote into the items up to c (links, words, the blocks' unlinking) happens before its store [I].
// O3  Seal() takes the position first and the target after (NextTarget fences): the target covers every item up to the
//     position. A sealed chain is not added to, so its target stays; what comes later is sealed when it is gone. So each
//     item waits for two grace periods at the most.
// O10 Consumers hold Lock. Reclaimed moves once items have been carried out, not when they are taken.
// O11 The newest item may be withdrawn by its producer, under Lock, until its chain begins to be carried out: nothing links to
//     it, and it is the top of a chain it was sealed into (by the barrier of another thread, say, after the drain had ended).
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct HeadQueue
{
    public const int Bytes = 192;

    // The producer's line.
    [FieldOffset(0)]
    public long Count;

    [FieldOffset(8)]
    public RcuHead* EvenCell; // the other lies at 16

    // The consumer's line.
    [FieldOffset(64)]
    public int Lock;

    /// <summary>Items up to here are carried out.</summary>
    [FieldOffset(72)]
    public long Reclaimed;

    /// <summary>Items up to here are sealed, detached or carried out.</summary>
    [FieldOffset(80)]
    private long _snapshotPosition;

    [FieldOffset(88)]
    private RcuHead* _snapshotTop;

    [FieldOffset(96)]
    private long _snapshotLeft;

    [FieldOffset(104)]
    private ulong _snapshotTarget;

    /// <summary>Items reclaimed one by one, ahead of Carried while a chain is being freed.</summary>
    [FieldOffset(112)]
    public long ReclaimedItems;

    // The reclaimer's line: what it has detached and not yet carried out, oldest first.
    [FieldOffset(128)]
    public RcuHead* Detached;

    [FieldOffset(136)]
    public long DetachedCount;

    public static bool IsEmpty(HeadQueue* queue) => Order.Acquire(in queue->Reclaimed) == Order.Acquire(in queue->Count);

    /// <summary>Appends a head whose word is set; the producer's. Returns its position.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Push(HeadQueue* queue, RcuHead* head)
    {
        // SAFETY: the caller gives the head up until it is carried out; the two cells lie side by side.
        long position = queue->Count + 1;
        RcuHead** cells = &queue->EvenCell;
        head->Next = cells[(position - 1) & 1];
        Order.Release(&cells[position & 1], head); // [H]
        Order.Release(ref queue->Count, position); // [I] partner of both: TrySnapshot.
        return position;
    }

    /// <summary>O11: the producer takes its newest item back, unless its chain is being carried out; under Lock.</summary>
    public static bool TryWithdraw(HeadQueue* queue, BlockLedger? ledger)
    {
        if (queue->_snapshotPosition == queue->Count)
        {
            if (queue->_snapshotLeft == 0 || queue->ReclaimedItems != queue->Reclaimed)
            {
                return false;
            }

            // SAFETY: the item is the top of the chain, and still its producer's to withdraw.
            queue->_snapshotTop = LinkOf(queue->_snapshotTop, ledger);
            queue->_snapshotLeft--;
            queue->_snapshotPosition--;
        }

        Order.Release(ref queue->Count, queue->Count - 1);
        return true;
    }

    /// <summary>Seals what is open, unless a sealed chain still waits; under Lock. False: nothing sealed waits.</summary>
    public static bool Snapshot(HeadQueue* queue, GracePeriodEngine engine, out ulong target)
    {
        if (queue->_snapshotLeft == 0 && TrySnapshot(queue, out RcuHead* top, out long position))
        {
            queue->_snapshotTarget = engine.NextTarget(); // O3: after the position.
            queue->_snapshotTop = top;
            queue->_snapshotLeft = position - queue->_snapshotPosition;
            queue->_snapshotPosition = position;
        }

        target = queue->_snapshotTarget;
        return queue->_snapshotLeft != 0;
    }

    /// <summary>Frees at most <paramref name="budget"/> blocks whose grace period has passed; under Lock, in a queue that
    /// holds nothing but built-in trivial callbacks (O8). Returns how many.</summary>
    public static int FreeExpired(HeadQueue* queue, GracePeriodEngine engine, BlockLedger? ledger, int budget)
    {
        if (queue->_snapshotLeft == 0 || !engine.HasCompleted(queue->_snapshotTarget))
        {
            return 0;
        }

        int count = (int)Math.Min(budget, queue->_snapshotLeft);
        RcuHead* head = queue->_snapshotTop;
        for (int i = 0; i < count; i++)
        {
            // SAFETY: O3, O10: item of a sealed chain whose target has completed; its link is read before it is freed.
            RcuHead* next = LinkOf(head, ledger);
            Prefetch.Read(next);
            Reclaim.CarryOut(head, ledger);
            head = next;
        }

        queue->_snapshotTop = head;
        queue->_snapshotLeft -= count;
        Order.Release(ref queue->ReclaimedItems, queue->ReclaimedItems + count);
        if (queue->_snapshotLeft == 0)
        {
            Order.Release(ref queue->Reclaimed, queue->_snapshotPosition);
        }

        return count;
    }

    /// <summary>Detaches the sealed chain if its grace period has passed, for the reclaimer to carry out; under Lock.</summary>
    public static void DetachExpired(HeadQueue* queue, GracePeriodEngine engine)
    {
        if (queue->_snapshotLeft != 0 && engine.HasCompleted(queue->_snapshotTarget))
        {
            queue->Detached = queue->_snapshotTop;
            queue->DetachedCount = queue->_snapshotLeft;
            queue->_snapshotLeft = 0;
        }
    }

    /// <summary>Turns what was detached round, so that the item queued first comes first; the reclaimer's.</summary>
    public static void ReverseDetached(HeadQueue* queue, BlockLedger? ledger)
    {
        RcuHead* first = null;
        RcuHead* head = queue->Detached;
        for (long left = queue->DetachedCount; left > 0; left--)
        {
            // SAFETY: DetachedCount items are linked from Ready on; the link of the lowest is overwritten, not followed.
            RcuHead* below = LinkOf(head, ledger);
            if (ledger is null || ledger.TryRelink(head, first))
            {
                head->Next = first;
            }

            first = head;
            head = below;
        }

        queue->Detached = first;
    }

    /// <summary>The next of what was detached; null when there is none.</summary>
    public static RcuHead* TakeDetached(HeadQueue* queue, BlockLedger? ledger)
    {
        if (queue->DetachedCount == 0)
        {
            return null;
        }

        RcuHead* head = queue->Detached;
        queue->Detached = LinkOf(head, ledger);
        queue->DetachedCount--;
        return head;
    }

    /// <summary>The reclaimer has carried one item out, in the order of positions.</summary>
    public static void MarkReclaimed(HeadQueue* queue)
    {
        Order.Release(ref queue->ReclaimedItems, queue->ReclaimedItems + 1);
        Order.Release(ref queue->Reclaimed, queue->Reclaimed + 1);
    }

    /// <summary>What the next item pushed will be linked to; the producer's.</summary>
    public static RcuHead* Newest(HeadQueue* queue) => (&queue->EvenCell)[queue->Count & 1];

    // Under Validate the ledger's copy: a head that was overwritten while it waited must not lead the consumer astray.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static RcuHead* LinkOf(RcuHead* head, BlockLedger? ledger) => ledger is null ? head->Next : ledger.LinkOf(head);

    private static bool TrySnapshot(HeadQueue* queue, out RcuHead* top, out long position)
    {
        RcuHead** cells = &queue->EvenCell;
        do
        {
            position = Order.Acquire(in queue->Count);
            top = Order.Acquire(&cells[position & 1]);
        }
        while (Order.Acquire(in queue->Count) != position);

        return position != queue->_snapshotPosition;
    }
}
