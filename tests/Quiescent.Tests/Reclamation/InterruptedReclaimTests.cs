using System.Runtime.CompilerServices;
using Quiescent.Ordering;
using Quiescent.Tests.Support;
using Quiescent.Validate;

namespace Quiescent.Tests.Reclamation;

// A thread reclaims with an interrupt pending, and waits for a short lock of Validate's ledger, which the test holds:
// it must reclaim the item whole. Readers/InterruptedLockTests does the same for the threads that queue.
public sealed class InterruptedReclaimTests
{
    // Fault caught: an interruptible lock on the way to the next callback, which is then counted as run and never runs.
    [Fact]
    public void A_callback_that_interrupts_the_reclaimer_does_not_cost_the_next_one()
    {
        int ran = 0;
        RcuStatistics books = WhileTheReclaimerIsInterrupted(domain => domain.Call(() => ran++));
        Assert.Equal((1, 2, 0), (ran, books.CallbacksInvoked, books.CallbacksFailed));
    }

    // Fault caught: as above, under a queue's lock, on a thread where nobody catches the exception: the process ends.
    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    public void A_callback_that_interrupts_the_reclaimer_does_not_cost_a_block(Form form) =>
        Assert.Equal(1, WhileTheReclaimerIsInterrupted(domain => Forms.Queue(domain, form)).BlocksFreed);

    // Fault caught: an interrupt that strikes in the middle of a page: its queue stays locked, and all later barriers
    // hang.
    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    public void An_interrupted_barrier_leaves_no_queue_locked(Form form)
    {
        RcuDomain domain = Domains.New(validate: true);
        ManualResetEventSlim entered = new();
        ManualResetEventSlim leave = new();
        domain.Call(() =>
        {
            entered.Set();
            leave.Wait();
        });
        Until.Set(entered);
        Forms.Queue(domain, form);

        // The callback keeps the reclaimer busy, so the barrier frees the block, and then has to wait, where it may be
        // interrupted.
        Worker interrupted = HoldLedger(domain, () => Worker.Start(() =>
        {
            Thread.CurrentThread.Interrupt();
            Assert.Throws<ThreadInterruptedException>(domain.Barrier);
        }));
        interrupted.Join();
        Worker.Run(() => Assert.Equal(1, domain.GetStatistics().BlocksFreed));
        leave.Set();
        Worker.Run(() => RcuAssert.BooksBalance(domain));
        domain.Dispose();
    }

    // Lets a callback interrupt its thread, which then finds the ledger held when it reclaims the items queued
    // meanwhile.
    private static RcuStatistics WhileTheReclaimerIsInterrupted(Action<RcuDomain> queue)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Validate = true, ReclaimDelay = TimeSpan.Zero });
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        bool isInterrupted = false;
        domain.Call(() =>
        {
            entered.Set();
            leave.Wait();
            Thread.CurrentThread.Interrupt();
            Volatile.Write(ref isInterrupted, true);
        });
        Until.Set(entered);
        queue(domain);
        HoldLedger(domain, () =>
        {
            leave.Set();
            Until.True(() => Volatile.Read(ref isInterrupted));
            return Inside.ReclaimerThread(domain)!;
        });
        return RcuAssert.BooksBalance(domain);
    }

    private static Worker HoldLedger(RcuDomain domain, Func<Worker> start)
    {
        Worker? worker = null;
        HoldLedger(domain, () => (worker = start()).Thread);
        return worker!;
    }

    private static void HoldLedger(RcuDomain domain, Func<Thread> start)
    {
        ref int gate = ref GateOf(Inside.Core(domain).Queues.Ledger!);
        TryLock.Enter(ref gate);
        try
        {
            Thread thread = start();
            Until.True(() => OsThread.Asleep != 0 || !thread.IsAlive);
        }
        finally
        {
            TryLock.Exit(ref gate);
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_gate")]
    private static extern ref int GateOf(BlockLedger ledger);
}
