using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

public class BarrierAsyncTests
{
    [Theory]
    [MemberData(nameof(Forms.All), MemberType = typeof(Forms))]
    public async Task It_completes_when_everything_has_been_reclaimed(Form form)
    {
        // No batch is gathered for a minute while somebody waits.
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.FromMinutes(1) });
        Worker.Run(() =>
        {
            for (int i = 0; i < 600; i++)
            {
                Forms.Queue(domain, form);
            }
        });
        await domain.BarrierAsync(TestContext.Current.CancellationToken);
        Assert.Equal(600, Forms.Reclaimed(domain));
    }

    [Fact]
    public async Task It_waits_for_a_parked_reader_and_may_be_asked_for_inside_a_section()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Task? inside = null;
        Worker.Run(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            Forms.QueueAll(domain);
            inside = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        });
        Until.True(() => domain.GetStatistics().GracePeriodsStarted > 0);
        Assert.False(inside!.IsCompleted);
        reader.Release();
        await inside;
        Assert.Equal(0, Forms.Waiting(domain));
    }

    [Fact]
    public async Task Cancelling_ends_the_wait_and_nothing_else()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Forms.QueueAll(domain);
        using CancellationTokenSource source = new();
        Task cancelled = domain.BarrierAsync(source.Token).AsTask();
        Task other = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        await source.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        Assert.Equal(source.Token, thrown.CancellationToken);
        Assert.False(other.IsCompleted);
        Assert.Equal(12, Forms.Waiting(domain));
        reader.Release();
        await other;
        Assert.Equal(0, Forms.Waiting(domain));
        Until.True(() => Inside.IsIdle(domain));
    }

    [Fact]
    public void A_token_that_is_cancelled_already_begins_no_wait()
    {
        using RcuDomain domain = Domains.New();
        Assert.True(domain.BarrierAsync(new CancellationToken(canceled: true)).AsTask().IsCanceled);
        Assert.True(domain.SynchronizeAsync(new CancellationToken(canceled: true)).AsTask().IsCanceled);
        Assert.Null(Inside.ReclaimerThread(domain));
    }

    // O8 (user code runs on the reclaimer alone): a continuation that blocks must not block the reclaimer.
    [Fact]
    public void Continuations_do_not_run_on_the_reclaimer()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        bool? onReclaimer = null;
        Forms.QueueAll(domain);
        Task continuation = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask().ContinueWith(
            _ => onReclaimer = Inside.IsOnReclaimer,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        reader.Release();
        Until.Done(continuation);
        Assert.False(onReclaimer);
    }

    // Fault caught: a continuation that runs on the thread that completes the waits, before it completes the next one.
    [Fact]
    public void Continuations_that_wait_for_one_another_do_not_hold_each_other_up()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        using ManualResetEventSlim first = new();
        using ManualResetEventSlim second = new();
        Forms.QueueAll(domain);
        Task[] continuations = [Continue(first, second), Continue(second, first)];
        reader.Release();
        Until.Done(Task.WhenAll(continuations));

        Task Continue(ManualResetEventSlim own, ManualResetEventSlim other) =>
            domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask().ContinueWith(
                _ =>
                {
                    own.Set();
                    Until.Set(other);
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
    }

    [Fact]
    public async Task A_wait_that_is_under_way_completes_when_the_domain_is_disposed_of()
    {
        RcuDomain domain = Domains.New();
        Task waiter;
        using (ParkedReader reader = new(domain))
        {
            Forms.QueueAll(domain);
            waiter = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        }

        domain.Dispose();
        await waiter;
        Assert.Equal(0, Forms.Waiting(domain));
    }

    [Fact]
    public void Many_waiters_complete_together()
    {
        using RcuDomain domain = Domains.New();
        Task[] waiters;
        using (new ParkedReader(domain))
        {
            Forms.QueueAll(domain);
            waiters =
            [
                .. Enumerable.Range(0, 200)
                    .Select(_ => domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask()),
            ];
        }

        Until.Done(Task.WhenAll(waiters));
        Until.True(() => Inside.IsIdle(domain));
    }
}
