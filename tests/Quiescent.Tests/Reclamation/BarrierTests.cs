using Quiescent.Queues;
using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public class BarrierTests
{
    [Fact]
    public void Every_callback_that_was_queued_before_a_barrier_has_run_when_it_returns()
    {
        const int Threads = 8;
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.Zero });
        using Barrier start = new(Threads);
        int ran = 0;
        int wrong = 0;
        Worker.JoinAll(Worker.StartMany(Threads, thread =>
        {
            for (int round = 1; round <= 100; round++)
            {
                domain.Call(() => Interlocked.Increment(ref ran));
                Assert.True(start.SignalAndWait(Until.Bound, TestContext.Current.CancellationToken));
                domain.Barrier();
                if (Volatile.Read(ref ran) < Threads * round)
                {
                    Interlocked.Increment(ref wrong);
                }

                Assert.True(start.SignalAndWait(Until.Bound, TestContext.Current.CancellationToken));
            }
        }));
        Assert.Equal(0, wrong);
        Assert.Equal(Threads * 100, ran);
    }

    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void A_barrier_covers_each_form_in_partial_and_in_full_pages(Form form)
    {
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMinutes(1) });
        long expected = 0;
        foreach (int count in (int[])[1, 2, 506, 508, 1, 1_000])
        {
            for (int i = 0; i < count; i++)
            {
                Forms.Queue(domain, form);
            }

            // Nobody gathers a batch for a minute while a barrier waits.
            Worker.Run(domain.Barrier);
            expected += count;
            Assert.Equal(expected, Forms.Reclaimed(domain));
        }
    }

    [Fact]
    public void A_barrier_for_nothing_starts_no_grace_period_and_no_thread()
    {
        using RcuDomain domain = Domains.New();
        domain.Barrier();
        domain.BarrierCallbacks();
        Assert.True(domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask().IsCompletedSuccessfully);
        Assert.Equal(0, domain.GetStatistics().GracePeriodsStarted);
        Assert.Null(Inside.ReclaimerThread(domain));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_barrier_waits_for_a_callback_that_was_taken_and_has_not_returned(bool codeOnly)
    {
        using RcuDomain domain = Domains.New();
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        int ran = 0;
        domain.Call(() => ran++);
        domain.Call(() =>
        {
            entered.Set();
            leave.Wait();
            ran++;
        });
        Until.Set(entered); // The last is taken: nothing else is left to wait for.
        using Worker waiter = Worker.Start(codeOnly ? domain.BarrierCallbacks : domain.Barrier);
        Task async = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        Until.True(() => waiter.IsWaiting || waiter.HasEnded);
        bool isEarly = waiter.HasEnded || async.IsCompleted;
        leave.Set(); // Before the verdict: the domain's disposal waits for the callback.
        Assert.False(isEarly);
        waiter.Join();
        Assert.Equal(2, ran);
        Until.Done(async);
    }

    [Theory]
    [InlineData(Form.User)]
    [InlineData(Form.UserHead)]
    public void A_barrier_waits_for_a_user_deallocator_that_has_not_returned(Form form)
    {
        using RcuDomain domain = Domains.New();
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        BlockingHeap.Body = () =>
        {
            entered.Set();
            leave.Wait();
        };
        BlockingHeap.Queue(domain, withHead: form == Form.UserHead);
        Until.Set(entered);
        Task async = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        using Worker waiter = Worker.Start(domain.Barrier);
        Until.True(() => waiter.IsWaiting || waiter.HasEnded);
        bool isEarly = waiter.HasEnded || async.IsCompleted;
        leave.Set(); // Before the verdict: the domain's disposal waits for the callback.
        Assert.False(isEarly);
        waiter.Join();
        Until.Done(async);
        RcuAssert.BooksBalance(domain);
    }

    // O10 (positions, not addresses). Fault caught: a barrier that knows pages by their addresses, and waits for one
    // that is back in its queue.
    [Fact]
    public unsafe void A_barrier_target_is_met_though_a_page_that_it_covered_serves_its_queue_again()
    {
        const int Attempts = 100;
        bool isMet = false;
        for (int i = 0; i < Attempts && !isMet; i++)
        {
            using RcuDomain domain = new(new RcuDomainOptions
            {
                BacklogLimit = 32, // So that pages are small.
                BacklogPolicy = BacklogPolicy.None,
                ReclaimDelay = TimeSpan.FromMinutes(1), // So that the reclaimer stays out of it, mostly.
            });
            isMet = TryMeetThoughThePageServesAgain(domain);
        }

        Assert.True(isMet, "The page does not come back.");
    }

    // False: the page lies below others that the queue takes instead.
    private static unsafe bool TryMeetThoughThePageServesAgain(RcuDomain domain)
    {
        const int Attempts = 1_000;
        domain.Free(Forms.NewBlock());
        DomainCore core = Inside.Core(domain);
        PageQueue* queue = &((ThreadQueues*)Inside.Slot(domain)->Queues)->Blocks;
        Page* page = Page.Of(queue->Cursor);
        BarrierTarget target = BarrierTarget.Take(core, BarrierScope.Everything)!;
        int attempt = 0;
        do
        {
            domain.Synchronize();
            domain.Free(Forms.NewBlock());
        }
        while (++attempt < Attempts && (queue->Reclaimed == 0 || Page.Of(queue->Cursor) != page));

        if (attempt == Attempts)
        {
            return false;
        }

        Assert.True(target.IsDone());
        return true;
    }

    // Blocks need no reclaimer: a barrier frees them itself while the reclaimer is busy with a callback.
    [Fact]
    public void A_barrier_for_blocks_alone_does_not_wait_for_a_callback_queued_later()
    {
        using RcuDomain domain = Domains.New();
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        domain.Call(() =>
        {
            entered.Set();
            leave.Wait();
        });
        Until.Set(entered);
        for (int i = 0; i < 2_000; i++)
        {
            Forms.Queue(domain, Form.Headless);
            Forms.Queue(domain, Form.Head);
        }

        using Worker waiter = Worker.Start(domain.Barrier);
        Until.True(() => domain.GetStatistics().BlocksWaiting == 0);
        Assert.False(waiter.HasEnded); // It covers the callback too.
        leave.Set();
        waiter.Join();
    }

    [Fact]
    public void A_barrier_returns_while_another_thread_goes_on_queueing()
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogLimit = 20_000 });
        bool stop = false;
        Worker flood = Worker.Start(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                Forms.QueueAll(domain);
            }
        });
        for (int i = 0; i < 30; i++)
        {
            Worker.Run(domain.Barrier);
            Worker.Run(domain.BarrierCallbacks);
        }

        Volatile.Write(ref stop, true);
        flood.Join();
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void A_barrier_throws_inside_a_section_and_online_even_when_nothing_waits()
    {
        using RcuDomain domain = Domains.New();
        using (ReadGuard guard = domain.ReadLock())
        {
            Assert.Throws<InvalidOperationException>(domain.Barrier);
        }

        using RcuReader reader = domain.RegisterReader();
        reader.GoOnline();
        Assert.Throws<InvalidOperationException>(domain.Barrier);
        reader.GoOffline();
        domain.Barrier();
    }

    [Fact]
    public void An_interrupted_barrier_loses_nothing()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Forms.QueueAll(domain);
        using ManualResetEventSlim interrupted = new();
        using Worker waiter = Worker.Start(() =>
        {
            Assert.Throws<ThreadInterruptedException>(domain.Barrier);
            interrupted.Set();
            domain.Barrier();
        });
        Until.True(() => waiter.IsWaiting);
        waiter.Thread.Interrupt();
        Until.Set(interrupted);
        reader.Release();
        waiter.Join();
        RcuAssert.BooksBalance(domain);
        Until.True(() => Inside.IsIdle(domain)); // The hurry ended with the barrier.
    }

    private readonly unsafe struct BlockingHeap : INativeDeallocator
    {
        public static Action Body { get; set; } = static () => { };

        public static void Queue(RcuDomain domain, bool withHead)
        {
            void* block = Forms.NewBlock();
            if (withHead)
            {
                domain.Free<BlockingHeap>(block, (RcuHead*)block);
            }
            else
            {
                domain.Free<BlockingHeap>(block);
            }
        }

        public static void Free(void* block)
        {
            Body();
            System.Runtime.InteropServices.NativeMemory.Free(block);
        }
    }
}
