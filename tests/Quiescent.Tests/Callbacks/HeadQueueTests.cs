using System.Runtime.InteropServices;
using Quiescent.Callbacks;
using Quiescent.GracePeriods;
using Quiescent.Readers;
using Quiescent.Reclamation;

namespace Quiescent.Tests.Callbacks;

// The intrusive queue by itself, on one thread.
public sealed unsafe class HeadQueueTests : IDisposable
{
    private readonly GracePeriodEngine _engine = GracePeriodEngine.OverSlots(new SlotTable(ThreadQueues.Bytes, &ThreadQueues.Free, false, false));
    private readonly HeadQueue* _queue = (HeadQueue*)NativeMemory.AllocZeroed(HeadQueue.Bytes);
    private readonly List<nint> _unfreed = [];

    public void Dispose()
    {
        NativeMemory.Free(_queue);
        _unfreed.ForEach(block => NativeMemory.Free((void*)block));
    }

    [Fact]
    public void Positions_count_from_one()
    {
        Assert.True(HeadQueue.IsEmpty(_queue));
        for (int i = 1; i <= 5; i++)
        {
            Assert.Equal(i, HeadQueue.Push(_queue, NewHead()));
            Assert.Equal(i, _queue->Count);
        }

        Assert.False(HeadQueue.IsEmpty(_queue));
        FreeRest();
    }

    [Fact]
    public void An_empty_queue_seals_nothing()
    {
        Assert.False(HeadQueue.Snapshot(_queue, _engine, out _));
        Push(1);
        FreeRest();
        Assert.False(HeadQueue.Snapshot(_queue, _engine, out _));
        Assert.Equal(0, HeadQueue.FreeExpired(_queue, _engine, null, 10));
    }

    [Fact]
    public void A_sealed_chain_is_freed_when_its_target_has_completed_and_not_before()
    {
        Push(3);
        Assert.True(HeadQueue.Snapshot(_queue, _engine, out ulong target));
        Assert.Equal(0, HeadQueue.FreeExpired(_queue, _engine, null, 10));
        Assert.True(_engine.TryAdvance(target));
        Assert.Equal(3, HeadQueue.FreeExpired(_queue, _engine, null, 10));
        Assert.True(HeadQueue.IsEmpty(_queue));
    }

    // Catches a chain that grows after its target was taken: what joins late would be freed too early.
    [Fact]
    public void What_is_queued_after_a_chain_was_sealed_is_not_covered_by_its_target()
    {
        Push(3);
        HeadQueue.Snapshot(_queue, _engine, out ulong target);
        Push(2);
        Assert.True(HeadQueue.Snapshot(_queue, _engine, out ulong again));
        Assert.Equal(target, again);
        _engine.TryAdvance(target);
        Assert.Equal(3, HeadQueue.FreeExpired(_queue, _engine, null, 10));
        Assert.Equal(0, HeadQueue.FreeExpired(_queue, _engine, null, 10));
        Assert.Equal(3, _queue->Reclaimed);

        Assert.True(HeadQueue.Snapshot(_queue, _engine, out ulong next));
        Assert.NotEqual(target, next);
        _engine.TryAdvance(next);
        Assert.Equal(2, HeadQueue.FreeExpired(_queue, _engine, null, 10));
        Assert.True(HeadQueue.IsEmpty(_queue));
    }

    [Fact]
    public void A_budget_bounds_what_is_freed_and_carried_moves_with_the_last()
    {
        Push(5);
        HeadQueue.Snapshot(_queue, _engine, out ulong target);
        _engine.TryAdvance(target);
        Assert.Equal(2, HeadQueue.FreeExpired(_queue, _engine, null, 2));
        Assert.Equal((2, 0), (_queue->ReclaimedItems, _queue->Reclaimed));
        Assert.Equal(2, HeadQueue.FreeExpired(_queue, _engine, null, 2));
        Assert.Equal((4, 0), (_queue->ReclaimedItems, _queue->Reclaimed));
        Assert.Equal(1, HeadQueue.FreeExpired(_queue, _engine, null, 2));
        Assert.Equal((5, 5), (_queue->ReclaimedItems, _queue->Reclaimed));
    }

    // A barrier of another thread may have sealed the head after the drain of a disposal has ended: it is withdrawn all the same.
    [Fact]
    public void The_newest_head_can_be_withdrawn_until_its_chain_is_carried_out()
    {
        Assert.False(HeadQueue.TryWithdraw(_queue, ledger: null));
        Push(2);
        RcuHead* head = NewHead();
        HeadQueue.Push(_queue, head);
        Assert.True(HeadQueue.TryWithdraw(_queue, ledger: null));
        Assert.Equal(2, _queue->Count);
        Assert.Equal(3, HeadQueue.Push(_queue, head));
        HeadQueue.Snapshot(_queue, _engine, out ulong target);
        Assert.True(HeadQueue.TryWithdraw(_queue, ledger: null));
        Assert.Equal(2, _queue->Count);
        _engine.TryAdvance(target);
        Assert.Equal(1, HeadQueue.FreeExpired(_queue, _engine, null, 1));
        Assert.False(HeadQueue.TryWithdraw(_queue, ledger: null));
        Assert.Equal(1, HeadQueue.FreeExpired(_queue, _engine, null, 10));
        Assert.False(HeadQueue.TryWithdraw(_queue, ledger: null));
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
        Assert.True(HeadQueue.TryWithdraw(_queue, ledger: null));
        HeadQueue.Snapshot(_queue, _engine, out ulong target);
        _engine.TryAdvance(target);
        Assert.Equal(before, HeadQueue.FreeExpired(_queue, _engine, null, 10));
        NativeMemory.Free(withdrawn); // A double free if it was in the chain.
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_head_withdrawn_from_a_sealed_chain_is_not_carried_out_with_it(int count)
    {
        Push(count);
        RcuHead* withdrawn = NewHead();
        HeadQueue.Push(_queue, withdrawn);
        HeadQueue.Snapshot(_queue, _engine, out ulong target);
        Assert.True(HeadQueue.TryWithdraw(_queue, ledger: null));
        NativeMemory.Free(withdrawn); // A double free if it was still in the chain.
        _engine.TryAdvance(target);
        Assert.Equal(1, HeadQueue.FreeExpired(_queue, _engine, null, 1));
        Assert.False(HeadQueue.TryWithdraw(_queue, ledger: null));
        Assert.Equal(count - 1, HeadQueue.FreeExpired(_queue, _engine, null, 10));
        Assert.True(HeadQueue.IsEmpty(_queue));
    }

    [Fact]
    public void A_chain_whose_only_head_is_withdrawn_is_gone()
    {
        RcuHead* withdrawn = NewHead();
        HeadQueue.Push(_queue, withdrawn);
        HeadQueue.Snapshot(_queue, _engine, out ulong target);
        Assert.True(HeadQueue.TryWithdraw(_queue, ledger: null));
        NativeMemory.Free(withdrawn);
        Assert.True(HeadQueue.IsEmpty(_queue));
        _engine.TryAdvance(target);
        Assert.Equal(0, HeadQueue.FreeExpired(_queue, _engine, null, 10));
        Assert.False(HeadQueue.Snapshot(_queue, _engine, out _));
    }

    // User code runs without the lock: what was detached may be running.
    [Fact]
    public void A_detached_head_cannot_be_withdrawn()
    {
        RcuHead* head = NewHead();
        HeadQueue.Push(_queue, head);
        HeadQueue.Snapshot(_queue, _engine, out ulong target);
        _engine.TryAdvance(target);
        HeadQueue.DetachExpired(_queue, _engine);
        Assert.False(HeadQueue.TryWithdraw(_queue, ledger: null));
        HeadQueue.ReverseDetached(_queue, ledger: null);
        Assert.True(HeadQueue.TakeDetached(_queue, ledger: null) == head);
        HeadQueue.MarkReclaimed(_queue);
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

        HeadQueue.Snapshot(_queue, _engine, out ulong target);
        HeadQueue.DetachExpired(_queue, _engine);
        Assert.Equal(0, _queue->DetachedCount);
        _engine.TryAdvance(target);
        HeadQueue.DetachExpired(_queue, _engine);
        HeadQueue.ReverseDetached(_queue, ledger: null);
        Assert.Equal(7, _queue->DetachedCount);
        for (int i = 0; i < heads.Length; i++)
        {
            RcuHead* head = HeadQueue.TakeDetached(_queue, ledger: null);
            Assert.Equal(heads[i], (nint)head);
            Assert.Equal(i, _queue->Reclaimed); // taken is not carried out
            HeadQueue.MarkReclaimed(_queue);
            NativeMemory.Free(head);
        }

        Assert.True(HeadQueue.TakeDetached(_queue, ledger: null) == null);
        Assert.True(HeadQueue.IsEmpty(_queue));
    }

    // The link of a chain's lowest head points to one that was freed, or that is queued anew: following it would show here.
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

        long carried = 0;
        for (int round = 0; round < 1_000; round++)
        {
            int count = (round % Most) + 1;
            for (int i = 0; i < count; i++)
            {
                HeadQueue.Push(_queue, heads[i]);
            }

            Assert.True(HeadQueue.Snapshot(_queue, _engine, out ulong target));
            _engine.TryAdvance(target);
            HeadQueue.DetachExpired(_queue, _engine);
            HeadQueue.ReverseDetached(_queue, ledger: null);
            for (int i = 0; i < count; i++)
            {
                Assert.True(HeadQueue.TakeDetached(_queue, ledger: null) == heads[i]);
                HeadQueue.MarkReclaimed(_queue);
            }

            Assert.True(HeadQueue.TakeDetached(_queue, ledger: null) == null);
            carried += count;
            Assert.Equal(carried, _queue->Reclaimed);
        }
    }

    private static RcuHead* NewHead() => (RcuHead*)NativeMemory.AllocZeroed((nuint)sizeof(RcuHead)); // word 0: offset 0, malloc's

    private void Push(int count)
    {
        for (int i = 0; i < count; i++)
        {
            HeadQueue.Push(_queue, NewHead());
        }
    }

    private void FreeRest()
    {
        Assert.True(HeadQueue.Snapshot(_queue, _engine, out ulong target));
        Assert.True(_engine.TryAdvance(target));
        HeadQueue.FreeExpired(_queue, _engine, null, int.MaxValue);
        Assert.True(HeadQueue.IsEmpty(_queue));
    }
}
