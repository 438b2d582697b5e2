using Quiescent.Ordering;
using Quiescent.Reclamation;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// What the reclaimer looks at after each pass.
public sealed class AsyncWaitersTests
{
    private const int Many = 10_000;

    // Fault caught: every pass asks every waiter, which takes a third of a core with 100,000 of them.
    [Fact]
    public void A_pass_asks_a_few_of_many_waiters_and_every_one_in_time()
    {
        using BareEngine bare = new();
        AsyncWaiters waiters = new(bare.Engine, static () => new ObjectDisposedException("test"));
        int asked = 0;
        bool isDone = false;
        Task[] tasks = [.. Enumerable.Range(0, Many).Select(_ => waiters.Add(
            () =>
            {
                asked++;
                return isDone;
            },
            CancellationToken.None).Task)];
        Assert.False(waiters.CompleteReady(onPool: false));
        Assert.InRange(asked, 1, Many / 10);
        isDone = true;
        Assert.True(waiters.CompleteReady(onPool: false));
        Until.Done(Task.WhenAll(tasks));
        Assert.False(waiters.Any);
    }

    // Fault caught: one waiter that stays hides those behind it.
    [Fact]
    public void Waiters_behind_many_that_are_not_done_complete_within_some_passes()
    {
        using BareEngine bare = new();
        AsyncWaiters waiters = new(bare.Engine, static () => new ObjectDisposedException("test"));
        for (int i = 0; i < 1_000; i++)
        {
            _ = waiters.Add(static () => false, CancellationToken.None);
        }

        Task done = waiters.Add(static () => true, CancellationToken.None).Task;
        for (int pass = 0; pass < 10; pass++)
        {
            waiters.CompleteReady(onPool: false);
        }

        Assert.True(done.IsCompletedSuccessfully);
        waiters.Close();
        Assert.False(waiters.Any);
    }

    // Fault caught: waiters in the order of their arrival. One that took its target earlier would wait for a later
    // grace period, and so for readers that may wait for it.
    [Fact]
    public void The_earlier_target_completes_first_whoever_comes_first()
    {
        using BareEngine bare = new();
        AsyncWaiters waiters = new(bare.Engine, static () => new ObjectDisposedException("test"));
        ulong earlier = bare.Engine.NextTarget();
        Assert.True(bare.Engine.TryAdvance(earlier));
        ulong later = bare.Engine.NextTarget();
        Task waitsForLater = waiters.Add(later, CancellationToken.None).Task;
        Task waitsForEarlier = waiters.Add(earlier, CancellationToken.None).Task;
        Assert.True(waiters.CompleteReady(onPool: false));
        Assert.True(waitsForEarlier.IsCompletedSuccessfully);
        Assert.False(waitsForLater.IsCompleted);
        Assert.True(bare.Engine.TryAdvance(later));
        Assert.True(waiters.CompleteReady(onPool: false));
        Assert.True(waitsForLater.IsCompletedSuccessfully);
    }

    // Fault caught: a waiter that has left its list and was not completed; whoever awaits it waits for ever.
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public void A_waiter_that_memory_ran_out_for_completes_the_next_time(bool isClosed, bool isDone)
    {
        using BareEngine bare = new();
        AsyncWaiters waiters = new(bare.Engine, static () => new ObjectDisposedException("test"));
        Task[] tasks = [.. Enumerable.Range(0, 3).Select(_ => waiters.Add(() => isDone, CancellationToken.None).Task)];
        Action complete = isClosed ? waiters.Close : () => waiters.CompleteReady(onPool: false);
        using (Failures failures = new(FaultSite.Waiter, Failing.Second))
        {
            Assert.Throws<InsufficientMemoryException>(complete);
            Assert.Single(tasks, static task => task.IsCompleted);
        }

        complete();
        Assert.False(waiters.Any);
        Assert.All(tasks, task => Assert.Equal(isDone, task.IsCompletedSuccessfully));
    }

    // Fault caught: a cancelled waiter stays in its list until its turn comes, and keeps the reclaimer awake.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_cancelled_waiter_leaves_at_once(bool hasCondition)
    {
        using BareEngine bare = new();
        AsyncWaiters waiters = new(bare.Engine, static () => new ObjectDisposedException("test"));
        using CancellationTokenSource source = new();
        Task[] tasks = [.. Enumerable.Range(0, 3).Select(_ => hasCondition
            ? waiters.Add(static () => false, source.Token).Task
            : waiters.Add(bare.Engine.NextTarget(), source.Token).Task)];
        Assert.True(waiters.Any);
        source.Cancel();
        Assert.False(waiters.Any);
        Assert.All(tasks, static task => Assert.True(task.IsCanceled));
        Assert.True(waiters.Add(static () => false, source.Token).Task.IsCanceled);
        Assert.False(waiters.Any);
    }
}
