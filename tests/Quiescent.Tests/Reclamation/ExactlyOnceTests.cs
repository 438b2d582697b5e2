using Quiescent.Tests.Memory;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public unsafe class ExactlyOnceTests
{
    private const int Threads = 4;

    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric, 0)]
    [InlineData(ReadSideBarrier.Asymmetric, 1)]
    [InlineData(ReadSideBarrier.Full, 0)]
    public void Every_block_of_several_threads_is_freed_exactly_once(ReadSideBarrier readSide, int delay)
    {
        const int Each = 30_000;
        using FlaggedBlocks blocks = new(Threads * Each);
        using RcuDomain domain = new(new RcuDomainOptions
        {
            ReadSideBarrier = readSide,
            ReclaimDelay = TimeSpan.FromMilliseconds(delay),
            BacklogLimit = 20_000,
        });
        long strays = FlaggingHeap.Strays;
        Worker.JoinAll(Worker.StartMany(Threads, thread =>
        {
            Random random = new(thread);
            for (int i = thread * Each; i < (thread + 1) * Each; i++)
            {
                Queue(domain, blocks[i], random.Next(4));
                if (random.Next(5_000) == 0)
                {
                    domain.Barrier();
                }
            }
        }));
        RcuStatistics books = RcuAssert.BooksBalance(domain);
        blocks.MustBeFreedOnce(blocks.Count);
        Assert.Equal(blocks.Count, books.BlocksFreed + books.CallbacksInvoked);
        Assert.Equal(strays, FlaggingHeap.Strays);
    }

    // Readers look at the published blocks all the time: poison in one is a block freed under its reader.
    [Theory]
    [MemberData(nameof(Domains.ReadSides), MemberType = typeof(Domains))]
    public void No_block_is_freed_before_the_sections_that_could_hold_it_have_ended(ReadSideBarrier readSide)
    {
        const int Each = 40_000;
        const int Updaters = 2;
        using FlaggedBlocks blocks = new((Updaters * Each) + 1);
        using RcuDomain domain = new(new RcuDomainOptions
        {
            ReadSideBarrier = readSide,
            ReclaimDelay = TimeSpan.Zero,
            BacklogLimit = 20_000,
        });
        RcuPointer<FlaggedBlock> published = default;
        RcuPointer<FlaggedBlock>* pointer = &published;
        pointer->Assign(blocks[Updaters * Each]);
        bool stop = false;
        Worker[] readers = Worker.StartMany(2, _ =>
        {
            while (!Volatile.Read(ref stop))
            {
                using ReadGuard guard = domain.ReadLock();
                ref readonly FlaggedBlock block = ref guard.Dereference(in *pointer);
                for (int i = 0; i < 20; i++)
                {
                    Assert.NotEqual(FlaggingHeap.Poison, Volatile.Read(in block.Payload));
                }
            }
        });
        Worker.JoinAll(Worker.StartMany(Updaters, updater =>
        {
            for (int i = updater * Each; i < (updater + 1) * Each; i++)
            {
                FlaggedBlock* old = pointer->Exchange(blocks[i]);
                Queue(domain, old, i % 4);
            }
        }));
        Volatile.Write(ref stop, true);
        Worker.JoinAll(readers);
        Queue(domain, pointer->Exchange(null), 0);
        RcuAssert.BooksBalance(domain);
        blocks.MustBeFreedOnce(blocks.Count);
    }

    [Fact]
    public void Each_form_on_each_thread_is_reclaimed_and_no_more()
    {
        const int Each = 12_000;
        using RcuDomain domain = new(new RcuDomainOptions { BacklogLimit = 5_000 });
        Worker.JoinAll(Worker.StartMany(Threads, thread =>
        {
            Random random = new(thread);
            for (int i = 0; i < Each; i++)
            {
                Forms.Queue(domain, (Form)random.Next(12));
            }
        }));
        RcuStatistics books = RcuAssert.BooksBalance(domain);
        Assert.Equal(Threads * Each, books.BlocksQueued + books.CallbacksQueued);
        Assert.Equal(0, books.CallbacksFailed);
    }

    private static void Queue(RcuDomain domain, FlaggedBlock* block, int form)
    {
        switch (form)
        {
            case 0:
                domain.Free<FlaggingHeap>(block);
                break;
            case 1:
                domain.Free<FlaggingHeap>(block, &block->Head);
                break;
            case 2:
                domain.Call(&block->Head, &FlaggingHeap.Callback);
                break;
            default:
                domain.Call((nint)block, static address => FlaggingHeap.Free((void*)address));
                break;
        }
    }
}
