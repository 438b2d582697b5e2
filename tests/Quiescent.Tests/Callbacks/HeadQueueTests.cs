using System.Runtime.InteropServices;
using Quiescent.GracePeriods;
using Quiescent.Queues;
using Quiescent.Readers;

namespace Quiescent.Tests.Callbacks;

// The intrusive queue alone, on one thread.
public sealed unsafe class HeadQueueTests : IDisposable
{
    private readonly PagePool _pages = new();
    private readonly GracePeriodEngine _engine;
    private readonly QueueContext _context;
    private readonly HeadQueue* _queue = (HeadQueue*)NativeMemory.AllocZeroed(HeadQueue.Bytes);
    private readonly List<nint> _unfreed = [];

    public HeadQueueTests()
    {
        _engine = GracePeriodEngine.OverSlots(new SlotTable(ThreadQueues.Bytes, _pages, false, false));
        _context = new QueueContext(_engine, _pages, ledger: null, Page.Entries, new WaitingBytes(long.MaxValue));
    }

    public void Dispose()
    {
        NativeMemory.Free(_queue);
        _unfreed.ForEach(block => NativeMemory.Free((void*)block));
    }

    [Fact]
    public void Positions_count_from_one()
    {
        Assert.True(_queue->IsEmpty);
        for (int i = 1; i <= 5; i++)
        {
            Assert.Equal(i, HeadQueue.Push(_queue, NewHead()));
            Assert.Equal(i, _queue->Count);
        }

        Assert.False(_queue->IsEmpty);
        FreeRest();
    }

    [Fact]
    public void A_snapshot_of_an_empty_queue_takes_nothing()
    {
        Assert.False(_queue->Snapshot(_context, out _));
        Push(1);
        FreeRest();
        Assert.False(_queue->Snapshot(_context, out _));
        Assert.Equal(0, _queue->FreeExpired(_context, 10));
    }

    [Fact]
    public void A_chain_is_freed_when_the_target_of_its_snapshot_has_completed_and_not_before()
    {
        Push(3);
        Assert.True(_queue->Snapshot(_context, out ulong target));
        Assert.Equal(0, _queue->FreeExpired(_context, 10));
        Assert.True(_engine.TryAdvance(target));
        Assert.Equal(3, _queue->FreeExpired(_context, 10));
        Assert.True(_queue->IsEmpty);
    }

    // Catches a chain that grows after its target was taken: heads that join late would be freed too early.
    [Fact]
    public void A_head_queued_after_the_snapshot_of_a_chain_does_not_expire_with_its_target()
    {
        Push(3);
        _queue->Snapshot(_context, out ulong target);
        Push(2);
        Assert.True(_queue->Snapshot(_context, out ulong again));
        Assert.Equal(target, again);
        _engine.TryAdvance(target);
        Assert.Equal(3, _queue->FreeExpired(_context, 10));
        Assert.Equal(0, _queue->FreeExpired(_context, 10));
        Assert.Equal(3, _queue->Reclaimed);

        Assert.True(_queue->Snapshot(_context, out ulong next));
        Assert.NotEqual(target, next);
        _engine.TryAdvance(next);
        Assert.Equal(2, _queue->FreeExpired(_context, 10));
        Assert.True(_queue->IsEmpty);
    }

    [Fact]
    public void A_budget_bounds_how_many_heads_are_freed_and_the_reclaimed_position_moves_with_the_last()
    {
        Push(5);
        _queue->Snapshot(_context, out ulong target);
        _engine.TryAdvance(target);
        Assert.Equal(2, _queue->FreeExpired(_context, 2));
        Assert.Equal((2, 0), (_queue->ReclaimedItems, _queue->Reclaimed));
        Assert.Equal(2, _queue->FreeExpired(_context, 2));
        Assert.Equal((4, 0), (_queue->ReclaimedItems, _queue->Reclaimed));
        Assert.Equal(1, _queue->FreeExpired(_context, 2));
        Assert.Equal((5, 5), (_queue->ReclaimedItems, _queue->Reclaimed));
    }

    // After the drain of a disposal has ended, another thread's barrier may have put the head in a snapshot. It is
    // withdrawn all the same.
    [Fact]
    public void The_newest_head_can_be_withdrawn_until_its_chain_is_reclaimed()
    {
        Assert.False(_queue->TryWithdraw(_context));
        Push(2);
        RcuHead* head = NewHead();
        HeadQueue.Push(_queue, head);
        Assert.True(_queue->TryWithdraw(_context));
        Assert.Equal(2, _queue->Count);
        Assert.Equal(3, HeadQueue.Push(_queue, head));
        _queue->Snapshot(_context, out ulong target);
        Assert.True(_queue->TryWithdraw(_context));
        Assert.Equal(2, _queue->Count);
        _engine.TryAdvance(target);
        Assert.Equal(1, _queue->FreeExpired(_context, 1));
        Assert.False(_queue->TryWithdraw(_context));
        Assert.Equal(1, _queue->FreeExpired(_context, 10));
        Assert.False(_queue->TryWithdraw(_context));
        Assert.Equal((2, 2), (_queue->ReclaimedItems, _queue->Reclaimed));
        NativeMemory.Free(head);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_withdrawn_head_is_in_no_chain(int before)
    {
        // Odd and even positions: the withdrawn head stays in the cell of its position.
        Push(before);
        RcuHead* withdrawn = NewHead();
        HeadQueue.Push(_queue, withdrawn);
        Assert.True(_queue->TryWithdraw(_context));
        _queue->Snapshot(_context, out ulong target);
        _engine.TryAdvance(target);
        Assert.Equal(before, _queue->FreeExpired(_context, 10));
        NativeMemory.Free(withdrawn); // A double free if it was in the chain.
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_head_withdrawn_from_a_chain_after_its_snapshot_is_not_reclaimed_with_it(int count)
    {
        Push(count);
        RcuHead* withdrawn = NewHead();
        HeadQueue.Push(_queue, withdrawn);
        _queue->Snapshot(_context, out ulong target);
        Assert.True(_queue->TryWithdraw(_context));
        NativeMemory.Free(withdrawn); // A double free if it was still in the chain.
        _engine.TryAdvance(target);
        Assert.Equal(1, _queue->FreeExpired(_context, 1));
        Assert.False(_queue->TryWithdraw(_context));
        Assert.Equal(count - 1, _queue->FreeExpired(_context, 10));
        Assert.True(_queue->IsEmpty);
    }

    [Fact]
    public void A_chain_whose_only_head_is_withdrawn_is_gone()
    {
        RcuHead* withdrawn = NewHead();
        HeadQueue.Push(_queue, withdrawn);
        _queue->Snapshot(_context, out ulong target);
        Assert.True(_queue->TryWithdraw(_context));
        NativeMemory.Free(withdrawn);
        Assert.True(_queue->IsEmpty);
        _engine.TryAdvance(target);
        Assert.Equal(0, _queue->FreeExpired(_context, 10));
        Assert.False(_queue->Snapshot(_context, out _));
    }

    // User code runs without the lock: the detached head may be running.
    [Fact]
    public void A_detached_head_cannot_be_withdrawn()
    {
        RcuHead* head = NewHead();
        HeadQueue.Push(_queue, head);
        _queue->Snapshot(_context, out ulong target);
        _engine.TryAdvance(target);
        _queue->DetachExpired(_context);
        Assert.False(_queue->TryWithdraw(_context));
        _queue->ReverseDetached(_context);
        Assert.True(_queue->TakeDetached(_context) == head);
        _queue->MarkReclaimed();
        NativeMemory.Free(head);
    }

    [Fact]
    public void Detached_heads_come_out_in_the_order_they_were_queued()
    {
        nint[] heads = [.. Enumerable.Range(0, 7).Select(_ => (nint)NewHead())];
        foreach (nint head in heads)
        {
            HeadQueue.Push(_queue, (RcuHead*)head);
        }

        _queue->Snapshot(_context, out ulong target);
        _queue->DetachExpired(_context);
        Assert.Equal(0, _queue->DetachedCount);
        _engine.TryAdvance(target);
        _queue->DetachExpired(_context);
        _queue->ReverseDetached(_context);
        Assert.Equal(7, _queue->DetachedCount);
        for (int i = 0; i < heads.Length; i++)
        {
            RcuHead* head = _queue->TakeDetached(_context);
            Assert.Equal(heads[i], (nint)head);
            Assert.Equal(i, _queue->Reclaimed); // taken is not yet reclaimed
            _queue->MarkReclaimed();
            NativeMemory.Free(head);
        }

        Assert.True(_queue->TakeDetached(_context) == null);
        Assert.True(_queue->IsEmpty);
    }

    // The link of a chain's lowest head points to a head that was freed, or that is queued again: following it would
    // show here.
    [Fact]
    public void The_same_heads_can_be_queued_over_and_over()
    {
        const int Most = 7;
        RcuHead*[] heads = new RcuHead*[Most];
        for (int i = 0; i < Most; i++)
        {
            heads[i] = NewHead();
            _unfreed.Add((nint)heads[i]);
        }

        long reclaimed = 0;
        for (int round = 0; round < 1_000; round++)
        {
            int count = (round % Most) + 1;
            for (int i = 0; i < count; i++)
            {
                HeadQueue.Push(_queue, heads[i]);
            }

            Assert.True(_queue->Snapshot(_context, out ulong target));
            _engine.TryAdvance(target);
            _queue->DetachExpired(_context);
            _queue->ReverseDetached(_context);
            for (int i = 0; i < count; i++)
            {
                Assert.True(_queue->TakeDetached(_context) == heads[i]);
                _queue->MarkReclaimed();
            }

            Assert.True(_queue->TakeDetached(_context) == null);
            reclaimed += count;
            Assert.Equal(reclaimed, _queue->Reclaimed);
        }
    }

    // Word 0: offset 0, malloc's.
    private static RcuHead* NewHead() => (RcuHead*)NativeMemory.AllocZeroed((nuint)sizeof(RcuHead));

    private void Push(int count)
    {
        for (int i = 0; i < count; i++)
        {
            HeadQueue.Push(_queue, NewHead());
        }
    }

    private void FreeRest()
    {
        Assert.True(_queue->Snapshot(_context, out ulong target));
        Assert.True(_engine.TryAdvance(target));
        _queue->FreeExpired(_context, int.MaxValue);
        Assert.True(_queue->IsEmpty);
    }
}
