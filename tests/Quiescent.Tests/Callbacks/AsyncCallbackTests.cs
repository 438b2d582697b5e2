using System.Collections.Concurrent;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

// Callbacks that await: barriers wait for their tasks, the reclaimer and other callbacks do not.
public sealed class AsyncCallbackTests
{
    // Fault caught: an asynchronous lambda bound to Action, so that nobody waited for it, and what it threw after its
    // first await ended the process.
    [Fact]
    public void An_asynchronous_lambda_is_awaited_by_a_barrier_in_all_forms()
    {
        using RcuDomain domain = Domains.New();
        int done = 0;
        domain.Call(async () =>
        {
            await Task.Yield();
            Interlocked.Increment(ref done);
        });
        domain.Call(2, async number =>
        {
            await Task.Yield();
            Interlocked.Add(ref done, number);
        });
        domain.Barrier();
        Assert.Equal(3, done);
        Rcu.Call(async () =>
        {
            await Task.Yield();
            Interlocked.Increment(ref done);
        });
        Rcu.Call(2, async number =>
        {
            await Task.Yield();
            Interlocked.Add(ref done, number);
        });
        Rcu.BarrierCallbacks();
        Assert.Equal(6, done);
        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [InlineData(nameof(RcuDomain.Barrier))]
    [InlineData(nameof(RcuDomain.BarrierAsync))]
    [InlineData(nameof(RcuDomain.BarrierCallbacks))]
    [InlineData(nameof(RcuDomain.Dispose))]
    public void Each_barrier_waits_for_a_callback_that_is_pending_already(string barrier)
    {
        RcuDomain domain = Domains.New();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        bool isDone = false;
        domain.Call(async () =>
        {
            await gate.Task;
            Volatile.Write(ref isDone, true);
        });
        Until.True(() => domain.GetStatistics().CallbacksPending == 1);
        Assert.Equal(0, domain.GetStatistics().CallbacksWaiting);
        bool wasDone = false;
        using (Worker waiter = Worker.Start(() =>
        {
            Wait(domain, barrier);
            wasDone = Volatile.Read(ref isDone);
        }))
        {
            Until.True(() => waiter.IsWaiting || waiter.HasEnded);
            bool isEarly = waiter.HasEnded;
            gate.SetResult();
            waiter.Join();
            Assert.False(isEarly);
        }

        Assert.True(wasDone);
        domain.Dispose();
        Assert.Equal(0, domain.GetStatistics().CallbacksPending);
    }

    [Fact]
    public void Callbacks_behind_a_pending_one_run_before_it_is_done()
    {
        using RcuDomain domain = Domains.New();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ConcurrentQueue<int> order = [];
        domain.Call(async () =>
        {
            order.Enqueue(1);
            await gate.Task;
            order.Enqueue(3);
        });
        domain.Call(() => order.Enqueue(2));
        Until.True(() => order.Count == 2);
        gate.SetResult();
        domain.Barrier();
        Assert.Equal([1, 2, 3], order);
    }

    // Fault caught: a barrier that waits for whatever is pending when it looks, and so for callbacks queued after it.
    [Fact]
    public void A_barrier_does_not_wait_for_an_asynchronous_callback_queued_after_it()
    {
        using RcuDomain domain = Domains.New();
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource second = new(TaskCreationOptions.RunContinuationsAsynchronously);
        domain.Call(async () => await first.Task);
        Task barrier = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        domain.Call(async () => await second.Task);
        Until.True(() => domain.GetStatistics().CallbacksPending == 2);
        bool isEarly = barrier.IsCompleted;
        first.SetResult();
        Until.True(() => barrier.IsCompleted);
        second.SetResult();
        Assert.False(isEarly);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_failure_is_reported_before_the_barrier_returns(bool beforeTheFirstAwait)
    {
        using RcuDomain domain = Domains.New();
        ConcurrentQueue<Exception> failures = [];
        domain.CallbackFailed += (_, report) => failures.Enqueue(report.Exception);
        InvalidTimeZoneException thrown = new();
        domain.Call(async () =>
        {
            if (!beforeTheFirstAwait)
            {
                await Task.Yield();
            }

            throw thrown;
        });
        domain.Call(1, _ => beforeTheFirstAwait ? throw thrown : ValueTask.FromException(thrown));
        domain.Barrier();
        Assert.Equal([thrown, thrown], failures);
        Assert.Equal(2, RcuAssert.AllReclaimed(domain).CallbacksFailed);
    }

    // O8: the thread that completes the task may hold locks. Fault caught: handlers run in TrySetException.
    [Fact]
    public void The_handler_of_a_failure_does_not_run_on_the_thread_that_completes_the_task()
    {
        using RcuDomain domain = Domains.New();
        TaskCompletionSource gate = new();
        Thread? handler = null;
        domain.CallbackFailed += (_, _) => handler = Thread.CurrentThread;
        domain.Call(() => new ValueTask(gate.Task));
        Until.True(() => domain.GetStatistics().CallbacksPending == 1);
        Thread? completer = null;
        Worker.Run(() =>
        {
            completer = Thread.CurrentThread;
            gate.SetException(new InvalidTimeZoneException());
        });
        domain.Barrier();
        Assert.NotNull(handler);
        Assert.NotSame(completer, handler);
    }

    // Fault caught: the library's own continuation is posted to a context that the callback set, and the barrier waits
    // for ever.
    [Fact]
    public void A_synchronization_context_that_a_callback_sets_does_not_hold_up_barriers()
    {
        using RcuDomain domain = Domains.New();
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        domain.Call(() =>
        {
            SynchronizationContext.SetSynchronizationContext(new UnservedContext());
            return new ValueTask(gate.Task);
        });
        Until.True(() => domain.GetStatistics().CallbacksPending == 1);
        gate.SetResult();
        Until.True(() => domain.GetStatistics().CallbacksPending == 0);
        domain.Barrier();
    }

    [Fact]
    public void A_null_delegate_throws_and_queues_nothing()
    {
        using RcuDomain domain = Domains.New();
        Assert.Throws<ArgumentNullException>("callback", () => domain.Call((Func<ValueTask>)null!));
        Assert.Throws<ArgumentNullException>("callback", () => domain.Call(1, (Func<int, ValueTask>)null!));
        Assert.Equal(0, Forms.Queued(domain));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_callback_whose_task_does_not_complete_is_named_to_the_waiter_for_a_barrier(bool validate)
    {
        ValidateForAll.SkipRowUnless(validate);
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Validate = validate,
            StallTimeout = TimeSpan.FromMilliseconds(20),
        });
        TaskCompletionSource gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ConcurrentQueue<StallEventArgs> reports = [];
        domain.Stalled += (_, stall) => reports.Enqueue(stall);
        domain.Call(gate, StickAsync);
        Task barrier = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        Until.True(() => reports.Count >= 2);
        gate.SetResult();
        Until.Done(barrier);
        Assert.All(reports, report =>
        {
            Assert.Equal(StallKind.Reclaimer, report.Kind);
            Assert.Equal($"{typeof(AsyncCallbackTests)}.{nameof(StickAsync)}", report.Callback);
            Assert.Equal(validate, report.CallbackQueuedAt is not null);
            Assert.Null(report.ThreadName);
            Assert.Contains("whose task is not complete", report.ToString(), StringComparison.Ordinal);
        });
        Assert.True(domain.GetStatistics().Stalls >= 2);
    }

    [Fact]
    public void The_library_lets_go_of_a_delegate_once_its_task_is_complete()
    {
        using RcuDomain domain = Domains.New();
        WeakReference state = QueueState(domain);
        domain.Barrier();
        Until.True(() =>
        {
            Garbage.Collect();
            return !state.IsAlive;
        });
    }

    // Several threads queue and wait at once; each must find its own callbacks done.
    [Fact]
    public void Barriers_of_several_threads_find_their_own_callbacks_done()
    {
        const int Threads = 4;
        const int Rounds = 200;
        using RcuDomain domain = new(new RcuDomainOptions { ReclaimDelay = TimeSpan.Zero });
        int wrong = 0;
        Worker.JoinAll(Worker.StartMany(Threads, _ =>
        {
            int done = 0;
            for (int round = 1; round <= Rounds; round++)
            {
                domain.Call(async () =>
                {
                    await Task.Yield();
                    Interlocked.Increment(ref done);
                });
                domain.Barrier();
                if (Volatile.Read(ref done) != round)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        }));
        Assert.Equal(0, wrong);
        Assert.Equal(Threads * Rounds, RcuAssert.BooksBalance(domain).CallbacksInvoked);
    }

    private static async ValueTask StickAsync(TaskCompletionSource gate) => await gate.Task;

    private static WeakReference QueueState(RcuDomain domain)
    {
        object state = new();
        domain.Call(state, static async kept =>
        {
            await Task.Yield();
            GC.KeepAlive(kept);
        });
        return new WeakReference(state);
    }

    private static void Wait(RcuDomain domain, string barrier)
    {
        switch (barrier)
        {
            case nameof(RcuDomain.Barrier):
                domain.Barrier();
                break;
            case nameof(RcuDomain.BarrierAsync):
                Until.Done(domain.BarrierAsync(CancellationToken.None).AsTask());
                break;
            case nameof(RcuDomain.BarrierCallbacks):
                domain.BarrierCallbacks();
                break;
            default:
                domain.Dispose();
                break;
        }
    }

    private sealed class UnservedContext : SynchronizationContext
    {
        public override void Post(SendOrPostCallback d, object? state)
        {
        }
    }
}
