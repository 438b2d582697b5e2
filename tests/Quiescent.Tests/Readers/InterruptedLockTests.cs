using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Reclamation;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;
using Quiescent.Validate;

namespace Quiescent.Tests.Readers;

// The library's short locks. The test holds each while a thread with an interrupt pending arrives at it: the thread
// waits, completes its operation whole, and the interrupt strikes in the thread's own next wait. Nor is an exception
// raised on the way, which would run first-chance handlers of the program under whatever lock the thread has already.
public sealed class InterruptedLockTests
{
    // Fault caught: an interruptible lock of the slot table: a thread's first section throws, where nothing may.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_interrupted_thread_waits_for_its_first_section(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        WhileHeld(ref GateOf(Inside.Core(domain).Slots), () => domain.ReadLock().Dispose());
        Assert.Equal(1, domain.GetStatistics().ReaderSlots);
    }

    // Fault caught: as above; an append that needs no memory "cannot fail".
    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    [InlineData(Form.Function)]
    [InlineData(Form.Delegate)]
    public void An_interrupted_thread_waits_for_its_first_append(Form form)
    {
        using RcuDomain domain = Domains.New();
        WhileHeld(ref GateOf(Inside.Core(domain).Slots), () => Forms.Queue(domain, form));
        MustReclaimOne(domain);
    }

    // Fault caught: an interruptible lock at the reclaimer's start: a queued item draws an exception, and is freed as
    // well.
    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    [InlineData(Form.Function)]
    [InlineData(Form.Delegate)]
    public void An_interrupted_thread_waits_for_the_reclaimers_start(Form form)
    {
        using RcuDomain domain = Domains.New();
        WhileHeld(ref GateOf(Inside.ClaimOf(domain)), () => Forms.Queue(domain, form));
        MustReclaimOne(domain);
    }

    // Fault caught: an interruptible lock of Validate's ledger: Free throws, or the reclaimer stops while it holds a
    // queue's lock.
    [Theory]
    [InlineData(Form.Headless)]
    [InlineData(Form.Head)]
    [InlineData(Form.Bulk)]
    public void An_interrupted_thread_waits_for_the_ledger_of_queued_blocks(Form form)
    {
        using RcuDomain domain = Domains.New(validate: true);
        WhileHeld(ref GateOf(Inside.Core(domain).Queues.Ledger!), () => Forms.Queue(domain, form));
        MustReclaimOne(domain);
    }

    private static void MustReclaimOne(RcuDomain domain)
    {
        RcuStatistics books = RcuAssert.BooksBalance(domain);
        Assert.Equal(1, books.BlocksFreed + books.CallbacksInvoked);
    }

    private static void WhileHeld(ref int gate, Action use)
    {
        Worker interrupted;
        bool isHeldUp;
        int raised = 0;
        int user = 0;
        void Count(object? sender, FirstChanceExceptionEventArgs thrown) =>
            raised += thrown.Exception is ThreadInterruptedException
                && Volatile.Read(ref user) == Environment.CurrentManagedThreadId ? 1 : 0;
        AppDomain.CurrentDomain.FirstChanceException += Count;
        TryLock.Enter(ref gate);
        try
        {
            interrupted = Worker.Start(() =>
            {
                Thread.CurrentThread.Interrupt();
                Volatile.Write(ref user, Environment.CurrentManagedThreadId);
                use();
                Volatile.Write(ref user, 0);
                Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(0));
            });
            Until.True(() => OsThread.Asleep != 0 || interrupted.HasEnded);
            isHeldUp = !interrupted.HasEnded;
        }
        finally
        {
            TryLock.Exit(ref gate);
        }

        interrupted.Join();
        AppDomain.CurrentDomain.FirstChanceException -= Count;
        Assert.Equal(0, raised);
        Assert.True(isHeldUp, "The thread did not arrive at the lock.");
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_gate")]
    private static extern ref int GateOf(SlotTable slots);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_gate")]
    private static extern ref int GateOf(BlockLedger ledger);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_gate")]
    private static extern ref int GateOf(ReclaimerClaim claim);

}
