using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Validate;
using static Quiescent.Tuning;

namespace Quiescent.Queues;

// One thread's queue of pages for one deallocator: kfree_rcu without a head. One producer, one consumer at a time.
//
//     _head ─► page (stamped) ─► page (stamped) ─► page (open)
//              ▲ Reclaimed up to here               ▲ Cursor
//
// An entry is in one of three states: waiting; expired, when its grace period is over; reclaimed, when it was freed, or
// taken for its owner to use again. Why it is right:
//
// O3 (target after unlink)  The owner stamps a full page with NextTarget(), after its last entry: the target covers all
//     of it. For the entries of a page that is not full the consumer reads the cursor's position first (acquire) and
//     takes NextTarget() after: the target covers the entries up to that position, and only those expire with it. A
//     snapshot is not replaced before all of it has been reclaimed, so no stream of callers can postpone it for ever.
// O7 (exactly once)  Entries are reclaimed in order, each once: those of built-in deallocators under Lock, those of
//     user code by the reclaimer alone. Reclaimed moves after a block was freed. A page is recycled, under Lock, when
//     all of it is reclaimed and its successor is linked.
// O10 (one consumer)  The owner publishes a new page by moving the cursor into it (release [J]) and links it after that
//     (release [K]). A consumer that sees the link therefore also sees the moved cursor, and nobody computes a position
//     from a page that was recycled: under Lock the cursor's page is in the queue. The other way round, a consumer may
//     see the cursor in a page that is not linked yet; it stops at the missing link and comes back. Positions are
//     64-bit counts of entries, never page addresses: a page may come back into the same queue meanwhile.
// O11 (disposal)  Under Lock the owner may withdraw its newest entry until it is reclaimed; a snapshot that includes it
//     is cut back. Only user code runs outside Lock: there an entry of a snapshot stays, and the reclaimer does not end
//     before it is done.
//
// Checked by: page-queue.pml; PageQueueTests, WithdrawalTests; systematic QueueTests, HandOverTests; mutants O3, O7,
// O10, O11.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct PageQueue
{
    public const int Bytes = 128;

    /// <summary>In place of <see cref="BlockBytes"/>: each block's size stands in its page.</summary>
    public const int Sized = -1;

    // Set in a stored target, whose low bits are free, so that 0 says there is none.
    private const ulong Valid = 1;

    // The owner's line.

    /// <summary>Where the next block goes; there is no room when its low bits are zero.</summary>
    [FieldOffset(0)]
    public nint* Cursor;

    /// <summary>The same thread's queue for another deallocator.</summary>
    [FieldOffset(8)]
    public PageQueue* Next;

    [FieldOffset(16)]
    public int Channel;

    // Where entries begin in the page that was taken last.
    [FieldOffset(20)]
    private short _firstEntry;

    /// <summary>How many blocks the owner frees every few appends, as decided at the last page's end.</summary>
    [FieldOffset(22)]
    public short CollectQuota;

    /// <summary>For a pool's channel: where its blocks go (<see cref="BlockSinks.Of"/>).</summary>
    [FieldOffset(24)]
    public nint Sink;

    /// <summary>Entries that the owner has reclaimed and that are not taken off the domain's count yet; under
    /// Lock.</summary>
    [FieldOffset(32)]
    public int Unreported;

    /// <summary>Bytes of each block: 0 if unknown, <see cref="Sized"/> if each has a size of its own.</summary>
    [FieldOffset(36)]
    public int BlockBytes;

    [FieldOffset(40)]
    public AppendWord Append;

    /// <summary>If each block has a size of its own: bytes that the owner has queued since it had them counted
    /// last.</summary>
    [FieldOffset(48)]
    public long Uncounted;

    /// <summary>If each block has a size of its own: bytes that were ever queued.</summary>
    [FieldOffset(56)]
    public long BytesQueued;

    // The consumer's line.

    [FieldOffset(64)]
    public int Lock;

    /// <summary>The low half of where the open page began when the reclaimer last looked.</summary>
    [FieldOffset(68)]
    private int _seenBase;

    [FieldOffset(72)]
    private Page* _head;

    /// <summary>How many entries were reclaimed.</summary>
    [FieldOffset(80)]
    public long Reclaimed;

    [FieldOffset(88)]
    private long _snapshotPosition;

    [FieldOffset(96)]
    private ulong _snapshotTarget;

    /// <summary>A page that the owner has emptied and will fill again, or null; under Lock.</summary>
    [FieldOffset(104)]
    private Page* _kept;

    /// <summary>If each block has a size of its own: bytes that were reclaimed.</summary>
    [FieldOffset(112)]
    public long BytesReclaimed;

    /// <summary>The part of the domain's count of bytes that is this queue's.</summary>
    [FieldOffset(120)]
    public long BytesCounted;

    /// <summary>Whether the queue never had a page. Any thread may ask.</summary>
    public readonly bool HasNoPage => Order.Acquire(&Self->Cursor) == null;

    /// <summary>The same thread's next queue, or null. Any thread may ask.</summary>
    public readonly PageQueue* Following => Order.Acquire(&Self->Next);

    // SAFETY: queues lie in native memory, beside their slots, and never move.
    public readonly PageQueue* Self => (PageQueue*)Unsafe.AsPointer(ref Unsafe.AsRef(in this));

    /// <summary>How many entries were ever appended; under Lock, or the owner's.</summary>
    public readonly long Tail()
    {
        // SAFETY: O10 (one consumer): under Lock the cursor's page is in the queue.
        nint* cursor = Order.Acquire(&Self->Cursor);
        return cursor == null ? Reclaimed : Page.Of(cursor)->Base + Page.IndexOf(cursor);
    }

    /// <summary>Whether each block has a size of its own.</summary>
    public readonly bool IsSized => BlockBytes == Sized;

    /// <summary>How many entries the next page takes. A pool's page holds at most a step's worth of bytes.</summary>
    public readonly int EntriesPerPage(QueueContext context) =>
        BlockBytes == 0 ? context.PageEntries
        : IsSized ? Math.Min(context.PageEntries, Page.SizedEntries)
        : (int)Math.Clamp(context.Bytes.PerStep / BlockBytes, 1, context.PageEntries);

    /// <summary>How many entries the owner's page takes.</summary>
    public readonly int EntriesOfPage => Page.Words - _firstEntry;

    /// <summary>The owner stamps its full page. False: it was stamped before, or there is no page.</summary>
    public readonly bool StampFullPage(QueueContext context)
    {
        if (Cursor == null || Page.Of(Cursor)->Stamp != 0)
        {
            return false;
        }

        Debug.Assert(Page.HasNoRoom(Cursor), "O3: a page is stamped after its last entry.");
        Order.Release(ref Page.Of(Cursor)->Stamp, context.Engine.NextTarget() | Valid); // O3: after the last entry.
        return true;
    }

    /// <summary>What the oldest entries wait for; under Lock.</summary>
    public readonly ulong OldestTarget(QueueContext context)
    {
        ulong stamp = Order.Acquire(in _head->Stamp);
        return stamp != 0 ? stamp & ~Valid
            : _snapshotTarget != 0 ? _snapshotTarget & ~Valid
            : context.Engine.NextTarget();
    }

    /// <summary>The owner goes on to a new page; its last one is stamped.</summary>
    public void Extend(QueueContext context, Page* page)
    {
        _firstEntry = (short)(Page.Words - EntriesPerPage(context));
        nint* first = Page.EntryAt(page, _firstEntry);
        if (Cursor == null)
        {
            page->Base = Reclaimed - _firstEntry;
            _seenBase = int.MinValue;
            Order.Release(&Self->_head, page);
            Order.Release(&Self->Cursor, first);
            return;
        }

        Page* last = Page.Of(Cursor);
        Debug.Assert(last->Stamp != 0, "O3: a page is stamped before its successor is published.");
        page->Base = last->Base + Page.Words - _firstEntry;
        Order.Release(&Self->Cursor, first); // [J]
        Order.Release(&last->Next, page); // [K] partner of both: Recycle.
    }

    /// <summary>O11 (disposal loses nothing): the owner takes its newest entry back; under Lock. False: it is
    /// reclaimed, or about to be.</summary>
    public bool TryWithdraw(QueueContext context)
    {
        long tail = Tail();
        bool isInSnapshot = _snapshotTarget != 0 && _snapshotPosition >= tail;
        if (Reclaimed >= tail || (isInSnapshot && Deallocators.IsCode(Channel)))
        {
            return false;
        }

        if (isInSnapshot)
        {
            _snapshotPosition = tail - 1;
        }

        Order.Release(&Self->Cursor, Cursor - 1);
        QueueBytes.Withdraw(Self, context);
        return true;
    }

    /// <summary>
    /// Takes a snapshot of the entries that the queue holds now, which expire after a grace period, unless an earlier
    /// snapshot still waits; under Lock. Leaves to an active owner what it will collect itself, unless
    /// <paramref name="evenIfActive"/>. False: there is no snapshot.
    /// </summary>
    public bool SnapshotPartialPages(QueueContext context, bool evenIfActive, out ulong target)
    {
        ForgetSnapshot();
        long tail = Tail();
        if (_snapshotTarget == 0 && tail != Reclaimed)
        {
            // An owner that has gone on to another page since the last look fills pages and collects them itself,
            // except for user code.
            int openBase = (int)Page.Of(Cursor)->Base;
            bool isActive = openBase != _seenBase;
            _seenBase = openBase;
            if (evenIfActive || !isActive || Deallocators.IsCode(Channel))
            {
                _snapshotPosition = tail;
                _snapshotTarget = context.Engine.NextTarget() | Valid; // O3: after the position.
            }
        }

        target = _snapshotTarget & ~Valid;
        return _snapshotTarget != 0;
    }

    /// <summary>The oldest expired entries, of one page; under Lock. They stay until <see cref="MarkReclaimed"/> and
    /// the next <see cref="Recycle"/>. Changes nothing.</summary>
    public readonly int Expired(QueueContext context, out nint* entries)
    {
        entries = null;
        Page* page = Order.Acquire(&Self->_head);
        if (page == null)
        {
            return 0;
        }

        int begin = IndexOfReclaimed(page);
        int end = begin;
        ulong stamp = Order.Acquire(in page->Stamp);
        if (stamp != 0 && context.Engine.HasCompleted(stamp & ~Valid))
        {
            end = Page.Words;
        }
        else if (_snapshotTarget != 0 && context.Engine.HasCompleted(_snapshotTarget & ~Valid))
        {
            end = (int)Math.Min(Page.Words, _snapshotPosition - page->Base);
        }

        entries = Page.EntryAt(page, begin);
        return Math.Max(0, end - begin);
    }

    /// <summary>Records that the oldest entries have been reclaimed. For the queue's one consumer.</summary>
    public void MarkReclaimed(int count) => Order.Release(ref Reclaimed, Reclaimed + count);

    /// <summary>The owner takes the page that it has emptied, or null; under Lock.</summary>
    public Page* TakeKept()
    {
        Page* kept = _kept;
        _kept = null;
        return kept;
    }

    /// <summary>Recycles, and gives back the page that the owner has kept; under Lock. If the queue is empty, the owner
    /// keeps none again until it has filled another.</summary>
    public void GiveKept(QueueContext context)
    {
        Recycle(context);
        Page* kept = TakeKept();
        if (kept != null)
        {
            context.Pages.Give(kept);
        }
    }

    /// <summary>Gives the first page back if all of it is reclaimed and the next one is linked, and forgets a snapshot
    /// once all of it is reclaimed; under Lock.</summary>
    /// <param name="context">What the queue belongs to.</param>
    /// <param name="keep">Whether the caller is the owner, who keeps the page to fill it again.</param>
    public void Recycle(QueueContext context, bool keep = false)
    {
        ForgetSnapshot();
        Page* page = Order.Acquire(&Self->_head);
        if (page == null || IndexOfReclaimed(page) != Page.Words)
        {
            return;
        }

        Page* next = Order.Acquire(&page->Next);
        if (next != null)
        {
            Debug.Assert(IndexOfReclaimed(next) < Page.Words, "O10: pages follow one another without a gap.");
            _head = next;
            if (keep && _kept == null)
            {
                _kept = page;
            }
            else
            {
                context.Pages.Give(page);
            }
        }
    }

    /// <summary>Gives back the last pages of an empty queue whose owner cannot be about to append; under
    /// Lock.</summary>
    public void ReleasePages(QueueContext context)
    {
        GiveKept(context);
        if (_head != null && Reclaimed == Tail())
        {
            context.Pages.Give(_head);
            _head = null;
            Cursor = null;
        }
    }

    /// <summary>Gives all pages back when nothing refers to the queue any more.</summary>
    public readonly void GivePages(PagePool pages)
    {
        for (Page* page = _head; page != null;)
        {
            Page* next = page->Next;
            pages.Give(page);
            page = next;
        }

        if (_kept != null)
        {
            pages.Give(_kept);
        }
    }

    private void ForgetSnapshot()
    {
        if (_snapshotPosition <= Reclaimed)
        {
            _snapshotTarget = 0;
        }
    }

    private readonly int IndexOfReclaimed(Page* page)
    {
        long index = Reclaimed - page->Base;
        Debug.Assert(
            index >= Page.HeaderWords && index <= Page.Words, "O7: what is reclaimed ends in the first page.");
        return (int)index;
    }
}
