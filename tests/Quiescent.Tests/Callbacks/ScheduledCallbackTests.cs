using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

// RcuDomainOptions.CallbackScheduler: the scheduler runs the delegates, and the domain waits for them.
public sealed class ScheduledCallbackTests
{
    public enum Kind
    {
        Action,
        State,
        Async,
        AsyncState,
    }

    public static TheoryData<Kind> Kinds => [.. Enum.GetValues<Kind>()];

    // Faults caught: a callback on the reclaimer; a barrier that does not wait for it.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_scheduler_runs_it_and_barriers_wait_for_it(Kind kind)
    {
        ConcurrentExclusiveSchedulerPair pair = new();
        using RcuDomain domain = New(pair.ExclusiveScheduler);
        List<(int Number, TaskScheduler Scheduler, bool IsOnReclaimer)> seen = [];
        for (int i = 0; i < 50; i++)
        {
            int number = i;
            Call(domain, kind, () => seen.Add((number, TaskScheduler.Current, Inside.IsOnReclaimer)));
        }

        domain.Barrier();
        Assert.Equal(Enumerable.Range(0, 50), seen.Select(static each => each.Number));
        Assert.All(seen, each => Assert.Equal((pair.ExclusiveScheduler, false), (each.Scheduler, each.IsOnReclaimer)));
        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: a callback that is stuck and holds the reclaimer.
    [Theory]
    [MemberData(nameof(Kinds))]
    public void One_that_does_not_return_holds_only_barriers_up(Kind kind)
    {
        using ManualResetEventSlim mayReturn = new();
        using RcuDomain domain = New(TaskScheduler.Default);
        Call(domain, kind, () => Until.Set(mayReturn));
        Until.True(() => domain.GetStatistics().CallbacksPending == 1);
        Forms.Queue(domain, Form.User);
        Until.True(() => Forms.Waiting(domain) == 0);
        Task barrier = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(barrier.IsCompleted);
        mayReturn.Set();
        Until.Done(barrier);
        Assert.Equal(0, domain.GetStatistics().CallbacksPending);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_it_throws_is_reported(Kind kind)
    {
        using RcuDomain domain = New(TaskScheduler.Default);
        Exception? failed = null;
        domain.CallbackFailed += (_, failure) => failed = failure.Exception;
        Call(domain, kind, static () => throw new InvalidDataException("on the scheduler"));
        domain.Barrier();
        Assert.Equal("on the scheduler", Assert.IsType<InvalidDataException>(failed).Message);
        Assert.Equal(1, domain.GetStatistics().CallbacksFailed);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_scheduler_that_refuses_makes_it_fail(Kind kind)
    {
        using RcuDomain domain = New(new RefusingScheduler());
        Exception? failed = null;
        domain.CallbackFailed += (_, failure) => failed = failure.Exception;
        Call(domain, kind, static () => { });
        domain.Barrier();
        Assert.IsType<TaskSchedulerException>(failed);
    }

    private static RcuDomain New(TaskScheduler scheduler) =>
        new(new RcuDomainOptions { CallbackScheduler = scheduler });

    private static void Call(RcuDomain domain, Kind kind, Action run)
    {
        switch (kind)
        {
            case Kind.Action:
                domain.Call(run);
                break;
            case Kind.State:
                domain.Call(run, static run => run());
                break;
            case Kind.Async:
                domain.Call(async () =>
                {
                    run();
                    await Task.Yield();
                });
                break;
            default:
                domain.Call(run, static async run =>
                {
                    run();
                    await Task.Yield();
                });
                break;
        }
    }

    private sealed class RefusingScheduler : TaskScheduler
    {
        protected override IEnumerable<Task> GetScheduledTasks() => [];

        protected override void QueueTask(Task task) => throw new InvalidOperationException("No more tasks.");

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;
    }
}
