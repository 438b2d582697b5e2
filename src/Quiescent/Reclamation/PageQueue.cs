using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Ordering;
using static Quiescent.Ordering.Tuning;

namespace Quiescent.Reclamation;

// One thread's queue of pages for one deallocator: kfree_rcu without a head. One producer, one consumer at a time.
//
//     Head ─► page (stamped) ─► page (stamped) ─► page (open)
//             ▲ carried out up to here             ▲ Cursor
//
// Why it is right:
//
// O3  A full page is stamped by its owner with NextTarget(), after its last entry: the target covers all of it. For pages
//     that are not full the consumer notes the position of the cursor first (acquire) and takes NextTarget() after: the
//     target covers the entries up to the position, and only those are freed on its account. A noted position is not
//     replaced before it has been consumed, so that no stream of callers can postpone it for ever.
// O7  Entries are carried out in order, each once: built-in deallocators' under Lock, user code by the reclaimer alone. Carried
//     moves after a block has been freed. A page is recycled, under Lock, when all of it is done and its successor linked.
// O10 The owner publishes a new page by moving the cursor into it (release [J]) and links it after that (release [K]). A
//     consumer that sees the link therefore also sees the moved cursor, so that nobody computes a position from a page
//     that has been recycled: under Lock the cursor's page is in the queue. The other way round, a consumer may see the
//     cursor in a page that is not linked yet; it stops at the missing link and comes back. Positions are 64-bit counts of
//     entries, never page addresses: a page may come back into the same queue meanwhile.
// O11 The newest entry may be withdrawn by its owner, under Lock, until it is carried out; a note that includes it is cut back.
//     Only user code is carried out outside Lock: there a noted entry stays, and the reclaimer does not end before it is done.
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal unsafe struct PageQueue
{
    public const int Bytes = 128;

    // Set in a stored target, whose low bits are free, so that 0 says there is none.
    private const ulong Valid = 1;

    // The owner's line. Cursor: where the next block goes; no room when its low bits are zero.
    [FieldOffset(0)]
    public nint* Cursor;

    /// <summary>The same thread's queue for another deallocator.</summary>
    [FieldOffset(8)]
    public PageQueue* Next;

    [FieldOffset(16)]
    public int Channel;

    /// <summary>For a pool's channel: where its blocks go (<see cref="BlockSinks.Of"/>).</summary>
    [FieldOffset(24)]
    public nint Sink;

    /// <summary>How many blocks the owner frees at each visit, as decided at the last page's end.</summary>
    [FieldOffset(32)]
    public int CollectQuota;

    // The consumer's line.
    [FieldOffset(64)]
    public int Lock;

    [FieldOffset(72)]
    private Page* _head;

    /// <summary>Entries up to here are carried out.</summary>
    [FieldOffset(80)]
    public long Reclaimed;

    [FieldOffset(88)]
    private long _snapshotPosition;

    [FieldOffset(96)]
    private ulong _snapshotTarget;

    /// <summary>Where the open page began when the reclaimer last looked.</summary>
    [FieldOffset(104)]
    private long _seenBase;

    /// <summary>Freed by <see cref="FreeSome"/> since the last answer of <see cref="FreeExpired"/>.</summary>
    [FieldOffset(112)]
    private int _unanswered;

    /// <summary>How many entries were ever taken; under Lock, or the owner's.</summary>
    public static long Tail(PageQueue* queue, int first)
    {
        // SAFETY: O10: under Lock the cursor's page is in the queue.
        nint* cursor = Order.Acquire(&queue->Cursor);
        return cursor == null ? queue->Reclaimed : Page.Of(cursor)->Base + Page.IndexOf(cursor) - first;
    }

    /// <summary>The owner stamps its full page. False: that was done before, or there is no page.</summary>
    public static bool StampFullPage(PageQueue* queue, GracePeriodEngine engine)
    {
        nint* cursor = queue->Cursor;
        if (cursor == null || Page.Of(cursor)->Stamp != 0)
        {
            return false;
        }

        Order.Release(ref Page.Of(cursor)->Stamp, engine.NextTarget() | Valid); // O3: after the last entry.
        return true;
    }

    /// <summary>What the oldest entries wait for; under Lock.</summary>
    public static ulong OldestTarget(PageQueue* queue, GracePeriodEngine engine)
    {
        ulong stamp = Order.Acquire(in queue->_head->Stamp);
        return stamp != 0 ? stamp & ~Valid : queue->_snapshotTarget != 0 ? queue->_snapshotTarget & ~Valid : engine.NextTarget();
    }

    /// <summary>The owner goes on to a new page, its last one being sealed.</summary>
    public static void Extend(PageQueue* queue, Page* page, int first)
    {
        nint* cursor = queue->Cursor;
        if (cursor == null)
        {
            page->Base = queue->Reclaimed;
            queue->_seenBase = -1;
            Order.Release(&queue->_head, page);
            Order.Release(&queue->Cursor, Page.EntryAt(page, first));
            return;
        }

        Page* last = Page.Of(cursor);
        page->Base = last->Base + Page.Words - first;
        Order.Release(&queue->Cursor, Page.EntryAt(page, first)); // [J]
        Order.Release(&last->Next, page); // [K] partner of both: Recycle.
    }

    /// <summary>O11: the owner takes its newest entry back; under Lock.</summary>
    public static bool TryWithdraw(PageQueue* queue, int first)
    {
        long tail = Tail(queue, first);
        bool isNoted = queue->_snapshotTarget != 0 && queue->_snapshotPosition >= tail;
        if (queue->Reclaimed >= tail || (isNoted && Deallocators.IsCode(queue->Channel)))
        {
            return false;
        }

        if (isNoted)
        {
            queue->_snapshotPosition = tail - 1;
        }

        Order.Release(&queue->Cursor, queue->Cursor - 1);
        return true;
    }

    /// <summary>
    /// Notes what the queue holds now, to be freed after a grace period, unless an earlier note still waits; under Lock. What an
    /// active owner will see to itself is left to it, unless <paramref name="evenIfActive"/>. False: there is no note.
    /// </summary>
    public static bool SnapshotPartialPages(PageQueue* queue, GracePeriodEngine engine, int first, bool evenIfActive, out ulong target)
    {
        ForgetSnapshot(queue);
        long tail = Tail(queue, first);
        if (queue->_snapshotTarget == 0 && tail != queue->Reclaimed)
        {
            // An owner that has gone on to another page since the last look fills pages, and collects them (not user code's).
            long openBase = Page.Of(queue->Cursor)->Base;
            bool isActive = openBase != queue->_seenBase;
            queue->_seenBase = openBase;
            if (evenIfActive || !isActive || Deallocators.IsCode(queue->Channel))
            {
                queue->_snapshotPosition = tail;
                queue->_snapshotTarget = engine.NextTarget() | Valid; // O3: after the position.
            }
        }

        target = queue->_snapshotTarget & ~Valid;
        return queue->_snapshotTarget != 0;
    }

    /// <summary>
    /// The oldest entries whose grace period has passed, of one page; under Lock. They stay until <see cref="MarkReclaimed"/>
    /// and the next call.
    /// </summary>
    public static int NextExpired(PageQueue* queue, GracePeriodEngine engine, PagePool pool, int first, out nint* entries)
    {
        Recycle(queue, pool, first);
        entries = null;
        Page* page = Order.Acquire(&queue->_head);
        if (page == null)
        {
            return 0;
        }

        int begin = IndexOfReclaimed(queue, page, first);
        int end = begin;
        ulong stamp = Order.Acquire(in page->Stamp);
        if (stamp != 0 && engine.HasCompleted(stamp & ~Valid))
        {
            end = Page.Words;
        }
        else if (queue->_snapshotTarget != 0 && engine.HasCompleted(queue->_snapshotTarget & ~Valid))
        {
            end = (int)Math.Min(Page.Words, queue->_snapshotPosition - page->Base + first);
        }

        entries = Page.EntryAt(page, begin);
        return Math.Max(0, end - begin);
    }

    /// <summary>The oldest entries have been carried out; by the one consumer of this queue.</summary>
    public static void MarkReclaimed(PageQueue* queue, int count) =>
        Order.Release(ref queue->Reclaimed, queue->Reclaimed + count);

    /// <summary>Frees at most <paramref name="blocks"/> of what is covered of the oldest page, as <see cref="FreeExpired"/> does. They
    /// are in the next answer of that.</summary>
    public static void FreeSome(PageQueue* queue, GracePeriodEngine engine, PagePool pool, BlockLedger? ledger, int first, int blocks)
    {
        int covered = NextExpired(queue, engine, pool, first, out nint* entries);
        blocks = Math.Min(blocks, covered);
        FreeAll(queue, new ReadOnlySpan<nint>(entries, covered), blocks, ledger);
        MarkReclaimed(queue, blocks);
        queue->_unanswered += blocks;
    }

    /// <summary>Frees at most <paramref name="pages"/> pages' worth of what is covered, under Lock, in a queue whose
    /// deallocator is built in (O8). Returns how many blocks were freed since its last answer.</summary>
    public static int FreeExpired(PageQueue* queue, GracePeriodEngine engine, PagePool pool, BlockLedger? ledger, int first, int pages)
    {
        int freed = queue->_unanswered;
        queue->_unanswered = 0;
        for (; pages > 0; pages--)
        {
            int count = NextExpired(queue, engine, pool, first, out nint* entries);
            if (count == 0)
            {
                break;
            }

            FreeAll(queue, new ReadOnlySpan<nint>(entries, count), count, ledger);
            MarkReclaimed(queue, count);
            freed += count;
        }

        Recycle(queue, pool, first);
        return freed;
    }

    /// <summary>Copies the oldest entries whose grace period has passed, for their owner to use anew; under Lock. Returns how many:
    /// no more than one page's.</summary>
    public static int TakeExpiredEntries(PageQueue* queue, GracePeriodEngine engine, PagePool pool, BlockLedger? ledger, int first, Span<nint> into)
    {
        int count = Math.Min(NextExpired(queue, engine, pool, first, out nint* entries), into.Length);
        ReadOnlySpan<nint> taken = new(entries, count);
        taken.CopyTo(into);
        ledger?.RemoveAll(taken);
        MarkReclaimed(queue, count);
        return count;
    }

    /// <summary>Gives the last pages of an empty queue back, whose owner cannot be about to append; under Lock.</summary>
    public static void Release(PageQueue* queue, PagePool pool, int first)
    {
        Recycle(queue, pool, first);
        if (queue->_head != null && queue->Reclaimed == Tail(queue, first))
        {
            pool.Give(queue->_head);
            queue->_head = null;
            queue->Cursor = null;
        }
    }

    /// <summary>Frees the pages when nothing refers to the queue any more.</summary>
    public static void FreePages(PageQueue* queue)
    {
        for (Page* page = queue->_head; page != null;)
        {
            Page* next = page->Next;
            NativeMemory.AlignedFree(page);
            page = next;
        }
    }

    private static void Recycle(PageQueue* queue, PagePool pool, int first)
    {
        ForgetSnapshot(queue);
        Page* page = Order.Acquire(&queue->_head);
        if (page == null || IndexOfReclaimed(queue, page, first) != Page.Words)
        {
            return;
        }

        Page* next = Order.Acquire(&page->Next);
        if (next != null)
        {
            queue->_head = next;
            pool.Give(page);
        }
    }

    private static void ForgetSnapshot(PageQueue* queue)
    {
        if (queue->_snapshotPosition <= queue->Reclaimed)
        {
            queue->_snapshotTarget = 0;
        }
    }

    private static int IndexOfReclaimed(PageQueue* queue, Page* page, int first) => (int)(queue->Reclaimed - page->Base) + first;

    // Not inlined: into a method with a try block or with many calls, NativeMemory.Free's transition would become a call of its own.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FreeAll(PageQueue* queue, ReadOnlySpan<nint> covered, int count, BlockLedger? ledger)
    {
        int channel = queue->Channel;
        if (Deallocators.IsPool(channel))
        {
            ReadOnlySpan<nint> blocks = covered[..count];
            ledger?.RemoveAll(blocks);
            BlockSinks.Of(queue->Sink).Take(blocks);
        }
        else if (channel == Deallocators.NativeHeap && ledger is null)
        {
            for (int i = 0; i < count; i++)
            {
                PrefetchAfter(covered, i);
                NativeMemory.Free((void*)covered[i]);
            }
        }
        else
        {
            for (int i = 0; i < count; i++)
            {
                PrefetchAfter(covered, i);
                if (ledger is null)
                {
                    Deallocators.Free(channel, (void*)covered[i]);
                }
                else
                {
                    ledger.Free(channel, (void*)covered[i]);
                }
            }
        }
    }

    // Reaches beyond those that are freed now, to those of the next visit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchAfter(ReadOnlySpan<nint> covered, int i)
    {
        if (i + FreePrefetchDistance < covered.Length)
        {
            // The allocator's own words stand just before the block.
            Prefetch.Read((byte*)covered[i + FreePrefetchDistance] - 16);
        }
    }
}
