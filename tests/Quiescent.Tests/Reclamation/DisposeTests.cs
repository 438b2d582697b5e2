using System.Buffers;
using Quiescent.Tests.Memory;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public unsafe class DisposeTests
{
    [Theory]
    [MemberData(nameof(Domains.ReadSides), MemberType = typeof(Domains))]
    public void Disposal_reclaims_everything(ReadSideBarrier readSide)
    {
        using FlaggedBlocks blocks = new(600);
        RcuDomain domain = new(new RcuDomainOptions
        {
            ReadSideBarrier = readSide,
            ReclaimDelay = TimeSpan.FromMinutes(1),
        });
        Thread? reclaimer;
        using (ManualResetEventSlim end = new())
        using (CountdownEvent queued = new(3))
        {
            Worker[] idle = Worker.StartMany(3, thread =>
            {
                for (int i = thread * 200; i < (thread + 1) * 200; i++)
                {
                    domain.Free<FlaggingHeap>(blocks[i]);
                    Forms.QueueAll(domain);
                }

                queued.Signal();
                end.Wait();
            });
            Worker.Run(() => Forms.QueueAll(domain));
            Until.True(() => queued.IsSet);
            Worker.Run(domain.Dispose);
            reclaimer = Inside.ReclaimerThread(domain);
            RcuStatistics books = RcuAssert.BooksConsistent(domain);
            Assert.Equal((600 * 8) + 7, books.BlocksFreed);
            Assert.Equal((600 * 5) + 5, books.CallbacksInvoked);
            Assert.Equal(0, books.BlocksWaiting + books.CallbacksWaiting);
            blocks.MustBeFreedOnce(600);
            end.Set();
            Worker.JoinAll(idle);
        }

        Assert.False(reclaimer!.IsAlive);
    }

    [Fact]
    public void A_domain_that_was_never_used_can_be_disposed_of_and_so_can_one_twice()
    {
        RcuDomain domain = Domains.New();
        domain.Dispose();
        domain.Dispose();
        Assert.Null(Inside.ReclaimerThread(domain));
        domain = Domains.New();
        Forms.QueueAll(domain);
        Worker.JoinAll(Worker.StartMany(3, _ => domain.Dispose()));
        domain.Dispose();
        Assert.Equal(12, Forms.Reclaimed(domain));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_disposal_every_member_throws_and_the_caller_keeps_what_it_has(bool used)
    {
        using FlaggedBlocks blocks = new(2);
        RcuDomain domain = Domains.New();
        if (used)
        {
            Forms.QueueAll(domain);
        }

        GracePeriodState state = domain.GetState();
        domain.Dispose();
        foreach (Action call in MembersOf(domain, state, blocks, TestContext.Current.CancellationToken))
        {
            Assert.Throws<ObjectDisposedException>(call);
            Assert.Throws<ObjectDisposedException>(() => Worker.Run(call)); // a thread the domain has never seen
        }

        foreach (Form form in Enum.GetValues<Form>())
        {
            Assert.Throws<ObjectDisposedException>(() => Forms.Queue(domain, form));
        }

        blocks.MustBeFreedOnce(0);
        Assert.False(domain.IsReadLockHeld);
        Assert.Equal(used ? 12 : 0, Forms.Queued(domain));
        Assert.Equal(0, Forms.Waiting(domain));
    }

    [Fact]
    public void Threads_with_open_pages_are_refused_too()
    {
        RcuDomain domain = Domains.New();
        using Barrier step = new(2);
        using Worker worker = Worker.Start(() =>
        {
            Forms.QueueAll(domain);
            Assert.True(step.SignalAndWait(Until.Bound, TestContext.Current.CancellationToken));
            Assert.True(step.SignalAndWait(Until.Bound, TestContext.Current.CancellationToken));
            foreach (Form form in Enum.GetValues<Form>())
            {
                for (int i = 0; i < 3; i++)
                {
                    Assert.Throws<ObjectDisposedException>(() => Forms.Queue(domain, form));
                }
            }
        });
        Assert.True(step.SignalAndWait(Until.Bound, TestContext.Current.CancellationToken));
        domain.Dispose();
        Assert.True(step.SignalAndWait(Until.Bound, TestContext.Current.CancellationToken));
        worker.Join();
        Assert.Equal((12, 12), (Forms.Queued(domain), Forms.Reclaimed(domain)));
    }

    [Fact]
    public void A_callback_that_queues_itself_again_ends_with_the_exception_inside_it()
    {
        RcuDomain domain = Domains.New();
        Exception? seen = null;
        int rounds = 0;
        void Repost()
        {
            rounds++;
            seen = Record.Exception(() => domain.Call(Repost));
        }

        domain.Call(Repost);
        Until.True(() => Volatile.Read(ref rounds) > 3);
        Assert.Null(seen);
        Worker.Run(domain.Dispose);
        Assert.IsType<ObjectDisposedException>(seen);
        Assert.Equal(
            (rounds, rounds), (domain.GetStatistics().CallbacksQueued, domain.GetStatistics().CallbacksInvoked));
    }

    [Fact]
    public void Disposal_inside_a_section_or_online_throws_and_the_domain_lives_on()
    {
        using RcuDomain domain = Domains.New();
        using (ReadGuard guard = domain.ReadLock())
        {
            Assert.Throws<InvalidOperationException>(domain.Dispose);
        }

        using (RcuReader reader = domain.RegisterReader())
        {
            reader.GoOnline();
            Assert.Throws<InvalidOperationException>(domain.Dispose);
        }

        Forms.QueueAll(domain);
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public void The_default_domain_refuses()
    {
        Assert.Throws<InvalidOperationException>(Rcu.DefaultDomain.Dispose);
        Rcu.Synchronize();
    }

    [Fact]
    public void Disposal_waits_for_a_section_that_holds_blocks_up()
    {
        RcuDomain domain = Domains.New();
        ParkedReader reader = new(domain);
        Forms.QueueAll(domain);
        Worker disposer = Worker.Start(domain.Dispose);
        Until.True(() => disposer.IsWaiting || disposer.HasEnded);
        Assert.False(disposer.HasEnded);
        Assert.Equal(12, Forms.Waiting(domain));
        reader.Release();
        disposer.Join();
        Assert.Equal(12, Forms.Reclaimed(domain));
    }

    [Fact]
    public void Sections_that_are_open_elsewhere_end_harmlessly_afterwards()
    {
        RcuDomain domain = Domains.New();
        ParkedReader[] readers = [.. Enum.GetValues<ParkedReaderKind>().Select(kind => new ParkedReader(domain, kind))];
        Worker.Run(domain.Dispose); // Nothing is queued, so nothing is waited for.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        foreach (ParkedReader reader in readers)
        {
            reader.Release();
        }
    }

    [Fact]
    public void A_poll_that_nobody_answered_does_not_hold_disposal_up()
    {
        RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        domain.StartPoll();
        Task waiter = domain.SynchronizeAsync(TestContext.Current.CancellationToken).AsTask();
        using Worker disposer = Worker.Start(domain.Dispose);
        bool ended = SpinWait.SpinUntil(() => disposer.HasEnded, TimeSpan.FromSeconds(5));
        reader.Release();
        disposer.Join();
        Assert.True(ended, "Disposal waited for a section although nothing was queued.");
        Assert.IsType<ObjectDisposedException>(Record.Exception(waiter.GetAwaiter().GetResult));
    }

    private static Action[] MembersOf(
        RcuDomain domain, GracePeriodState state, FlaggedBlocks blocks, CancellationToken cancellation) =>
    [
        () => domain.ReadLock().Dispose(),
        () => domain.RegisterReader().Dispose(),
        domain.Synchronize,
        () => domain.SynchronizeAsync(cancellation).AsTask(),
        () => domain.GetState(),
        () => domain.StartPoll(),
        () => domain.Poll(state),
        () => domain.Poll(default),
        () => domain.CondSynchronize(state),
        domain.Barrier,
        () => domain.BarrierAsync(cancellation).AsTask(),
        domain.BarrierCallbacks,
        () => domain.Call(&blocks[0]->Head, &FlaggingHeap.Callback),
        () => domain.Call(static () => Assert.Fail()),
        () => domain.Call(0, static _ => Assert.Fail()),
        () => domain.Free(blocks[0]),
        () => domain.Free(blocks[0], &blocks[0]->Head),
        () => domain.Free<FlaggingHeap>(blocks[0]),
        () => domain.Free<FlaggingHeap>(blocks[0], &blocks[0]->Head),
        () => domain.FreeBulk([(nint)blocks[0], (nint)blocks[1]]),
        () => domain.Dispose(new MemoryStream()),
        () => domain.Return(ArrayPool<byte>.Shared, new byte[16]),
    ];
}
