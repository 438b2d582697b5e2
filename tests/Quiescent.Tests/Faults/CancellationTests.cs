using System.Runtime.CompilerServices;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Faults;

// Cancelling a wait ends that wait and nothing else, and leaves nothing behind: no waiter for the reclaimer to serve,
// no registration in the token.
public sealed class CancellationTests
{
    private const int Waits = 300;

    public static TheoryData<bool> SynchronizeOrBarrier => [true, false];

    // Faults caught: a cancelled waiter that stays in the list and keeps the reclaimer awake; one that takes another
    // waiter with it.
    [Theory]
    [MemberData(nameof(SynchronizeOrBarrier))]
    public void Cancelled_waits_among_many_end_at_once_and_the_others_when_it_is_time(bool synchronize)
    {
        using RcuDomain domain = Domains.New();
        Account account = new(domain);
        using CancellationTokenSource source = new();
        using CancellationTokenSource never = new();
        ParkedReader reader = new(domain);
        account.TryQueue(Form.Delegate);
        Task[] cancelled = [.. Enumerable.Range(0, Waits).Select(_ => Wait(domain, synchronize, source.Token))];
        Task[] others = [.. Enumerable.Range(0, Waits).Select(_ => Wait(domain, synchronize, never.Token))];
        source.Cancel();
        Assert.All(cancelled, static task => Assert.True(task.IsCanceled));
        Assert.All(others, static task => Assert.False(task.IsCompleted));
        account.MustBalance();
        reader.Release();
        Until.Done(Task.WhenAll(others));
        Until.True(() => !Inside.Waiters(domain).Any);
        Until.True(() => Inside.IsIdle(domain));
        never.Cancel();
        Assert.All(others, static task => Assert.True(task.IsCompletedSuccessfully));
        account.MustBeCleared();
    }

    // Fault caught: a grace period or barrier that is given up because its caller no longer waits.
    [Theory]
    [MemberData(nameof(SynchronizeOrBarrier))]
    public void When_all_waits_are_cancelled_the_reclaimer_rests_and_loses_nothing(bool synchronize)
    {
        using RcuDomain domain = Domains.New();
        Account account = new(domain);
        using CancellationTokenSource source = new();
        using (new ParkedReader(domain))
        {
            account.TryQueue(Form.Delegate);
            Task[] waits = [.. Enumerable.Range(0, Waits).Select(_ => Wait(domain, synchronize, source.Token))];
            source.Cancel();
            Assert.All(waits, static task => Assert.True(task.IsCanceled));

            // While the reader is still inside: they are forgotten before the grace period has passed.
            Until.True(() => !Inside.Waiters(domain).Any);
            account.MustBalance();
        }

        Until.True(() => Inside.Walk(domain) == (0, 0, 0));
        Until.True(() => Inside.IsIdle(domain));
        account.MustBeCleared();
    }

    // Fault caught: a race of completion and cancellation that completes a wait twice, or never.
    [Theory]
    [MemberData(nameof(SynchronizeOrBarrier))]
    public void A_wait_that_ends_while_it_is_cancelled_ends_one_way_or_the_other(bool synchronize)
    {
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.Zero });
        Account account = new(domain);
        for (int i = 0; i < Waits; i++)
        {
            using CancellationTokenSource source = new();
            ParkedReader reader = new(domain);
            account.TryQueue((Form)(i % 12));
            Task task = Wait(domain, synchronize, source.Token);
            Worker canceller = Worker.Start(source.Cancel);
            reader.Release();
            canceller.Join();
            Until.True(() => task.IsCompleted);
            Assert.False(task.IsFaulted);
        }

        domain.Barrier();
        account.MustBeCleared();
        Until.True(() => !Inside.Waiters(domain).Any);
        Until.True(() => Inside.IsIdle(domain));
    }

    // Fault caught: a waiters' lock held while a wait is cancelled by the very thread that serves the waiters.
    [Theory]
    [MemberData(nameof(SynchronizeOrBarrier))]
    public void A_callback_may_cancel_waits(bool synchronize)
    {
        using RcuDomain domain = Domains.New();
        using RcuDomain awaited = Domains.New();
        using CancellationTokenSource source = new();
        using ParkedReader reader = new(awaited);
        awaited.Call(static () => { });
        Task[] waits = [.. Enumerable.Range(0, Waits).Select(_ => Wait(awaited, synchronize, source.Token))];
        Task own = domain.SynchronizeAsync(source.Token).AsTask();
        domain.Call(source.Cancel);
        domain.Barrier();
        Assert.All(waits, static task => Assert.True(task.IsCanceled));
        Assert.True(own.IsCompleted);
        Assert.Equal(0, domain.GetStatistics().CallbacksFailed);
        Until.True(() => !Inside.Waiters(awaited).Any);
    }

    // Fault caught: a long-lived token that keeps every wait that was ever made with it.
    [Theory]
    [MemberData(nameof(SynchronizeOrBarrier))]
    public void A_wait_that_is_over_is_not_kept_by_its_token(bool synchronize)
    {
        using RcuDomain domain = Domains.New();
        using CancellationTokenSource source = new();
        WeakReference wait = WaitWithToken(domain, synchronize, source.Token);
        Until.True(() =>
        {
            GC.Collect();
            return !wait.IsAlive;
        });
        Assert.False(source.IsCancellationRequested);
    }

    // Fault caught: the same for waits that a disposal ended.
    [Fact]
    public void A_disposed_domain_has_ended_every_wait_and_keeps_no_waiter()
    {
        RcuDomain domain = Domains.New();
        using CancellationTokenSource source = new();
        Task wait;
        using (new ParkedReader(domain))
        {
            wait = domain.SynchronizeAsync(source.Token).AsTask();
            Worker.Run(domain.Dispose);
        }

        Assert.Throws<ObjectDisposedException>(() => Until.Done(wait));
        Assert.False(Inside.Waiters(domain).Any);
    }

    private static Task Wait(RcuDomain domain, bool synchronize, CancellationToken token) =>
        synchronize ? domain.SynchronizeAsync(token).AsTask() : domain.BarrierAsync(token).AsTask();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference WaitWithToken(RcuDomain domain, bool synchronize, CancellationToken token)
    {
        ParkedReader reader = new(domain);
        Forms.Queue(domain, Form.Delegate);
        Task task = Wait(domain, synchronize, token);
        Assert.False(task.IsCompleted);
        reader.Release();
        Until.Done(task);
        return new WeakReference(task);
    }
}
