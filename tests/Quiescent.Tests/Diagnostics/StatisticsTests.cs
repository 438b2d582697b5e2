using Quiescent.Ordering;
using Quiescent.Tests.Memory;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Diagnostics;

public unsafe class StatisticsTests
{
    [Fact]
    public void The_statistics_of_a_new_domain_are_zero()
    {
        using RcuDomain domain = Domains.New();
        Assert.Equal(new RcuStatistics(), domain.GetStatistics());
    }

    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void Each_form_is_counted_where_it_belongs(Form form)
    {
        using RcuDomain domain = Domains.New();
        RcuStatistics books;
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 3; i++)
            {
                Forms.Queue(domain, form);
            }

            books = RcuAssert.BooksConsistent(domain);
            Assert.Equal(Forms.IsCallback(form) ? (0, 3) : (3, 0), (books.BlocksWaiting, books.CallbacksWaiting));
        }

        books = RcuAssert.BooksBalance(domain);
        Assert.Equal(Forms.IsCallback(form) ? (0, 3) : (3, 0), (books.BlocksFreed, books.CallbacksInvoked));
        Assert.Equal(0, books.CallbacksFailed);
    }

    // Checked against counts outside the statistics: no reading shows more items reclaimed than the deallocators have
    // counted by a later look, nor fewer queued than callers had queued by an earlier one.
    [Fact]
    public void Every_reading_under_load_is_consistent_and_none_goes_back()
    {
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.Zero, BacklogLimit = 50_000 });
        long blocksQueued = 0;
        long callbacksQueued = 0;
        long callbacksCalled = 0;
        long freedBefore = CountingHeap.Freed;
        bool stop = false;
        int readings = 0;
        using Worker poller = Worker.Start(() =>
        {
            RcuStatistics last = new();
            while (!Volatile.Read(ref stop))
            {
                long blocks = Volatile.Read(ref blocksQueued);
                long callbacks = Volatile.Read(ref callbacksQueued);
                RcuStatistics now = RcuAssert.BooksConsistent(domain);
                Assert.True(now.BlocksQueued >= Math.Max(blocks, last.BlocksQueued), $"{last} {now}");
                Assert.True(now.CallbacksQueued >= Math.Max(callbacks, last.CallbacksQueued), $"{last} {now}");
                Assert.True(
                    now.BlocksFreed >= last.BlocksFreed && now.CallbacksInvoked >= last.CallbacksInvoked,
                    $"{last} {now}");
                Assert.True(now.BlocksFreed <= CountingHeap.Freed - freedBefore, $"{now}");
                Assert.True(now.CallbacksInvoked <= Volatile.Read(ref callbacksCalled), $"{now}");
                Assert.True(now.GracePeriodsCompleted >= last.GracePeriodsCompleted, $"{last} {now}");
                last = now;
                readings++;
            }
        });

        const int Threads = 3;
        const int Each = 30_000;
        Worker[] workers = Worker.StartMany(Threads, thread =>
        {
            for (int i = 0; i < Each; i++)
            {
                Forms.Queue(domain, Form.User);
                Forms.Queue(domain, Form.UserHead);
                Interlocked.Add(ref blocksQueued, 2);
                domain.Call(() => Interlocked.Increment(ref callbacksCalled));
                Interlocked.Increment(ref callbacksQueued);
            }
        });
        Worker.JoinAll(workers);
        Worker.Run(domain.Barrier);
        Volatile.Write(ref stop, true);
        poller.Join();
        Assert.True(readings > 0);

        RcuStatistics books = RcuAssert.BooksBalance(domain);
        Assert.Equal(2 * Threads * Each, books.BlocksFreed);
        Assert.Equal(2 * Threads * Each, CountingHeap.Freed - freedBefore);
        Assert.Equal(Threads * Each, books.CallbacksInvoked);
        Assert.Equal(Threads * Each, callbacksCalled);
    }

    [Fact]
    public void Durations_are_in_order()
    {
        using RcuDomain domain = Domains.New();
        for (int i = 0; i < 500; i++)
        {
            domain.Synchronize();
        }

        RcuStatistics books = domain.GetStatistics();
        GracePeriodDurations durations = books.GracePeriods;
        Assert.Equal(500, books.GracePeriodsCompleted);

        // Where no grace period needs the process-wide barrier, most take less than a TimeSpan can hold.
        Assert.True(!ProcessWideBarrier.IsReliable || durations.Min > TimeSpan.Zero, $"{durations}");
        Assert.True(
            durations.Min <= durations.P50 && durations.P50 <= durations.P99 && durations.P99 <= durations.Max,
            $"{durations}");
        Assert.InRange(durations.Mean, durations.Min, durations.Max);
    }

    [Fact]
    public void Pages_in_use_fall_back_after_a_flood()
    {
        using RcuDomain domain = new(new RcuDomainOptions { BacklogPolicy = BacklogPolicy.None });
        using (new ParkedReader(domain))
        {
            for (int i = 0; i < 100_000; i++)
            {
                domain.Free(Forms.NewBlock(16));
            }

            Assert.InRange(domain.GetStatistics().PagesInUse, 100_000 / 508, (100_000 / 508) + 1);
        }

        Assert.InRange(RcuAssert.BooksBalance(domain).PagesInUse, 0, 1);
    }

    [Fact]
    public void The_statistics_can_be_read_after_disposal()
    {
        RcuDomain domain = Domains.New();
        Forms.QueueAll(domain);
        domain.Dispose();
        RcuStatistics books = RcuAssert.BooksConsistent(domain);
        Assert.Equal((7, 7), (books.BlocksQueued, books.BlocksFreed));
        Assert.Equal((5, 5), (books.CallbacksQueued, books.CallbacksInvoked));
        Assert.Equal(0, books.PagesInUse);
        Assert.False(domain.IsReadLockHeld);
    }
}
