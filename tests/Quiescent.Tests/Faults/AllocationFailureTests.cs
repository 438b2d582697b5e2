using Quiescent.Ordering;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// Each place that can run out, under each operation. O7: an operation succeeds, or throws OutOfMemoryException with
// nothing queued and nothing taken; and once there is memory again, all that was queued is carried out.
[Trait("Category", "Slow")]
public sealed class AllocationFailureTests
{
    private const int Rounds = 3;

    private static readonly Action<RcuDomain>[] s_waits =
    [
        static domain => domain.Synchronize(),
        static domain => domain.SynchronizeAsync(CancellationToken.None).AsTask().Wait(Until.Bound),
        static domain => domain.CondSynchronize(domain.StartPoll()),
        static domain => domain.Barrier(),
        static domain => domain.BarrierAsync(CancellationToken.None).AsTask().Wait(Until.Bound),
        static domain => domain.BarrierCallbacks(),
        static domain => domain.GetStatistics(),
    ];

    // Faults caught: an item queued although its call threw, or lost although it did not; a head that fails.
    [Theory]
    [MemberData(nameof(Failures.All), MemberType = typeof(Failures))]
    public void Every_form_is_queued_or_refused_whole(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        using RcuDomain domain = New(site);
        Account account = new(domain);
        using (ParkedReader reader = new(domain))
        {
            using (Failures failures = new(site, failing))
            {
                foreach (Form form in Enum.GetValues<Form>())
                {
                    // A thread of its own each time: its first calls, and the second that finds the leftovers of the
                    // first.
                    Worker.Run(() => QueueSome(domain, account, form, site));
                    QueueSome(domain, account, form, site);
                }
            }

            account.MustBalance();
            QueueOneOfEach(account);
        }

        MustRecover(domain, account);
    }

    // Faults caught: a refused bulk that leaves some of its blocks queued, or keeps the pages that it had already
    // taken.
    [Theory]
    [InlineData(Failing.First)]
    [InlineData(Failing.Second)]
    [InlineData(Failing.Every)]
    [InlineData(Failing.EverySecond)]
    [InlineData(Failing.AtRandom)]
    public unsafe void A_bulk_that_runs_out_of_pages_half_way_is_refused_whole(Failing failing)
    {
        const int Size = 3;
        using RcuDomain domain = New(FaultSite.Page);
        long queued = 0;
        using (ParkedReader reader = new(domain))
        {
            using (Failures failures = new(FaultSite.Page, failing))
            {
                for (int i = 0; i < 20; i++)
                {
                    nint[] blocks = [.. Enumerable.Range(0, Size).Select(_ => (nint)Forms.NewBlock())];
                    long pages = domain.GetStatistics().PagesInUse;
                    try
                    {
                        domain.FreeBulk(blocks);
                        queued += Size;
                    }
                    catch (OutOfMemoryException)
                    {
                        Array.ForEach(
                            blocks, static block => System.Runtime.InteropServices.NativeMemory.Free((void*)block));
                        Assert.Equal(pages, domain.GetStatistics().PagesInUse);
                    }

                    Assert.Equal((queued, 0, 0), Inside.Walk(domain));
                }

                Assert.NotEqual(0, failures.Failed);
            }
        }

        Assert.Equal(queued, RcuAssert.BooksBalance(domain).BlocksFreed);
        domain.Dispose();
        Assert.Equal(0, domain.GetStatistics().PagesInUse);
    }

    // Faults caught: a thread half registered, a slot taken and not held, a section that opened although its call
    // threw.
    [Theory]
    [MemberData(nameof(Failures.All), MemberType = typeof(Failures))]
    public void A_reader_registers_or_is_refused_whole(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        using RcuDomain domain = New(site);
        using (Failures failures = new(site, failing))
        {
            for (int i = 0; i < 20; i++)
            {
                Worker.Run(() => MustReadOrBeRefused(domain));
                Worker.Run(() => MustTakeAHandleOrBeRefused(domain));
            }
        }

        Worker.Run(() =>
        {
            MustReadOrBeRefused(domain);
            Assert.Equal(1, domain.GetStatistics().ReaderSlotsInUse);
            Assert.InRange(domain.GetStatistics().ReaderSlots, 1, 2);
        });
        domain.Synchronize();
        Assert.Equal(0, domain.GetStatistics().ReadersAbandoned);
    }

    // Faults caught: a wait that hangs once it has failed, or that returns too early; a request that nobody meets.
    [Theory]
    [MemberData(nameof(Failures.All), MemberType = typeof(Failures))]
    public void Every_wait_ends_or_throws(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        foreach (Action<RcuDomain> wait in s_waits)
        {
            using RcuDomain domain = New(site);
            Account account = new(domain);
            for (int i = 0; i < Rounds; i++)
            {
                Worker waiter;
                using (Failures failures = new(site, failing))
                {
                    Worker.Run(() => QueueOneOfEach(account));
                    waiter = Worker.Start(() => EndOrThrow(() => wait(domain)));
                    Until.True(() => waiter.HasEnded || waiter.IsWaiting);
                }

                waiter.Join();
            }

            MustRecover(domain, account);
        }
    }

    // Fault caught: a disposal that fails half-way, and leaves a thread running or items waiting that no second call
    // finishes.
    [Theory]
    [MemberData(nameof(Failures.All), MemberType = typeof(Failures))]
    public void Disposal_that_failed_is_finished_by_the_next_call(string place, Failing failing)
    {
        FaultSite site = Enum.Parse<FaultSite>(place);
        for (int i = 0; i < Rounds; i++)
        {
            RcuDomain domain = New(site);
            Account account = new(domain);
            Task[] waiters = [];

            // The reader comes first, and so in no slot that has pages: its thread may not have ended for the operating
            // system when the domain is disposed of, which then leaves the pages of its slot alone.
            using (ParkedReader reader = new(domain))
            {
                Worker.Run(() => QueueOneOfEach(account));
                waiters =
                [
                    domain.SynchronizeAsync(CancellationToken.None).AsTask(),
                    domain.BarrierAsync(CancellationToken.None).AsTask(),
                ];
                using Failures failures = new(site, failing);
                Worker.Run(() => QueueOneOfEach(account));
                Worker disposal = Worker.Start(() => EndOrThrow(domain.Dispose));
                Until.True(() => disposal.HasEnded || disposal.IsWaiting);
                reader.Release();
                Until.True(() => disposal.HasEnded || failures.Failed != 0);
                failures.Dispose();
                disposal.Join();
            }

            domain.Dispose();
            account.MustBeCleared();
            Until.True(() => waiters.All(static waiter => waiter.IsCompleted)); // Pool threads may be at it.
            Assert.False(Inside.ReclaimerThread(domain) is { IsAlive: true });
            Assert.Equal(0, domain.GetStatistics().PagesInUse);
        }
    }

    private static void QueueSome(RcuDomain domain, Account account, Form form, FaultSite site)
    {
        for (int i = 0; i < Rounds; i++)
        {
            (long, long, long) before = Inside.Walk(domain);
            bool queued = account.TryQueue(form);
            (long Trivial, long User, long Callbacks) after = Inside.Walk(domain);
            if (queued)
            {
                account.MustBalance();
            }
            else
            {
                Assert.Equal(before, after);

                // Only a type's first use may fail for a head.
                Assert.True(!Forms.HasHead(form) || site == FaultSite.Deallocator, $"{form} failed.");
            }
        }
    }

    private static void QueueOneOfEach(Account account)
    {
        foreach (Form form in Enum.GetValues<Form>())
        {
            account.TryQueue(form);
        }
    }

    private static void MustReadOrBeRefused(RcuDomain domain)
    {
        try
        {
            using ReadGuard guard = domain.ReadLock();
            Assert.True(domain.IsReadLockHeld);
        }
        catch (OutOfMemoryException)
        {
        }

        Assert.False(domain.IsReadLockHeld);
    }

    private static void MustTakeAHandleOrBeRefused(RcuDomain domain)
    {
        try
        {
            using RcuReader reader = domain.RegisterReader();
            reader.GoOnline();
            using ReadGuard guard = reader.ReadLock();
        }
        catch (OutOfMemoryException)
        {
        }

        Assert.False(domain.IsReadLockHeld);
    }

    private static void EndOrThrow(Action action)
    {
        try
        {
            action();
        }
        catch (OutOfMemoryException)
        {
            // The other permitted outcome.
        }
    }

    // Everything that was queued is reclaimed, and no page, slot or thread stays behind.
    private static void MustRecover(RcuDomain domain, Account account)
    {
        Worker.Run(domain.Barrier);
        account.MustBeCleared();
        Until.True(() => Inside.IsIdle(domain));
        Worker.Run(domain.Dispose);
        account.MustBeCleared();
        Assert.False(Inside.ReclaimerThread(domain) is { IsAlive: true });
    }

    // Pages of one entry, so that each block needs a new one; the ledger belongs to Validate.
    private static RcuDomain New(FaultSite site) => new(new RcuDomainOptions
    {
        BacklogLimit = 8,
        BacklogPolicy = BacklogPolicy.None,
        ReclaimDelay = TimeSpan.Zero,
        Validate = site == FaultSite.Ledger,
    });
}
