using System.Collections.Concurrent;
using Quiescent.Ordering;
using Quiescent.Reclamation;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Modules;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// The barrier for what any thread may free.
public sealed class BarrierBlocksTests
{
    [Theory]
    [MemberData(nameof(Forms.Trivial), MemberType = typeof(Forms))]
    public void It_covers_each_form_in_partial_and_in_full_pages(Form form)
    {
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMinutes(1) });
        long expected = 0;
        foreach (int count in (int[])[1, 2, 506, 508, 1, 1_000])
        {
            for (int i = 0; i < count; i++)
            {
                Forms.Queue(domain, form);
            }

            Worker.Run(domain.BarrierBlocks);
            expected += count;
            Assert.Equal(expected, Forms.Reclaimed(domain));
        }
    }

    // Fault caught: a barrier that waits until the reclaimer has come by.
    [Theory]
    [MemberData(nameof(Forms.Trivial), MemberType = typeof(Forms))]
    public async Task It_does_not_wait_for_a_callback_that_does_not_return(Form form)
    {
        using RcuDomain domain = Domains.New();
        using BusyReclaimer busy = new(domain);
        Queue(domain, form);
        Worker.Run(domain.BarrierBlocks);
        Assert.Equal(0, domain.GetStatistics().BlocksWaiting);
        Queue(domain, form);
        await domain.BarrierBlocksAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, domain.GetStatistics().BlocksWaiting);
        Assert.Equal(1, domain.GetStatistics().CallbacksWaiting);
    }

    [Theory]
    [MemberData(nameof(Forms.Code), MemberType = typeof(Forms))]
    public async Task It_does_not_wait_for_what_runs_code(Form form)
    {
        using RcuDomain domain = Domains.New();
        using BusyReclaimer busy = new(domain);
        Queue(domain, form);
        Worker.Run(domain.BarrierBlocks);
        await domain.BarrierBlocksAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, Forms.Waiting(domain));
    }

    [Fact]
    public async Task It_does_not_wait_for_the_task_of_an_asynchronous_callback()
    {
        using RcuDomain domain = Domains.New();
        TaskCompletionSource source = new();
        domain.Call(() => new ValueTask(source.Task));
        Until.True(() => domain.GetStatistics().CallbacksPending == 1);
        Forms.Queue(domain, Form.Headless);
        domain.BarrierBlocks();
        await domain.BarrierBlocksAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, domain.GetStatistics().BlocksWaiting);
        source.SetResult();
    }

    [Fact]
    public void It_waits_for_a_grace_period()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Forms.Queue(domain, Form.Headless);
        using Worker waiter = Worker.Start(domain.BarrierBlocks);
        Task async = domain.BarrierBlocksAsync(TestContext.Current.CancellationToken).AsTask();
        Until.True(() => waiter.IsWaiting || waiter.HasEnded);
        Assert.False(waiter.HasEnded || async.IsCompleted);
        reader.Release();
        waiter.Join();
        Until.Done(async);
    }

    // Fault caught: a report that says that barriers wait for the callback, by one that does not.
    [Fact]
    public void Its_wait_reports_the_reader_in_the_way_and_no_callback()
    {
        using RcuDomain domain = new(new RcuDomainOptions { StallTimeout = TimeSpan.FromMilliseconds(5) });
        ConcurrentQueue<StallEventArgs> reports = [];
        using BusyReclaimer busy = new(domain);
        domain.Stalled += (_, stall) => reports.Enqueue(stall);
        using ParkedReader reader = new(domain);
        Forms.Queue(domain, Form.Headless);
        Task async = domain.BarrierBlocksAsync(TestContext.Current.CancellationToken).AsTask();
        Until.True(() => reports.Count >= 2); // By the pool thread that helps.
        using Worker waiter = Worker.Start(domain.BarrierBlocks);
        Until.True(() => reports.Count >= 6);
        reader.Release();
        waiter.Join();
        Until.Done(async);
        Assert.All(reports, report => Assert.Equal(StallKind.Reader, report.Kind));
    }

    [Fact]
    public void For_nothing_it_starts_no_grace_period_and_no_thread()
    {
        using RcuDomain domain = Domains.New();
        domain.BarrierBlocks();
        Assert.True(domain.BarrierBlocksAsync(TestContext.Current.CancellationToken).AsTask().IsCompletedSuccessfully);
        Assert.Equal(0, domain.GetStatistics().GracePeriodsStarted);
        Assert.Null(Inside.ReclaimerThread(domain));
    }

    [Fact]
    public void It_throws_inside_a_section_in_a_callback_and_after_disposal()
    {
        RcuDomain domain = Domains.New();
        using (ReadGuard guard = domain.ReadLock())
        {
            Assert.Throws<InvalidOperationException>(domain.BarrierBlocks);
        }

        Exception? thrown = null;
        domain.Call(() => thrown = Record.Exception(domain.BarrierBlocks));
        domain.Barrier();
        Assert.IsType<InvalidOperationException>(thrown);
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(domain.BarrierBlocks);
        Assert.Throws<ObjectDisposedException>(
            () => { _ = domain.BarrierBlocksAsync(CancellationToken.None).AsTask(); });
    }

    [Fact]
    public void A_callback_may_ask_for_it_asynchronously()
    {
        using RcuDomain domain = Domains.New();
        Task? asked = null;
        domain.Call(() =>
        {
            Forms.Queue(domain, Form.Headless);
            asked = domain.BarrierBlocksAsync(CancellationToken.None).AsTask();
            Until.Done(asked); // Which no other barrier allows: this one does not wait for the callback.
        });
        domain.Barrier();
        Assert.True(asked!.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_and_nothing_else()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Forms.Queue(domain, Form.Headless);
        using CancellationTokenSource source = new();
        Task cancelled = domain.BarrierBlocksAsync(source.Token).AsTask();
        Task other = domain.BarrierBlocksAsync(TestContext.Current.CancellationToken).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.False(other.IsCompleted);
        reader.Release();
        await other;
        Assert.True(domain.BarrierBlocksAsync(source.Token).AsTask().IsCanceled);
        Until.True(() => Inside.IsIdle(domain)); // The hurry ended with the wait.
    }

    [Fact]
    public void An_interrupted_one_loses_nothing()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Forms.QueueAll(domain);
        using ManualResetEventSlim interrupted = new();
        using Worker waiter = Worker.Start(() =>
        {
            Assert.Throws<ThreadInterruptedException>(domain.BarrierBlocks);
            interrupted.Set();
            domain.BarrierBlocks();
        });
        Until.True(() => waiter.IsWaiting);
        waiter.Thread.Interrupt();
        Until.Set(interrupted);
        reader.Release();
        waiter.Join();
        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: a wait that nobody completes, once the help for it has run out of memory.
    [Theory]
    [InlineData(Failing.First)]
    [InlineData(Failing.Second)]
    [InlineData(Failing.EverySecond)]
    public void Help_that_fails_comes_again(Failing failing)
    {
        using RcuDomain domain = Domains.New();
        using BusyReclaimer busy = new(domain);
        Forms.Queue(domain, Form.Headless);
        Task task = domain.BarrierBlocksAsync(CancellationToken.None).AsTask();
        using Failures failures = new(FaultSite.Waiter, failing);
        Until.Done(task);
    }

    [Fact]
    public async Task A_disposal_completes_what_still_waits()
    {
        RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Forms.Queue(domain, Form.Headless);
        Task async = domain.BarrierBlocksAsync(TestContext.Current.CancellationToken).AsTask();
        using Worker disposal = Worker.Start(domain.Dispose);
        Until.True(() => disposal.IsWaiting);
        reader.Release();
        disposal.Join();
        await async;
    }

    // The scopes are each other's complement, so that nothing is in neither.
    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public void Each_form_is_in_one_of_the_two_halves(Form form)
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Queue(domain, form);
        DomainCore core = Inside.Core(domain);
        Assert.NotNull(BarrierTarget.Take(core, BarrierScope.Everything));
        Assert.Equal(Forms.IsCode(form), BarrierTarget.Take(core, BarrierScope.Code) is not null);
        Assert.Equal(!Forms.IsCode(form), BarrierTarget.Take(core, BarrierScope.Blocks) is not null);
        reader.Release();
    }

    private static void Queue(RcuDomain domain, Form form) => Worker.Run(() =>
    {
        for (int i = 0; i < 600; i++)
        {
            Forms.Queue(domain, form);
        }
    });
}
