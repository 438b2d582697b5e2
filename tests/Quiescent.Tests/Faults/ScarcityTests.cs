using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// What running out of memory must not leave behind, place by place.
public sealed unsafe class ScarcityTests
{
    // Fault caught: a start that failed and is never tried again.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_reclaimer_starts_when_a_later_append_finds_memory(bool isShared)
    {
        using RcuDomain domain = new(Domains.Served(isShared));
        Account account = new(domain);
        using (new Failures(FaultSite.ThreadStart, Failing.Every))
        {
            Assert.True(account.TryQueue(Form.Delegate));
            Assert.True(account.TryQueue(Form.Function));
            Assert.Throws<InsufficientMemoryException>(() => domain.StartPoll());
            Assert.Null(Inside.ReclaimerThread(domain));
            Assert.True(Inside.IsIdle(domain));
            account.MustBalance();
        }

        Assert.True(account.TryQueue(Form.Delegate));
        Until.True(() => Inside.Walk(domain) == (0, 0, 0));
        Until.True(() => Inside.IsIdle(domain));
        account.MustBeCleared();
    }

    // Fault caught: a request that relies on a thread whose start then fails, and that nobody meets.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_request_during_a_start_that_fails_starts_the_reclaimer_itself(bool isShared)
    {
        using RcuDomain domain = new(Domains.Served(isShared));
        Worker? other = null;
        GracePeriodState state = default;
        FaultInjection.Decide = site =>
        {
            if (site != FaultSite.ThreadStart || other is not null)
            {
                return false;
            }

            other = Worker.Start(() => state = domain.StartPoll());
            Until.True(() => other.HasEnded || other.IsWaiting);
            return true;
        };
        try
        {
            Assert.Throws<InsufficientMemoryException>(() => domain.StartPoll());
            other!.Join();
        }
        finally
        {
            FaultInjection.Decide = null;
        }

        Until.True(() => domain.Poll(state));
    }

    // Fault caught: an initialization that runs out of memory once and then fails for ever, with another exception.
    [Fact]
    public void A_deallocator_whose_first_use_ran_out_works_the_next_time()
    {
        using RcuDomain domain = Domains.New();
        void* block = Forms.NewBlock();
        using (new Failures(FaultSite.Deallocator, Failing.Every))
        {
            Assert.Throws<InsufficientMemoryException>(() => domain.Free<FirstUsedHere>(block));
            Assert.Throws<InsufficientMemoryException>(() => domain.Free<FirstUsedHere>(block, (RcuHead*)block));
        }

        Assert.Equal((0, 0, 0), Inside.Walk(domain));
        domain.Free<FirstUsedHere>(block);
        RcuAssert.BooksBalance(domain);
        Assert.Equal(1, FirstUsedHere.Freed);
    }

    // Fault caught: a wait that failed and stays registered with its token for the token's lifetime.
    [Fact]
    public void A_wait_that_ran_out_leaves_nothing_in_its_token()
    {
        const int Waits = 20_000;
        const long Most = 1_000_000; // a registration left behind takes some 200 bytes
        using RcuDomain domain = Domains.New();
        using CancellationTokenSource source = new();
        using ParkedReader reader = new(domain);
        using Failures failures = new(FaultSite.Waiter, Failing.Every);
        WaitInVain(domain, 100, source.Token);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        WaitInVain(domain, Waits, source.Token);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, Most);
        Assert.False(Inside.Waiters(domain).Any);
    }

    // Fault caught: a finalizer that ends the process because the constructor did not get far.
    [Fact]
    public void A_slot_table_that_could_not_be_made_is_finalized_quietly()
    {
        for (int i = 0; i < 10; i++)
        {
            RuntimeHelpers.GetUninitializedObject(typeof(SlotTable));
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [Theory]
    [InlineData(Failing.First)]
    [InlineData(Failing.Every)]
    public void A_domain_that_could_not_be_made_throws_and_the_next_one_works(Failing failing)
    {
        using (new Failures(FaultSite.SlotChunk, failing))
        {
            Assert.Throws<InsufficientMemoryException>(() => new RcuDomain());
        }

        GC.Collect();
        GC.WaitForPendingFinalizers();
        using RcuDomain domain = Domains.New();
        Forms.QueueAll(domain);
        RcuAssert.BooksBalance(domain);
    }

    // Faults caught: a report that ends its caller's wait; a slot that is lost because its release failed once.
    [Fact]
    public void Dead_readers_for_whose_report_there_was_no_memory_are_counted_and_their_slots_used_again()
    {
        const int Dead = 5;
        using RcuDomain domain = Domains.New();
        int reported = 0;
        domain.ReaderAbandoned += (_, _) => Interlocked.Increment(ref reported);
        using (new Failures(FaultSite.Report, Failing.Every))
        {
            for (int i = 0; i < Dead; i++)
            {
                Worker.Run(() => domain.ReadLock());
            }

            Worker synchronizer = Worker.Start(domain.Synchronize);
            Until.True(() => synchronizer.HasEnded || synchronizer.IsWaiting);
            FaultInjection.Decide = null;
            synchronizer.Join();
        }

        RcuStatistics books = domain.GetStatistics();
        Assert.Equal(Dead, books.ReadersAbandoned);
        Assert.Equal(Dead, reported);
        Assert.Equal(0, books.ReaderSlotsInUse);
        Worker.Run(() => domain.RegisterReader().Dispose());
        Assert.Equal(books.ReaderSlots, domain.GetStatistics().ReaderSlots);
    }

    private static void WaitInVain(RcuDomain domain, int count, CancellationToken token)
    {
        for (int i = 0; i < count; i++)
        {
            try
            {
                _ = domain.SynchronizeAsync(token).AsTask();
                Assert.Fail("The wait did not run out.");
            }
            catch (InsufficientMemoryException)
            {
                // As injected, at the call.
            }
        }
    }

    private readonly struct FirstUsedHere : INativeDeallocator
    {
        private static int s_freed;

        public static int Freed => Volatile.Read(ref s_freed);

        public static void Free(void* block)
        {
            NativeMemory.Free(block);
            Interlocked.Increment(ref s_freed);
        }
    }
}
