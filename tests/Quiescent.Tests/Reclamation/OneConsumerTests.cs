using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Queues;
using Quiescent.Tests.Memory;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// O10 (one consumer per queue), O11 (disposal loses nothing): the thread that consumes a queue, or takes an entry back
// from it, holds its lock. The test holds it in place of another consumer, so that two consumers meet without luck.
public sealed unsafe class OneConsumerTests
{
    // Fault caught: an owner that collects without the lock, and frees what another consumer is freeing.
    [Fact]
    public void An_owner_collects_nothing_while_another_consumer_holds_its_queue()
    {
        const int Pages = 4;
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });
        domain.ReadLock().Dispose();
        PageQueue* queue = &((ThreadQueues*)Inside.Slot(domain)->Queues)->Blocks;
        using (TryLock.Hold(ref queue->Lock))
        {
            for (int i = 0; i < Pages * Page.Entries; i++)
            {
                domain.Free(Forms.NewBlock());
                if (i % Page.Entries == 0)
                {
                    domain.Synchronize(); // So that something has expired.
                }
            }

            Assert.Equal(0, queue->Reclaimed);
        }

        Assert.Equal(Pages * Page.Entries, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    // Fault caught: an owner that collects between pages without the lock.
    [Fact]
    public void An_owner_collects_nothing_between_pages_while_another_consumer_holds_its_queue()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            BacklogPolicy = BacklogPolicy.None,
            ReclaimDelay = TimeSpan.FromMinutes(1),
        });
        domain.ReadLock().Dispose();
        PageQueue* queue = &((ThreadQueues*)Inside.Slot(domain)->Queues)->Blocks;
        long freed = FreeUntilOwnerCollects(domain, queue);
        using (TryLock.Hold(ref queue->Lock))
        {
            long reclaimed = queue->Reclaimed;
            for (int i = 0; i < Page.Entries / 4; i++, freed++)
            {
                domain.Free(Forms.NewBlock());
            }

            Assert.Equal(reclaimed, queue->Reclaimed);
        }

        Assert.Equal(freed, RcuAssert.BooksBalance(domain).BlocksFreed);
    }

    // Fault caught: an owner that leaves blocks it could free to the reclaimer, which is slower and empties the caches.
    [Fact]
    public void An_owner_that_goes_on_freeing_keeps_pace_with_what_it_queues()
    {
        const int Pages = 64;
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMinutes(1) });
        domain.ReadLock().Dispose();
        PageQueue* queue = &((ThreadQueues*)Inside.Slot(domain)->Queues)->Blocks;
        for (int i = 1; i <= Pages * Page.Entries; i++)
        {
            domain.Free(Forms.NewBlock());
            Assert.InRange(i - queue->Reclaimed, 0, 6 * Page.Entries);
        }
    }

    private static long FreeUntilOwnerCollects(RcuDomain domain, PageQueue* queue)
    {
        const int Bound = 64 * Page.Entries;
        long freed = 0;
        while (queue->CollectQuota == 0)
        {
            Assert.InRange(++freed, 1, Bound);
            domain.Free(Forms.NewBlock());
        }

        return freed;
    }

    // O8 (user code runs on the reclaimer alone). Fault caught: an owner that collects what only the reclaimer may
    // reclaim.
    [Fact]
    public void An_owner_leaves_the_blocks_of_a_user_deallocator_to_the_reclaimer()
    {
        const int Pages = 8; // More than an owner leaves waiting of blocks that it may free.
        using FlaggedBlocks blocks = new(Pages * Page.Entries);
        using RcuDomain domain = new(new RcuDomainOptions
        {
            BacklogPolicy = BacklogPolicy.None,
            ReclaimDelay = TimeSpan.FromMinutes(1),
        });
        long strays = FlaggingHeap.Strays;
        for (int i = 0; i < blocks.Count; i++)
        {
            domain.Free<FlaggingHeap>(blocks[i]);
            if (i % Page.Entries == 0)
            {
                domain.Synchronize(); // So that something has expired.
            }
        }

        RcuAssert.BooksBalance(domain);
        blocks.MustBeFreedOnce(blocks.Count);
        Assert.Equal(strays, FlaggingHeap.Strays);
    }

    // Fault caught: an entry withdrawn while a consumer counts on it. Under Validate there is no fast path, which
    // appends before it asks whether the domain is disposed.
    [Fact]
    public void A_late_block_is_withdrawn_only_when_the_other_consumer_has_gone()
    {
        ValidateForAll.SkipIfOn();
        RcuDomain domain = Domains.New();
        using ManualResetEventSlim opened = new();
        using ManualResetEventSlim disposed = new();
        PageQueue* queue = null;
        using Worker owner = Worker.Start(() =>
        {
            domain.Free(Forms.NewBlock());
            queue = &((ThreadQueues*)Inside.Slot(domain)->Queues)->Blocks;
            opened.Set();
            Until.Set(disposed);
            void* late = Forms.NewBlock();
            Assert.Throws<ObjectDisposedException>(() => domain.Free(late));
            NativeMemory.Free(late);
        });
        Until.Set(opened);
        domain.Dispose();
        using (TryLock.Hold(ref queue->Lock))
        {
            disposed.Set();
            Until.True(() => OsThread.Asleep != 0 || owner.HasEnded);
            Assert.False(owner.HasEnded, "The entry was withdrawn under the consumer.");
        }

        owner.Join();
        Assert.Equal((1, 1), (domain.GetStatistics().BlocksQueued, domain.GetStatistics().BlocksFreed));
    }
}
