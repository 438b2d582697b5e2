using System.Diagnostics;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.GracePeriods;

public sealed class SynchronizeAsyncTests
{
    [Theory]
    [InlineData(ReadSideBarrier.Asymmetric)]
    [InlineData(ReadSideBarrier.Full)]
    public async Task It_completes_when_no_reader_is_in_the_way(ReadSideBarrier readSide)
    {
        using RcuDomain domain = Domains.New(readSide);
        GracePeriodState state = domain.GetState();
        await domain.SynchronizeAsync(CancellationToken.None);
        Assert.True(domain.Poll(state));
    }

    [Theory]
    [MemberData(nameof(SynchronizeTests.AllReaders), MemberType = typeof(SynchronizeTests))]
    public void It_waits_for_a_section_opened_before(ReadSideBarrier readSide, ParkedReaderKind kind)
    {
        using RcuDomain domain = Domains.New(readSide);
        using ParkedReader reader = new(domain, kind);
        Task synchronized = domain.SynchronizeAsync(CancellationToken.None).AsTask();
        Progress.MustBeHeldUp(domain);
        Assert.False(synchronized.IsCompleted);
        reader.Release();
        Until.Done(synchronized);
    }

    [Fact]
    public void It_may_be_started_inside_a_section_and_completes_after_it()
    {
        using RcuDomain domain = Domains.New();
        Task synchronized;
        using (domain.ReadLock())
        {
            synchronized = domain.SynchronizeAsync(CancellationToken.None).AsTask();
            Assert.False(synchronized.IsCompleted);
        }

        Until.Done(synchronized);
    }

    [Fact]
    public void It_may_be_started_from_a_callback()
    {
        using RcuDomain domain = Domains.New();
        TaskCompletionSource<Task> started = new();
        domain.Call(() => started.SetResult(domain.SynchronizeAsync(CancellationToken.None).AsTask()));
        Until.Done(started.Task.Unwrap());
    }

    [Fact]
    public void A_call_with_a_cancelled_token_is_cancelled_and_starts_nothing()
    {
        using RcuDomain domain = Domains.New();
        using CancellationTokenSource cancelled = new();
        cancelled.Cancel();
        Task synchronized = domain.SynchronizeAsync(cancelled.Token).AsTask();
        Assert.True(synchronized.IsCanceled);
        Assert.Equal(0, domain.GetStatistics().GracePeriodsStarted);
    }

    [Fact]
    public void A_wait_cancelled_under_a_parked_reader_ends_at_once_and_others_go_on()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        using CancellationTokenSource source = new();
        Task cancelled = domain.SynchronizeAsync(source.Token).AsTask();
        Task other = domain.SynchronizeAsync(CancellationToken.None).AsTask();
        Assert.False(cancelled.IsCompleted);
        source.Cancel();
        OperationCanceledException e = Assert.ThrowsAny<OperationCanceledException>(() => Until.Done(cancelled));
        Assert.Equal(source.Token, e.CancellationToken);
        Progress.MustBeHeldUp(domain);
        Assert.False(other.IsCompleted);
        reader.Release();
        Until.Done(other);
        Assert.True(cancelled.IsCanceled);
    }

    [Fact]
    public async Task A_wait_that_is_over_takes_no_notice_of_its_token()
    {
        using RcuDomain domain = Domains.New();
        using CancellationTokenSource source = new();
        Task synchronized;
        using (ParkedReader reader = new(domain))
        {
            synchronized = domain.SynchronizeAsync(source.Token).AsTask();
        }

        await synchronized;
        await source.CancelAsync();
        Assert.True(synchronized.IsCompletedSuccessfully);
    }

    // Fault caught: a thread blocked for each wait.
    [Fact]
    public void A_thousand_waits_block_no_thread_and_share_a_handful_of_grace_periods()
    {
        const int Waits = 1_000;
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        int before = ThreadCount();
        Task[] all =
            [.. Enumerable.Range(0, Waits).Select(_ => domain.SynchronizeAsync(CancellationToken.None).AsTask())];
        Assert.InRange(ThreadCount() - before, -Waits, Waits / 10);
        Assert.DoesNotContain(all, task => task.IsCompleted);
        reader.Release();
        Until.Done(Task.WhenAll(all));
        Assert.InRange(domain.GetStatistics().GracePeriodsCompleted, 1, 4);
    }

    [Fact]
    public void Waits_cancelled_by_the_hundred_are_forgotten()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        for (int i = 0; i < 5; i++)
        {
            using CancellationTokenSource source = new();
            Task[] all = [.. Enumerable.Range(0, 100).Select(_ => domain.SynchronizeAsync(source.Token).AsTask())];
            source.Cancel();
            Assert.All(all, task => Assert.True(task.IsCanceled));
        }

        reader.Release();
        domain.Synchronize();
    }

    // O8 (user code and the reclaimer): code after an await must not run on the thread that everything
    // else waits for. A continuation that waits for a grace period of the same domain would throw there.
    [Fact]
    public async Task Code_after_the_await_runs_on_the_thread_pool_and_may_wait()
    {
        using RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Task followed = Follow(domain);
        Assert.False(followed.IsCompleted);
        reader.Release();
        await followed;

        static async Task Follow(RcuDomain domain)
        {
            await domain.SynchronizeAsync(CancellationToken.None).ConfigureAwait(false);
            Assert.True(Thread.CurrentThread.IsThreadPoolThread, Thread.CurrentThread.Name);
            domain.Synchronize();
            domain.Barrier();
        }
    }

    [Fact]
    public async Task Many_tasks_wait_over_and_over()
    {
        using RcuDomain domain = Domains.New();
        await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                GracePeriodState state = domain.GetState();
                await domain.SynchronizeAsync(CancellationToken.None);
                Assert.True(domain.Poll(state));
                domain.ReadLock().Dispose();
            }
        })));
        RcuAssert.BooksBalance(domain);
    }

    [Fact]
    public async Task A_disposed_domain_s_wait_faults()
    {
        RcuDomain domain = Domains.New();
        domain.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(
            async () => await domain.SynchronizeAsync(CancellationToken.None));
    }

    // Whether the grace period or the disposal ends it, a wait that was under way ends.
    [Fact]
    public void A_wait_under_way_when_the_domain_is_disposed_ends()
    {
        RcuDomain domain = Domains.New();
        Task synchronized;
        using (ParkedReader reader = new(domain))
        {
            synchronized = domain.SynchronizeAsync(CancellationToken.None).AsTask();
            using Worker disposer = Worker.Start(domain.Dispose);
            Until.True(() => Record.Exception(() => domain.GetState()) is ObjectDisposedException);
            reader.Release();
        }

        Exception? thrown = Record.Exception(() => Until.Done(synchronized));
        Assert.True(thrown is null or ObjectDisposedException, $"{thrown}");
        Assert.True(synchronized.IsCompleted);
    }

    // The domain waits for sections that hold blocks up. Nothing is queued here, and those still open end harmlessly.
    [Fact]
    public void Dispose_does_not_wait_for_a_reader_that_holds_up_nothing_but_an_asynchronous_wait()
    {
        RcuDomain domain = Domains.New();
        using ParkedReader reader = new(domain);
        Task synchronized = domain.SynchronizeAsync(CancellationToken.None).AsTask();
        Worker disposer = Worker.Start(domain.Dispose);
        bool ended = SpinWait.SpinUntil(() => disposer.HasEnded, TimeSpan.FromSeconds(2));
        reader.Release();
        disposer.Join();
        Assert.True(ended, "Dispose waits for a reader though nothing is queued.");
        Assert.Throws<ObjectDisposedException>(() => Until.Done(synchronized));
    }

    private static int ThreadCount()
    {
        using Process process = Process.GetCurrentProcess();
        return process.Threads.Count;
    }
}
