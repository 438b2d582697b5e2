using System.Runtime;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// Threads come and go: slots are found again without hooks at thread exit, finalizers or collections.
public sealed class ThreadTests
{
    // Fault caught: slots given back by a finalizer, or not at all. Every dead thread's object is kept alive here.
    [Fact]
    [Trait("Category", "Slow")]
    public void Ten_thousand_threads_that_come_and_go_leave_as_many_slots_as_there_were_at_one_time()
    {
        const int Batches = 625;
        const int Batch = 16;
        using RcuDomain domain = Domains.New();
        List<Worker> ended = [];
        bool withoutCollections = GC.TryStartNoGCRegion(64 * 1024 * 1024);
        for (int i = 0; i < Batches; i++)
        {
            using Barrier allInside = new(Batch);
            Worker[] workers = Worker.StartMany(Batch, _ =>
            {
                using ReadGuard guard = domain.ReadLock();
                Assert.True(DeliberateWait.Run(() => allInside.SignalAndWait(Until.Bound)));
            });
            Worker.JoinAll(workers);
            ended.AddRange(workers);
        }

        RcuStatistics books = domain.GetStatistics();
        if (withoutCollections && GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();
        }

        Assert.Equal(Batches * Batch, ended.Count);
        Assert.Equal(Batch, books.ReaderSlots);
        Assert.Equal(0, books.ReaderSlotsInUse);
        Assert.Equal(0, books.ReadersAbandoned);
        domain.Synchronize();
    }

    // Fault caught: a fixed table of readers, or a scan that stops at the first chunk's end.
    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void Any_one_of_three_hundred_readers_holds_grace_periods_up(ReadSideBarrier readSide)
    {
        const int Count = 300;
        using RcuDomain domain = Domains.New(readSide);
        using CountdownEvent inside = new(Count);
        ManualResetEventSlim[] release = [.. Enumerable.Range(0, Count).Select(_ => new ManualResetEventSlim())];
        Worker[] readers = Worker.StartMany(Count, i =>
        {
            using ReadGuard guard = domain.ReadLock();
            inside.Signal();
            Until.Set(release[i]);
        });
        Until.True(() => inside.IsSet);

        RcuStatistics books = domain.GetStatistics();
        Assert.Equal(Count, books.ReaderSlots);
        Assert.Equal(Count, books.ReaderSlotsInUse);

        int[] lasting = [299, 250, 130, 64, 7, 0];
        for (int i = 0; i < Count; i++)
        {
            if (!lasting.Contains(i))
            {
                release[i].Set();
                readers[i].Join();
            }
        }

        foreach (int i in lasting)
        {
            Progress.MustBeHeldUp(domain);
            release[i].Set();
            readers[i].Join();
        }

        domain.Synchronize();
        Assert.Equal(0, domain.GetStatistics().ReaderSlotsInUse);
    }

    [Fact]
    public void A_thread_has_one_slot_in_a_domain_however_it_came_by_it()
    {
        using RcuDomain domain = Domains.New();
        domain.Synchronize();
        Assert.Equal(0, domain.GetStatistics().ReaderSlots);
        Worker.Run(() =>
        {
            domain.ReadLock().Dispose();
            using RcuReader first = domain.RegisterReader();
            using RcuReader second = domain.RegisterReader();
            domain.ReadLock().Dispose();
            Assert.Equal(1, domain.GetStatistics().ReaderSlots);
            Assert.Equal(1, domain.GetStatistics().ReaderSlotsInUse);
        });
        Assert.Equal(0, domain.GetStatistics().ReaderSlotsInUse);
    }

    // Fault caught: a slot that keeps the reader flags or announcement of its last owner.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_next_owner_of_an_abandoned_slot_starts_afresh(bool validate)
    {
        using RcuDomain domain = Domains.New(validate: validate);
        Worker.Run(() =>
        {
            RcuReader reader = domain.RegisterReader();
            reader.GoOnline();
            _ = domain.ReadLock();
            _ = domain.ReadLock();
        });
        domain.Synchronize();

        Worker.Run(() =>
        {
            using RcuReader reader = domain.RegisterReader();
            Assert.False(domain.IsReadLockHeld);
            domain.Synchronize();
            reader.QuiescentState();
            domain.Synchronize();
            using (reader.ReadLock())
            {
                Progress.MustBeHeldUp(domain);
            }

            domain.Synchronize();
        });
        Assert.Equal(1, domain.GetStatistics().ReaderSlots);
        Assert.Equal(1, domain.GetStatistics().ReadersAbandoned);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Threads_that_register_and_die_while_grace_periods_run_are_all_seen()
    {
        using RcuDomain domain = Domains.New();
        int stop = 0;
        using Worker synchronizer = Worker.Start(() =>
        {
            while (Volatile.Read(ref stop) == 0)
            {
                domain.Synchronize();
            }
        });

        for (int i = 0; i < 50; i++)
        {
            Worker.JoinAll(Worker.StartMany(8, n =>
            {
                if (n % 2 == 0)
                {
                    domain.ReadLock().Dispose();
                }
                else
                {
                    _ = domain.ReadLock();
                }
            }));
        }

        Volatile.Write(ref stop, 1);
        synchronizer.Join();
        domain.Synchronize();
        RcuStatistics books = domain.GetStatistics();
        Assert.Equal(200, books.ReadersAbandoned);
        Assert.InRange(books.ReaderSlots, 1, 8);
        Assert.Equal(0, books.ReaderSlotsInUse);
    }
}
