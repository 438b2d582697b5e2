using System.Runtime.InteropServices;
using Quiescent.Memory;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// O11 (disposal loses nothing): an append comes after the drain of a disposal, and another thread's barrier takes a
// snapshot of it before its owner learns of the disposal. The test plays all three threads in turn.
public sealed unsafe class WithdrawalTests
{
    // Fails when a snapshot keeps the newest entry in place: its owner believes it accepted, and nobody is left to free
    // it.
    [Theory]
    [InlineData(Deallocators.NativeHeap)]
    [InlineData(Deallocators.AlignedNativeHeap)]
    [InlineData(Deallocators.AlignedNativeHeap + 1)]
    public void A_block_in_a_snapshot_after_the_drain_is_withdrawn(int channel)
    {
        using LateDomain late = new();
        PageQueue* queue = late.Queues->For(channel);
        void* block = NewBlock(channel);
        if (queue->Cursor == null)
        {
            queue->Extend(late.Core.Queues, late.Core.Queues.Pages.Take());
        }

        Assert.True(Producer.TryAppend(queue, block));
        late.Core.Listing.List(&queue->Append);
        late.RunBarrier();
        Assert.Throws<ObjectDisposedException>(() => late.Core.Producer.HandleAppendFlags(queue));
        FreeBlock(channel, block); // It is the caller's: a double free if the snapshot still covers it.
        late.LetReadersGo();
        late.RunBarrier();
        late.RunBarrier();
        late.NothingMustWait();
    }

    // The same for a head in a chain of a snapshot.
    [Theory]
    [InlineData(Form.Head)]
    [InlineData(Form.UserHead)]
    [InlineData(Form.Function)]
    public void A_head_in_a_snapshot_after_the_drain_is_withdrawn(Form form)
    {
        using LateDomain late = new();
        HeadQueue* queue = form == Form.Head ? &late.Queues->Heads
            : form == Form.UserHead ? &late.Queues->UserHeads
            : &late.Queues->Callbacks;
        RcuHead* head = (RcuHead*)NativeMemory.AllocZeroed((nuint)sizeof(RcuHead)); // word 0: offset 0, malloc's
        long position = HeadQueue.Push(queue, head);
        late.Core.Listing.List(&queue->Append);
        late.RunBarrier();
        Assert.Throws<ObjectDisposedException>(
            () => late.Core.Producer.AfterPush(Inside.Slot(late.Domain), queue, position));
        NativeMemory.Free(head);
        late.LetReadersGo();
        late.RunBarrier();
        late.RunBarrier();
        late.NothingMustWait();
    }

    // Fails when cutting a snapshot back loses or repeats entries before the withdrawn one.
    [Theory]
    [InlineData(1)]
    [InlineData(Page.Entries - 1)]
    [InlineData(Page.Entries)] // The withdrawn entry is the first of its page.
    [InlineData(2 * Page.Entries)]
    public void Blocks_in_a_snapshot_before_a_withdrawn_one_are_freed_once(int before)
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });
        DomainCore core = Inside.Core(domain);
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < before; i++)
            {
                domain.Free(Forms.NewBlock());
            }

            void* block = Forms.NewBlock();
            domain.Free(block);
            PageQueue* queue = &((ThreadQueues*)Inside.Slot(domain)->Queues)->Blocks;
            new ReclaimerPass(core).Run(maySnapshot: true, isExpedited: true);
            using (TryLock.Hold(ref queue->Lock))
            {
                Assert.True(queue->TryWithdraw(core.Queues));
            }

            core.Queues.Ledger?.Remove(block);
            NativeMemory.Free(block);
            Assert.Equal(before, domain.GetStatistics().BlocksQueued);
        }

        Assert.Equal(before, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    [Fact]
    public void A_withdrawn_block_takes_its_bytes_along()
    {
        using RcuDomain domain = new(
            new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None, BacklogBytesLimit = 1 });
        DomainCore core = Inside.Core(domain);
        void* block = Forms.NewBlock();
        using (new ParkedReader(domain))
        {
            domain.Free(Forms.NewBlock(), 100);
            domain.Free(block, 20);
            PageQueue* queue = ((ThreadQueues*)Inside.Slot(domain)->Queues)->ForSized(Deallocators.NativeHeap);
            Assert.Equal(120, domain.GetStatistics().BytesWaiting);
            Until.True(() => core.Backlog.Bytes.Count == 120); // The reclaimer counts if it had the queue's lock.
            using (TryLock.Hold(ref queue->Lock))
            {
                Assert.True(queue->TryWithdraw(core.Queues));
            }

            Assert.Equal((100, 100), (domain.GetStatistics().BytesWaiting, core.Backlog.Bytes.Count));
        }

        core.Queues.Ledger?.Remove(block);
        NativeMemory.Free(block);
        Assert.Equal(1, RcuAssert.BooksBalance(domain).BlocksFreed);
        Until.True(() => (domain.GetStatistics().BytesWaiting, core.Backlog.Bytes.Count) == (0, 0));
    }

    private static void* NewBlock(int channel) =>
        channel == Deallocators.AlignedNativeHeap ? NativeMemory.AlignedAlloc(64, 64) : Forms.NewBlock();

    private static void FreeBlock(int channel, void* block)
    {
        if (channel == Deallocators.AlignedNativeHeap)
        {
            NativeMemory.AlignedFree(block);
        }
        else
        {
            NativeMemory.Free(block);
        }
    }

    // A domain whose disposal has drained it and ended its reclaimer while a reader, which held nothing up, is still
    // inside.
    private sealed class LateDomain : IDisposable
    {
        private readonly ParkedReader _reader;
        private readonly ReclaimerPass _barrier;
        private bool _isReleased;

        public LateDomain()
        {
            Domain = new RcuDomain();
            Domain.ReadLock().Dispose();
            _reader = new ParkedReader(Domain);
            Core = Inside.Core(Domain);
            _barrier = new ReclaimerPass(Core);
            Domain.Dispose();
            Queues = (ThreadQueues*)Inside.Slot(Domain)->Queues;
        }

        public RcuDomain Domain { get; }

        public DomainCore Core { get; }

        public ThreadQueues* Queues { get; }

        /// <summary>Goes on with a barrier that another thread began before the disposal.</summary>
        public void RunBarrier() => _barrier.Run(maySnapshot: true, isExpedited: true);

        public void LetReadersGo()
        {
            _reader.Release();
            _isReleased = true;
        }

        public void NothingMustWait()
        {
            RcuStatistics books = RcuAssert.BooksConsistent(Domain);
            Assert.Equal((0, 0), (books.BlocksQueued, books.CallbacksQueued));
            Assert.False(BarrierTarget.AnythingWaits(Core, codeOnly: false));
        }

        public void Dispose()
        {
            if (!_isReleased)
            {
                LetReadersGo();
            }

            GC.KeepAlive(Domain);
        }
    }
}
