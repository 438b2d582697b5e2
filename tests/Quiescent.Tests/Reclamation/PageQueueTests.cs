using System.Runtime.InteropServices;
using Quiescent.GracePeriods;
using Quiescent.Memory;
using Quiescent.Queues;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent.Tests.Reclamation;

// The queue of pages alone, on one thread, with small pages and with blocks that are mere numbers.
public sealed unsafe class PageQueueTests : IDisposable
{
    private const int Entries = 4;

    private readonly PagePool _pages = new();
    private readonly GracePeriodEngine _engine;
    private readonly QueueContext _context;
    private readonly PageQueue* _queue = (PageQueue*)NativeMemory.AllocZeroed(PageQueue.Bytes);
    private long _next;

    public PageQueueTests()
    {
        _engine = GracePeriodEngine.OverSlots(new SlotTable(ThreadQueues.Bytes, _pages, false, false));
        _context = new QueueContext(_engine, _pages, ledger: null, Entries, new WaitingBytes(long.MaxValue));
    }

    public void Dispose()
    {
        _queue->GivePages(_pages);
        NativeMemory.Free(_queue);
    }

    [Fact]
    public void A_queue_without_a_page_has_no_room_and_nothing_in_it()
    {
        Assert.False(Producer.TryAppend(_queue, (void*)8));
        Assert.False(_queue->StampFullPage(_context));
        Assert.Equal(0, _queue->Tail());
        Assert.False(_queue->SnapshotPartialPages(_context, evenIfActive: true, out _));
        Assert.Equal(0, Peek(out _));
    }

    [Fact]
    public void A_page_takes_its_entries_and_is_stamped_once()
    {
        Append(Entries);
        Assert.False(Producer.TryAppend(_queue, (void*)8));
        Assert.Equal(Entries, Tail);
        Assert.True(_queue->StampFullPage(_context));
        Assert.False(_queue->StampFullPage(_context));
    }

    [Fact]
    public void Positions_go_on_over_pages()
    {
        for (int i = 1; i <= 5 * Entries; i++)
        {
            Append(1);
            Assert.Equal(i, Tail);
        }

        Assert.Equal(5, _context.Pages.InUse);
    }

    [Fact]
    public void A_full_page_expires_when_its_stamp_has_completed_and_not_before()
    {
        Append(Entries);
        Assert.Equal(0, Peek(out _));
        _queue->StampFullPage(_context);
        Assert.Equal(0, Peek(out _));
        Assert.True(_engine.TryAdvance(_queue->OldestTarget(_context)));
        Assert.Equal(Entries, Peek(out nint* entries));
        Assert.Equal([1, 2, 3, 4], new ReadOnlySpan<nint>(entries, Entries));
    }

    // O3 (unlinked before started). Catches a target that is read when the page is opened, or kept from page to page:
    // entries appended since are newer than it.
    [Fact]
    public void A_page_s_stamp_is_newer_than_its_last_entry()
    {
        Append(Entries);
        for (int page = 0; page < 3; page++)
        {
            Append(Entries - 1);
            Assert.True(_engine.TryAdvance(_engine.NextTarget()));
            Append(1);
            _queue->StampFullPage(_context);
            _queue->MarkReclaimed(Peek(out _)); // The page before it.
            Assert.Equal(0, Peek(out _));
        }
    }

    // Catches a page that is recycled while the owner's cursor still stands in it.
    [Fact]
    public void A_reclaimed_page_is_recycled_when_its_successor_is_linked()
    {
        Append(Entries);
        StampAndComplete();
        _queue->MarkReclaimed(Peek(out _));
        Assert.Equal(Entries, _queue->Reclaimed);
        Assert.Equal(1, _context.Pages.InUse);
        Assert.Equal(0, Peek(out _));
        Append(1);
        Assert.Equal(2, _context.Pages.InUse);
        Assert.Equal(0, Peek(out _));
        Assert.Equal(1, _context.Pages.InUse);
        Assert.Equal(Entries + 1, Tail);
    }

    [Fact]
    public void Entries_can_be_reclaimed_one_by_one()
    {
        Append(Entries);
        StampAndComplete();
        for (int i = 1; i <= Entries; i++)
        {
            Assert.Equal(Entries - i + 1, Peek(out nint* entries));
            Assert.Equal(i, entries[0]);
            _queue->MarkReclaimed(1);
            Assert.Equal(i, _queue->Reclaimed);
        }
    }

    [Fact]
    public void A_snapshot_covers_the_entries_up_to_its_position_and_no_later_ones()
    {
        Append(2);
        Assert.True(Snapshot(evenIfActive: true, out ulong target));
        Append(1);
        _engine.TryAdvance(target);
        Assert.Equal(2, Peek(out nint* entries));
        Assert.Equal(1, entries[0]);
        _queue->MarkReclaimed(2);
        Assert.Equal(0, Peek(out _));
        Assert.True(Snapshot(evenIfActive: true, out ulong next));
        Assert.NotEqual(target, next);
        _engine.TryAdvance(next);
        Assert.Equal(1, Peek(out _));
    }

    [Fact]
    public void A_snapshot_may_reach_over_several_pages()
    {
        const int Count = (2 * Entries) + 1;
        Append(Count);
        Assert.True(Snapshot(evenIfActive: true, out ulong target));
        Append(1);
        _engine.TryAdvance(target);
        int consumed = 0;
        for (int expired; (expired = Peek(out nint* entries)) != 0; consumed += expired)
        {
            Assert.Equal(consumed + 1, entries[0]);
            _queue->MarkReclaimed(expired);
        }

        Assert.Equal(Count, consumed);
    }

    // Catches a stream of callers that postpones the same entries for ever.
    [Fact]
    public void A_snapshot_is_not_replaced_before_it_is_reclaimed()
    {
        Append(1);
        Snapshot(evenIfActive: true, out ulong target);
        Append(1);
        _engine.TryAdvance(target);
        Assert.True(Snapshot(evenIfActive: true, out ulong again));
        Assert.Equal(target, again);
        Assert.Equal(1, Peek(out _));
    }

    [Fact]
    public void An_owner_that_has_gone_on_to_another_page_since_the_last_snapshot_is_left_to_itself()
    {
        Append(1);
        Assert.False(Snapshot(evenIfActive: false, out _));
        Append(Entries);
        Assert.False(Snapshot(evenIfActive: false, out _));
        Append(1); // the same page
        Assert.True(Snapshot(evenIfActive: false, out _));
    }

    // Its owner may not free them (O8). Left to itself, a queue that went on growing was not served before the backlog
    // limit.
    [Fact]
    public void Pages_of_a_user_deallocator_are_in_a_snapshot_however_active_their_owner_is()
    {
        _queue->Channel = Deallocators.AlignedNativeHeap + 1;
        Append(Entries + 1);
        Assert.True(Snapshot(evenIfActive: false, out _));
    }

    [Theory]
    [InlineData(Deallocators.NativeHeap, true)]
    [InlineData(Deallocators.AlignedNativeHeap, true)]
    [InlineData(Deallocators.AlignedNativeHeap + 1, false)] // User code runs without the lock: it may have been taken.
    public void The_newest_entry_can_be_withdrawn_until_it_is_reclaimed_or_in_a_snapshot_for_code(
        int channel, bool evenInSnapshot)
    {
        _queue->Channel = channel;
        Append(2);
        Assert.True(_queue->TryWithdraw(_context));
        Assert.Equal(1, Tail);
        _next = 1;
        Append(1);
        Snapshot(evenIfActive: true, out ulong target);
        Assert.Equal(evenInSnapshot, _queue->TryWithdraw(_context));
        int left = evenInSnapshot ? 1 : 2;
        Assert.Equal(left, Tail);
        _engine.TryAdvance(target);
        Assert.Equal(left, Peek(out _)); // The snapshot does not reach beyond the remaining entries.
        _queue->MarkReclaimed(left);
        Assert.False(_queue->TryWithdraw(_context));
        Assert.Equal(left, Tail);
        Assert.False(Snapshot(evenIfActive: true, out _));
    }

    // Catches a snapshot that still covers the place of a withdrawn entry when another one takes it.
    [Fact]
    public void An_entry_in_the_place_of_a_withdrawn_one_is_not_covered_by_the_snapshot()
    {
        Append(2);
        Snapshot(evenIfActive: true, out ulong target);
        Assert.True(_queue->TryWithdraw(_context));
        Append(1);
        _engine.TryAdvance(target);
        Assert.Equal(1, Peek(out _));
    }

    [Fact]
    public void The_first_entry_of_a_page_and_the_last_can_be_withdrawn()
    {
        Append(1);
        Assert.True(_queue->TryWithdraw(_context));
        Assert.Equal(0, Tail);
        Assert.False(_queue->TryWithdraw(_context));
        Append(Entries);
        Assert.True(_queue->TryWithdraw(_context));
        Assert.Equal(Entries - 1, Tail);
        Append(1);
        Assert.Equal(Entries, Tail);
    }

    [Fact]
    public void The_page_that_an_owner_has_emptied_is_kept_for_it_and_no_other()
    {
        Append((2 * Entries) + 1);
        _engine.TryAdvance(_engine.NextTarget());
        _queue->MarkReclaimed(Peek(out _));
        _queue->Recycle(_context, keep: true);
        Assert.Equal(3, _context.Pages.InUse);
        _queue->MarkReclaimed(Peek(out _));
        _queue->Recycle(_context, keep: true);
        Assert.Equal(2, _context.Pages.InUse);
        Page* kept = _queue->TakeKept();
        Assert.True(kept != null && _queue->TakeKept() == null);
        _context.Pages.Give(kept);
    }

    [Fact]
    public void A_kept_page_is_given_back_with_all_that_the_owner_does_not_need()
    {
        Append((2 * Entries) + 1);
        _engine.TryAdvance(_engine.NextTarget());
        _queue->MarkReclaimed(Peek(out _));
        _queue->Recycle(_context, keep: true);
        _queue->MarkReclaimed(_queue->Expired(_context, out _));
        _queue->GiveKept(_context);
        Assert.Equal(1, _context.Pages.InUse);
        Assert.True(_queue->TakeKept() == null);
    }

    [Fact]
    public void The_last_page_is_released_when_it_is_empty_and_positions_go_on()
    {
        Append(2);
        _queue->ReleasePages(_context);
        Assert.Equal(1, _context.Pages.InUse);
        Snapshot(evenIfActive: true, out ulong target);
        _engine.TryAdvance(target);
        _queue->MarkReclaimed(Peek(out _));
        _queue->ReleasePages(_context);
        Assert.Equal(0, _context.Pages.InUse);
        Assert.Equal(2, Tail);
        Append(1);
        Assert.Equal(3, Tail);
    }

    // Pages come back into the same queue at the same addresses: only positions distinguish one use from the next.
    [Fact]
    public void Recycled_pages_serve_the_same_queue_over_and_over()
    {
        for (int round = 0; round < 1_000; round++)
        {
            Append((round % (2 * Entries)) + 1);
            Snapshot(evenIfActive: true, out ulong target);
            _engine.TryAdvance(target);
            long expected = _queue->Reclaimed;
            for (int expired; (expired = Peek(out nint* entries)) != 0;)
            {
                for (int i = 0; i < expired; i++)
                {
                    Assert.Equal(++expected, entries[i]);
                }

                _queue->MarkReclaimed(expired);
            }

            Assert.Equal(Tail, _queue->Reclaimed);
            Assert.InRange(_context.Pages.InUse, 1, 2);
        }
    }

    [Fact]
    public void Freeing_is_bounded_by_pages()
    {
        const int Pages = 5;
        for (int i = 0; i < Pages * Entries; i++)
        {
            AppendBlock(Forms.NewBlock());
        }

        _queue->StampFullPage(_context);
        _engine.TryAdvance(_engine.NextTarget());
        Assert.Equal(2 * Entries, _queue->FreeExpired(_context, pages: 2));
        Assert.Equal(3 * Entries, _queue->FreeExpired(_context, pages: 10));
        Assert.Equal(0, _queue->FreeExpired(_context, pages: 10));
        Assert.Equal(Pages * Entries, _queue->Reclaimed);
    }

    // Faults caught: an owner collect that frees unexpired blocks, or more than its quota, or blocks that are then
    // freed again; and blocks that nobody takes off the backlog.
    [Fact]
    public void A_handful_of_expired_blocks_is_freed_and_counted_in_the_next_result()
    {
        const int Handful = Entries - 1;
        for (int i = 0; i < 2 * Entries; i++)
        {
            AppendBlock(Forms.NewBlock());
        }

        _queue->StampFullPage(_context);
        _queue->FreeSomeExpired(_context, Handful);
        Assert.Equal(0, _queue->Reclaimed);
        _engine.TryAdvance(_engine.NextTarget());
        _queue->FreeSomeExpired(_context, Handful);
        Assert.Equal(Handful, _queue->Reclaimed);
        Assert.Equal(Entries, _queue->FreeExpired(_context, pages: 1));
        _queue->FreeSomeExpired(_context, int.MaxValue);
        Assert.Equal(2 * Entries, _queue->Reclaimed);
        Assert.Equal(Entries, _queue->FreeExpired(_context, pages: 1));
        Assert.Equal(0, _queue->FreeExpired(_context, pages: 1));
    }

    private long Tail => _queue->Tail();

    private void Append(int count)
    {
        for (int i = 0; i < count; i++)
        {
            AppendBlock((void*)(nint)(++_next));
        }
    }

    private void AppendBlock(void* block)
    {
        if (!Producer.TryAppend(_queue, block))
        {
            _queue->StampFullPage(_context);
            _queue->Extend(_context, _context.Pages.Take());
            Assert.True(Producer.TryAppend(_queue, block));
        }
    }

    private void StampAndComplete()
    {
        _queue->StampFullPage(_context);
        Assert.True(_engine.TryAdvance(_queue->OldestTarget(_context)));
    }

    private bool Snapshot(bool evenIfActive, out ulong target) =>
        _queue->SnapshotPartialPages(_context, evenIfActive, out target);

    private int Peek(out nint* entries)
    {
        _queue->Recycle(_context);
        return _queue->Expired(_context, out entries);
    }
}
