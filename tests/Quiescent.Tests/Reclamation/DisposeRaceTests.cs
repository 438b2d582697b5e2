using System.Runtime.InteropServices;
using Quiescent.Tests.Memory;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// O11: whoever queues while the domain is being disposed of is either accepted, and then it is carried out, or told so,
// and then the block is still the caller's. There is no third way, and no doubt which it was.
[Trait("Category", "Slow")]
public unsafe class DisposeRaceTests
{
    private const int Threads = 3;
    private const int Rounds = 150;
    private const int Most = 3_000;

    [Theory]
    [InlineData(Form.User, false)]
    [InlineData(Form.User, true)]
    [InlineData(Form.UserHead, false)]
    [InlineData(Form.Function, false)]
    [InlineData(Form.Function, true)]
    [InlineData(Form.Delegate, false)]
    public void Each_item_is_reclaimed_once_or_rejected(Form form, bool validate)
    {
        for (int round = 0; round < Rounds; round++)
        {
            using FlaggedBlocks blocks = new(Threads * Most);
            int[] accepted = new int[Threads];
            Race(round, validate, (domain, thread) =>
            {
                for (int i = 0; i < Most; i++)
                {
                    Queue(domain, form, blocks[(thread * Most) + i]);
                    accepted[thread]++;
                }
            });
            for (int i = 0; i < blocks.Count; i++)
            {
                int expected = i % Most < accepted[i / Most] ? 1 : 0;
                Assert.True(
                    blocks.FreesOf(i) == expected,
                    $"Round {round}: block {i} was freed {blocks.FreesOf(i)} times, not {expected}.");
            }
        }
    }

    // Blocks of malloc's heap cannot be flagged, but the allocator ends the process on a double free, and the
    // statistics count.
    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    [InlineData(Form.Aligned)]
    [InlineData(Form.Bulk)]
    public void Blocks_of_the_built_in_heaps_are_accounted_for_exactly(Form form)
    {
        for (int round = 0; round < Rounds; round++)
        {
            long accepted = 0;
            RcuStatistics books = Race(round, validate: false, (domain, _) =>
            {
                for (int i = 0; i < Most; i++)
                {
                    Forms.Queue(domain, form);
                    Interlocked.Increment(ref accepted);
                }
            });
            Assert.Equal((accepted, accepted, 0), (books.BlocksQueued, books.BlocksFreed, books.BlocksWaiting));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(700)]
    public void A_bulk_is_freed_as_a_whole_or_rejected_as_a_whole(int size)
    {
        for (int round = 0; round < Rounds; round++)
        {
            long accepted = 0;
            RcuStatistics books = Race(round, validate: false, (domain, thread) =>
            {
                // The first bulk of a thread takes the first page of its queue, which is a case of its own.
                for (int i = 0; i < 20; i++)
                {
                    QueueBulk(domain, size);
                    Interlocked.Add(ref accepted, size);
                }
            });
            Assert.Equal((accepted, accepted, 0), (books.BlocksQueued, books.BlocksFreed, books.BlocksWaiting));
        }
    }

    [Fact]
    public void All_forms_at_once_balance()
    {
        for (int round = 0; round < Rounds; round++)
        {
            long accepted = 0;
            RcuStatistics books = Race(round, validate: round % 2 == 0, (domain, thread) =>
            {
                Random random = new(thread + round);
                for (int i = 0; i < Most; i++)
                {
                    Forms.Queue(domain, (Form)random.Next(12));
                    Interlocked.Increment(ref accepted);
                }
            });
            Assert.Equal(accepted, books.BlocksQueued + books.CallbacksQueued);
            Assert.Equal(accepted, books.BlocksFreed + books.CallbacksInvoked);
        }
    }

    private static RcuStatistics Race(int round, bool validate, Action<RcuDomain, int> body)
    {
        RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.Zero, Validate = validate });
        using Barrier start = new(Threads + 1);
        Worker[] workers = Worker.StartMany(Threads, thread =>
        {
            Assert.True(start.SignalAndWait(Until.Bound));
            try
            {
                body(domain, thread);
            }
            catch (ObjectDisposedException)
            {
                // Expected, sooner or later; a refused item is still the body's.
            }
        });
        Assert.True(start.SignalAndWait(Until.Bound));
        Thread.SpinWait(round * 211 % 20_000);
        Worker.Run(domain.Dispose);
        Worker.JoinAll(workers);
        return RcuAssert.BooksConsistent(domain);
    }

    private static void Queue(RcuDomain domain, Form form, FlaggedBlock* block)
    {
        switch (form)
        {
            case Form.User:
                domain.Free<FlaggingHeap>(block);
                break;
            case Form.UserHead:
                domain.Free<FlaggingHeap>(block, &block->Head);
                break;
            case Form.Function:
                domain.Call(&block->Head, &FlaggingHeap.Callback);
                break;
            default:
                domain.Call((nint)block, static address => FlaggingHeap.Free((void*)address));
                break;
        }
    }

    private static void QueueBulk(RcuDomain domain, int size)
    {
        nint[] blocks = new nint[size];
        for (int i = 0; i < size; i++)
        {
            blocks[i] = (nint)Forms.NewBlock(16);
        }

        try
        {
            domain.FreeBulk(blocks);
        }
        catch (ObjectDisposedException)
        {
            Array.ForEach(blocks, block => NativeMemory.Free((void*)block));
            throw;
        }
    }
}
