using System.Collections.Concurrent;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Readers;

// O6 (dead threads hold nothing up): a thread that ended inside a section can dereference nothing any more. It is
// reported, and grace periods go on.
public sealed class AbandonedReaderTests
{
    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric, false)]
    [InlineData(ReadSideBarrier.Full, false)]
    [InlineData(ReadSideBarrier.Asymmetric, true)]
    public void A_thread_that_ends_inside_a_section_is_reported_once_and_the_grace_period_goes_on(
        ReadSideBarrier readSide, bool validate)
    {
        using RcuDomain domain = Domains.New(readSide, validate, "the domain");
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        (int managedId, ulong osId) = EndInside(domain, () =>
        {
            _ = domain.ReadLock();
            _ = domain.ReadLock();
        });

        domain.Synchronize();
        domain.Synchronize();
        Worker.Run(() => domain.ReadLock().Dispose());
        domain.Synchronize();

        ReaderAbandonedEventArgs report = Assert.Single(reports);
        Assert.Equal("the domain", report.DomainName);
        Assert.Equal("left inside", report.ThreadName);
        Assert.Equal(managedId, report.ManagedThreadId);
        Assert.Equal(osId, report.OsThreadId);
        Assert.Equal(2, report.Depth);
        Assert.Contains("left inside", report.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, domain.GetStatistics().ReadersAbandoned);
    }

    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public void A_thread_that_ends_online_is_reported_and_the_grace_period_goes_on(ReadSideBarrier readSide)
    {
        using RcuDomain domain = Domains.New(readSide);
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        EndInside(domain, () => domain.RegisterReader().GoOnline());
        domain.Synchronize();

        ReaderAbandonedEventArgs report = Assert.Single(reports);
        Assert.Equal("left inside", report.ThreadName);
        Assert.Equal(1, report.Depth);
        Assert.Equal(1, domain.GetStatistics().ReadersAbandoned);
    }

    [Fact]
    public void A_thread_that_ends_registered_but_in_no_section_is_not_reported()
    {
        using RcuDomain domain = Domains.New();
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        EndInside(domain, () =>
        {
            RcuReader reader = domain.RegisterReader();
            reader.GoOnline();
            reader.ReadLock().Dispose();
            reader.GoOffline();
        });
        domain.Synchronize();
        Assert.Empty(reports);
        Assert.Equal(0, domain.GetStatistics().ReadersAbandoned);
    }

    [Fact]
    public void A_reader_that_ends_under_a_waiting_grace_period_lets_it_go_on()
    {
        using RcuDomain domain = Domains.New();
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        using ManualResetEventSlim inside = new();
        using ManualResetEventSlim end = new();
        using Worker reader = Worker.Start(
            () =>
            {
                _ = domain.ReadLock();
                inside.Set();
                Until.Set(end);
            },
            "dies under it");
        Until.Set(inside);
        using Worker synchronizer = Progress.StartSynchronize(domain);
        end.Set();
        synchronizer.Join();
        Assert.Equal("dies under it", Assert.Single(reports).ThreadName);
    }

    // Statistics count the reader, so they report it too: a count without a report would have no name.
    [Fact]
    public void A_reader_found_dead_by_a_reading_of_the_statistics_is_reported_then_and_once()
    {
        using RcuDomain domain = Domains.New();
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        EndInside(domain, () => _ = domain.ReadLock());
        Assert.Equal(1, domain.GetStatistics().ReadersAbandoned);
        Assert.Single(reports);
        domain.Synchronize();
        Assert.Single(reports);
    }

    [Fact]
    public void Asking_for_a_grace_period_is_enough_to_have_dead_readers_reported()
    {
        using RcuDomain domain = Domains.New();
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        EndInside(domain, () => _ = domain.ReadLock());
        GracePeriodState state = domain.StartPoll();
        Until.True(() => domain.Poll(state) && !reports.IsEmpty);
        Assert.Single(reports);
    }

    // Fault caught: an asynchronous wait that is over at once, and so never reports the dead readers it released.
    [Fact]
    public void An_asynchronous_wait_reports_dead_readers_too()
    {
        using RcuDomain domain = Domains.New();
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        EndInside(domain, () => _ = domain.ReadLock());
        Until.Done(domain.SynchronizeAsync(CancellationToken.None).AsTask());
        Assert.Equal(1, domain.GetStatistics().ReadersAbandoned);
        Assert.True(
            SpinWait.SpinUntil(() => !reports.IsEmpty, TimeSpan.FromSeconds(5)), "The dead reader is not reported.");
    }

    [Fact]
    public void Dispose_reports_readers_that_nobody_waited_for()
    {
        RcuDomain domain = Domains.New();
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        EndInside(domain, () => _ = domain.ReadLock());
        domain.Dispose();
        Assert.Single(reports);
        Assert.Equal(1, domain.GetStatistics().ReadersAbandoned);
    }

    [Fact]
    public void A_handler_that_throws_keeps_neither_the_other_handlers_nor_the_grace_period_from_going_on()
    {
        using RcuDomain domain = Domains.New();
        domain.ReaderAbandoned += (_, _) => throw new InvalidTimeZoneException("a handler's own trouble");
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = Watch(domain);
        EndInside(domain, () => _ = domain.ReadLock());
        domain.Synchronize();
        Assert.Single(reports);
    }

    [Fact]
    public void A_handler_may_use_the_domain()
    {
        using RcuDomain domain = Domains.New();
        int handled = 0;
        domain.ReaderAbandoned += (sender, _) =>
        {
            RcuDomain raiser = Assert.IsType<RcuDomain>(sender);
            raiser.ReadLock().Dispose();
            raiser.Synchronize();
            raiser.GetStatistics();
            handled++;
        };
        EndInside(domain, () => _ = domain.ReadLock());
        domain.Synchronize();
        Assert.Equal(1, handled);
    }

    private static ConcurrentQueue<ReaderAbandonedEventArgs> Watch(RcuDomain domain)
    {
        ConcurrentQueue<ReaderAbandonedEventArgs> reports = new();
        domain.ReaderAbandoned += (sender, e) =>
        {
            Assert.Same(domain, sender);
            reports.Enqueue(e);
        };
        return reports;
    }

    private static (int ManagedId, ulong OsId) EndInside(RcuDomain domain, Action enter)
    {
        int managedId = 0;
        ulong osId = 0;
        Worker.Run(
            () =>
            {
                managedId = Environment.CurrentManagedThreadId;
                osId = OsThread.CurrentId();
                enter();
            },
            "left inside");
        return (managedId, osId);
    }
}
