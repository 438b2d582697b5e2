using Quiescent.Tests.Support;

namespace Quiescent.Tests.GracePeriods;

public sealed class SynchronizeTests
{
    public static MatrixTheoryData<ReadSideBarrier, ParkedReaderKind> AllReaders =>
        new(Enum.GetValues<ReadSideBarrier>(), Enum.GetValues<ParkedReaderKind>());

    [Theory]
    [MemberData(nameof(AllReaders))]
    public void Synchronize_waits_for_a_section_opened_before(ReadSideBarrier readSide, ParkedReaderKind kind)
    {
        using RcuDomain domain = Domains.New(readSide);
        using ParkedReader reader = new(domain, kind);
        using Worker synchronizer = Progress.StartSynchronize(domain);
        Progress.MustBeHeldUp(domain);
        Assert.False(synchronizer.HasEnded);
        reader.Release();
        synchronizer.Join();
    }

    // Fault caught: waiting until all slots are quiescent at one time, which overlapping readers need never be.
    [Theory]
    [MemberData(nameof(AllReaders))]
    public void Synchronize_does_not_wait_for_a_section_opened_after_it_started(
        ReadSideBarrier readSide, ParkedReaderKind kind)
    {
        using RcuDomain domain = Domains.New(readSide);
        ParkedReader before = new(domain, kind, "before");
        using Worker synchronizer = Progress.StartSynchronize(domain);
        using ParkedReader after = new(domain, kind, "after");
        before.Release();
        synchronizer.Join();
        Progress.MustBeHeldUp(domain);
    }

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void Readers_that_never_pause_do_not_block_it(ReadSideBarrier readSide)
    {
        using RcuDomain domain = Domains.New(readSide);
        int stop = 0;
        using CountdownEvent running = new(3);
        Worker[] readers = Worker.StartMany(3, n =>
        {
            using RcuReader reader = domain.RegisterReader();
            running.Signal();
            while (Volatile.Read(ref stop) == 0)
            {
                if (n == 0)
                {
                    domain.ReadLock().Dispose();
                }
                else if (n == 1)
                {
                    reader.ReadLock().Dispose();
                }
                else
                {
                    reader.GoOnline();
                    reader.QuiescentState();
                }
            }
        });
        Until.True(() => running.IsSet);
        using (Worker synchronizer = Worker.Start(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                domain.Synchronize();
            }
        }))
        {
            synchronizer.Join();
        }

        Volatile.Write(ref stop, 1);
        Worker.JoinAll(readers);
        Assert.True(domain.GetStatistics().GracePeriodsCompleted >= 50);
    }

    // Fault caught: a grace period for each caller.
    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void Sixty_four_callers_share_a_handful_of_grace_periods(ReadSideBarrier readSide)
    {
        const int Callers = 64;
        using RcuDomain domain = Domains.New(readSide);
        long before = domain.GetStatistics().GracePeriodsCompleted;
        ParkedReader reader = new(domain);
        int calling = 0;
        Worker[] synchronizers = Worker.StartMany(Callers, _ =>
        {
            Interlocked.Increment(ref calling);
            domain.Synchronize();
        });

        // All have taken their targets: the first one's grace period, or the one after it.
        Until.True(() => Volatile.Read(ref calling) == Callers);
        foreach (Worker synchronizer in synchronizers)
        {
            Until.True(() => synchronizer.IsWaiting);
        }

        reader.Release();
        Worker.JoinAll(synchronizers);
        Assert.InRange(domain.GetStatistics().GracePeriodsCompleted - before, 1, 4);
    }

    // O9 (no thread without work): progress needs no thread, and any number of threads may drive the engine at once.
    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void Concurrent_callers_all_make_progress(ReadSideBarrier readSide)
    {
        using RcuDomain domain = Domains.New(readSide);
        Worker.JoinAll(Worker.StartMany(4, _ =>
        {
            for (int i = 0; i < 500; i++)
            {
                GracePeriodState state = domain.GetState();
                domain.Synchronize();
                Assert.True(domain.Poll(state));
                domain.ReadLock().Dispose();
            }
        }));
        RcuStatistics books = RcuAssert.BooksConsistent(domain);
        Assert.Equal(books.GracePeriodsStarted, books.GracePeriodsCompleted);
        Assert.InRange(books.GracePeriodsCompleted, 500, 2_001);
    }

    [Fact]
    public void An_interrupted_Synchronize_throws_and_the_grace_period_is_not_lost()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        bool interrupted = false;
        using Worker synchronizer = Worker.Start(() =>
            interrupted = Assert.Throws<ThreadInterruptedException>(domain.Synchronize) is not null);
        Until.True(() => domain.GetStatistics().GracePeriodsStarted == 1 && synchronizer.IsWaiting);
        synchronizer.Thread.Interrupt();
        synchronizer.Join();
        Assert.True(interrupted);
        reader.Release();
        domain.Synchronize();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Waiting_inside_a_section_throws(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        GracePeriodState passed = domain.GetState();
        domain.Synchronize();
        using (domain.ReadLock())
        {
            GracePeriodState state = domain.GetState();
            Assert.Throws<InvalidOperationException>(domain.Synchronize);
            Assert.Throws<InvalidOperationException>(domain.Barrier);
            Assert.Throws<InvalidOperationException>(() => domain.CondSynchronize(state));
            Assert.Throws<InvalidOperationException>(domain.Dispose);

            // These would not wait.
            domain.CondSynchronize(passed);
            domain.CondSynchronize(GracePeriodState.Completed);
            domain.BarrierCallbacks();
            Assert.True(domain.IsReadLockHeld);
        }

        domain.Synchronize();
    }

    [Fact]
    public void Waiting_from_a_callback_throws()
    {
        using RcuDomain domain = Domains.New();
        using RcuDomain other = Domains.New();
        Exception?[] thrown = new Exception?[5];
        using ManualResetEventSlim called = new();
        domain.Call(() =>
        {
            GracePeriodState state = domain.GetState();
            thrown[0] = Record.Exception(domain.Synchronize);
            thrown[1] = Record.Exception(domain.Barrier);
            thrown[2] = Record.Exception(() => domain.CondSynchronize(state));
            thrown[3] = Record.Exception(domain.Dispose);

            // Another domain's grace periods are none of this one's.
            thrown[4] = Record.Exception(other.Synchronize);
            called.Set();
        });
        Until.Set(called);
        Assert.All(thrown[..4], exception => Assert.IsType<InvalidOperationException>(exception));
        Assert.Null(thrown[4]);
        Assert.Equal(0, RcuAssert.BooksBalance(domain).CallbacksFailed);
    }

    [Fact]
    public void A_disposed_domain_throws()
    {
        RcuDomain domain = Domains.New();
        GracePeriodState state = domain.GetState();
        domain.Dispose();
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(domain.Synchronize);
        Assert.Throws<ObjectDisposedException>(() => domain.GetState());
        Assert.Throws<ObjectDisposedException>(() => domain.StartPoll());
        Assert.Throws<ObjectDisposedException>(() => domain.Poll(state));
        Assert.Throws<ObjectDisposedException>(() => domain.CondSynchronize(state));
        domain.GetStatistics();
    }
}
