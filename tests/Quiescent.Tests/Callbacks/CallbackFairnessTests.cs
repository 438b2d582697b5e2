using Quiescent.Ordering;
using Quiescent.Reclamation;
using Quiescent.Tests.Memory;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

public unsafe class CallbackFairnessTests
{
    private const int Flood = 100_000;
    private const int BatchLimit = 16;

    // The reclaimer serves the flooding thread's queue before the other one's: without the limit the whole flood runs
    // first.
    [Fact]
    public void A_flood_of_one_thread_does_not_hold_up_the_callback_of_another()
    {
        using RcuDomain domain = NewDomain();
        using ManualResetEventSlim ran = new();
        int flooded = 0;
        int before = int.MaxValue;
        using (ParkedReader reader = new(domain))
        {
            domain.Call(() =>
            {
                before = flooded;
                ran.Set();
            });
            Worker.Run(() =>
            {
                for (int i = 0; i < Flood; i++)
                {
                    domain.Call(() => flooded++);
                }
            });
        }

        Until.Set(ran);
        Assert.InRange(before, 0, Flood / 2);
        domain.Barrier();
        Assert.Equal(Flood, flooded);
    }

    [Fact]
    public void A_flood_of_blocks_with_a_user_deallocator_does_not_hold_up_the_callback_of_another_thread()
    {
        using FlaggedBlocks blocks = new(Flood);
        using RcuDomain domain = NewDomain();
        using ManualResetEventSlim ran = new();
        int before = int.MaxValue;
        using (ParkedReader reader = new(domain))
        {
            domain.Call(() =>
            {
                before = Enumerable.Range(0, Flood).Count(i => blocks.FreesOf(i) != 0);
                ran.Set();
            });
            Worker.Run(() =>
            {
                for (int i = 0; i < Flood; i++)
                {
                    domain.Free<FlaggingHeap>(blocks[i]);
                }
            });
        }

        Until.Set(ran);
        Assert.InRange(before, 0, Flood / 2);
        domain.Barrier();
        blocks.MustBeFreedOnce(Flood);
    }

    [Fact]
    public void A_callback_that_queues_itself_again_lets_barriers_and_frees_and_other_callbacks_through()
    {
        using RcuDomain domain = NewDomain();
        bool stop = false;
        long rounds = 0;
        int others = 0;
        void Repost()
        {
            rounds++;
            if (!Volatile.Read(ref stop))
            {
                domain.Call(Repost);
            }
        }

        domain.Call(Repost);
        for (int i = 1; i <= 50; i++)
        {
            domain.Call(() => others++);
            domain.Free(Forms.NewBlock());
            Worker.Run(domain.Barrier); // A barrier that waits for the queue to be empty never returns.
            Assert.Equal(i, others);
            Assert.Equal(i, domain.GetStatistics().BlocksFreed);
        }

        Volatile.Write(ref stop, true);
        RcuAssert.BooksBalance(domain);
        Until.True(() => Inside.IsIdle(domain));
        Assert.True(rounds > 0);
    }

    [Fact]
    public void A_thread_that_never_stops_queueing_callbacks_keeps_no_barrier_waiting_for_ever()
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogLimit = 20_000, CallbackBatchLimit = BatchLimit });
        bool stop = false;
        using Worker flood = Worker.Start(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                domain.Call(static () => { });
            }
        });
        try
        {
            for (int i = 0; i < 5; i++)
            {
                Worker.Run(domain.Barrier);
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
        }

        flood.Join();
        RcuAssert.BooksBalance(domain);
    }

    // A thread that goes on filling pages is left to collect them itself, but it must not run user code (O8). If nobody
    // else begins a grace period for such blocks, they wait until their owner pauses. The test keeps the reclaimer busy
    // and makes its passes here, so that each pass finds that the owner has gone on to another page.
    [Fact]
    public void Blocks_with_a_user_deallocator_are_freed_while_their_thread_goes_on_filling_pages()
    {
        const int PerPass = 600;
        const int Passes = 100;
        using FlaggedBlocks blocks = new(Passes * PerPass);
        using RcuDomain domain = NewDomain(batchLimit: PerPass);
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        domain.Call(() =>
        {
            entered.Set();
            leave.Wait();
        });
        Until.Set(entered);
        ReclaimerPass pass = new(Inside.Core(domain));
        pass.Begin(ThreadDefaults.OfCurrent(), mayRunCode: true);
        for (int i = 0; i < blocks.Count; i++)
        {
            domain.Free<FlaggingHeap>(blocks[i]);
            if (i % PerPass == 0)
            {
                pass.Run(maySnapshot: true, isExpedited: false);
            }
        }

        long freedMeanwhile = domain.GetStatistics().BlocksFreed;
        leave.Set();
        domain.Barrier();
        blocks.MustBeFreedOnce(blocks.Count);
        Assert.True(
            freedMeanwhile > 0, $"Nothing was freed in {Passes} Passes while {blocks.Count} blocks were being queued.");
    }

    private static RcuDomain NewDomain(int batchLimit = BatchLimit) =>
        new(new RcuDomainOptions { CallbackBatchLimit = batchLimit, BacklogPolicy = BacklogPolicy.None });
}
