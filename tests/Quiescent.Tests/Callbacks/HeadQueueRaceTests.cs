using System.Runtime.InteropServices;
using Quiescent.Queues;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

// The hand-over of the intrusive queue between a producer and a consumer that run at full speed (O10, fences [H] and
// [I]).
public sealed unsafe class HeadQueueRaceTests : IDisposable
{
    private const int Ring = 1 << 14;
    private const long Items = 12_000_000;

    // The count is a cache line's last word, so that the cells lie on another: their stores become visible apart.
    private const int LineBytes = 64;
    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(512, LineBytes);
    private readonly HeadQueue* _queue;
    private readonly RcuHead* _heads = (RcuHead*)NativeMemory.AllocZeroed(Ring, (nuint)sizeof(RcuHead));
    private int _stop;

    public HeadQueueRaceTests()
    {
        _queue = (HeadQueue*)(_memory + LineBytes - sizeof(long));
        *_queue = default;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_memory);
        NativeMemory.Free(_heads);
    }

    // Faults caught: a cell that is overwritten while it is read, a count that runs ahead of its cell, a chain that is
    // cut at the wrong head. Item n is always the same head, so a wrong one is known at once.
    [Fact]
    public void Each_head_comes_out_once_and_in_order_while_its_producer_goes_on()
    {
        using BareEngine bare = new();
        QueueContext context = new(
            bare.Engine, new PagePool(), ledger: null, Page.Entries, new WaitingBytes(long.MaxValue));
        using Worker producer = Worker.Start(Produce, "producer");
        long reclaimed = 0;
        while (reclaimed < Items)
        {
            if (!_queue->Snapshot(context, out ulong target))
            {
                continue;
            }

            Assert.True(bare.Engine.TryAdvance(target));
            _queue->DetachExpired(context);
            _queue->ReverseDetached(context);
            for (RcuHead* head; (head = _queue->TakeDetached(context)) != null; reclaimed++)
            {
                if (head != _heads + (reclaimed % Ring))
                {
                    Volatile.Write(ref _stop, 1);
                    Assert.Fail($"Item {reclaimed} is not the head that was queued as such.");
                }

                _queue->MarkReclaimed();
            }
        }

        producer.Join();
        Assert.True(_queue->IsEmpty);
    }

    private void Produce()
    {
        for (long item = 0; item < Items; item++)
        {
            while (item - Volatile.Read(ref _queue->Reclaimed) >= Ring)
            {
                if (Volatile.Read(ref _stop) != 0)
                {
                    return;
                }

                Thread.SpinWait(1);
            }

            HeadQueue.Push(_queue, _heads + (item % Ring));
        }
    }
}
