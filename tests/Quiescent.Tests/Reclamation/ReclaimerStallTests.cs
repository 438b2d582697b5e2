using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Quiescent.Diagnostics;
using Quiescent.Queues;
using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// A callback that does not return holds up all callbacks behind it, and every barrier; no reader is to blame.
public sealed unsafe class ReclaimerStallTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(20);
    private static readonly ManualResetEventSlim s_release = new();
    private static readonly ManualResetEventSlim s_running = new();
    private static readonly Dictionary<string, string> s_names = new()
    {
        { "function", $"{typeof(ReclaimerStallTests)}.{nameof(StickFunction)}" },
        { "delegate", $"{typeof(ReclaimerStallTests)}.{nameof(Stick)}" },
        { "state", $"{typeof(ReclaimerStallTests)}.{nameof(StickWith)}" },
        { "resource", $"{typeof(StickyResource)}.Dispose" },
        { "deallocator", $"{typeof(StickyHeap)}.Free" },
        { "deallocator-head", $"{typeof(StickyHeap)}.Free" },
    };

    public ReclaimerStallTests()
    {
        s_release.Reset();
        s_running.Reset();
    }

    public static TheoryData<string, string, bool> Callbacks
    {
        get
        {
            TheoryData<string, string, bool> rows = [];
            foreach ((string kind, string name) in s_names)
            {
                rows.Add(kind, name, false);
                rows.Add(kind, name, true);
            }

            return rows;
        }
    }

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(Callbacks))]
    public void A_callback_that_does_not_return_is_named_to_the_waiter_for_a_barrier(
        string kind, string name, bool validate)
    {
        ValidateForAll.SkipRowUnless(validate);
        using RcuDomain domain = New(validate);
        using Unstick unstick = new();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        Queue(domain, kind);
        for (int i = 0; i < 3; i++)
        {
            domain.Call(static () => { });
        }

        using Worker waiter = Worker.Start(domain.BarrierCallbacks);
        Until.True(() => reports.Count >= 2);
        s_release.Set();
        waiter.Join();

        StallEventArgs[] all = [.. reports];
        for (int i = 0; i < 2; i++)
        {
            StallEventArgs report = all[i];
            Assert.Equal(StallKind.Reclaimer, report.Kind);
            Assert.Equal(name, report.Callback);
            Assert.Equal("stuck", report.DomainName);
            Assert.Equal("rcu reclaimer (stuck)", report.ThreadName);
            Assert.NotEqual(0, report.ManagedThreadId);
            Assert.Equal(i + 1, report.Reports);
            Assert.True(report.Duration >= s_timeout, $"{report}");
            Assert.Equal(validate, report.CallbackQueuedAt is not null);
            if (validate)
            {
                Assert.Matches(
                    $@"^{typeof(ReclaimerStallTests)}\.{nameof(Queue)} in .*ReclaimerStallTests\.cs:line \d+$",
                    report.CallbackQueuedAt);
                Assert.EndsWith(
                    $"    queued at {report.CallbackQueuedAt}", report.ToString(), StringComparison.Ordinal);
            }

            Assert.True(report.Backlog >= 4, $"{report}");
            Assert.StartsWith(
                "rcu: INFO: domain 'stuck' detected stall of its reclaimer for ",
                report.ToString(),
                StringComparison.Ordinal);
            Assert.Contains(
                $" by callback {name} on thread 'rcu reclaimer (stuck)'", report.ToString(), StringComparison.Ordinal);
        }

        Assert.True(all[1].Duration - all[0].Duration >= 3 * s_timeout, $"{all[0]} {all[1]}");
        Assert.Equal(all.Length, domain.GetStatistics().Stalls);
    }

    // Faults caught: the first callback of the batch named, or the last of the queue.
    [Fact]
    public void The_callback_that_runs_is_named_among_many()
    {
        using RcuDomain domain = New();
        using Unstick unstick = new();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        for (int i = 0; i < 10; i++)
        {
            domain.Call(static () => { });
            domain.Call(Allocate(), &FreeHead);
        }

        domain.Call(Stick);
        for (int i = 0; i < 10; i++)
        {
            domain.Call(Allocate(), &FreeHead);
            domain.Call(static () => { });
        }

        using Worker waiter = Worker.Start(domain.Barrier);
        Until.True(() => !reports.IsEmpty);
        s_release.Set();
        waiter.Join();
        Assert.All(reports, report => Assert.EndsWith($".{nameof(Stick)}", report.Callback, StringComparison.Ordinal));
    }

    // Fault caught: a delegate left recorded from the callback before.
    [Fact]
    public void A_function_behind_delegates_is_named_itself()
    {
        RunningCallback code = new();
        HeadQueue* queue = (HeadQueue*)NativeMemory.AllocZeroed((nuint)sizeof(HeadQueue));
        RcuHead* first = ManagedCallback.CreateHead(new ActionCallback(Stick));
        first->Word = ManagedCallback.Function;
        RcuHead second = new() { Word = (nint)(delegate*<RcuHead*, void>)&StickFunction };
        queue->Count = 2;
        code.Enter(queue);
        Assert.EndsWith($".{nameof(Stick)}", NameAfter(first), StringComparison.Ordinal);
        ManagedCallback.Discard(first);
        queue->MarkReclaimed();
        Assert.EndsWith($".{nameof(StickFunction)}", NameAfter(&second), StringComparison.Ordinal);
        NativeMemory.Free(queue);

        string NameAfter(RcuHead* head)
        {
            code.BeginCallback(head, ledger: null);
            Assert.True(code.TryRead(out (nint, long) running));
            Assert.True(code.TryDescribe(running, out string name, out _));
            return name;
        }
    }

    // Fault caught: an age counted from the batch's start, or from the reclaimer's last wake-up.
    [Fact]
    public void Callbacks_that_return_are_not_reported_however_long_their_batch_takes()
    {
        RunningCallback code = new();
        CallbackStallDetector detector = new(code, TimeSpan.FromTicks(1));
        HeadQueue* queue = (HeadQueue*)NativeMemory.AllocZeroed((nuint)sizeof(HeadQueue));
        RcuHead head = new() { Word = HeadWord.MaxOffset + 1 };
        Assert.False(detector.TryDetect(out _));
        queue->Count = 1_000;
        code.Enter(queue);
        for (int i = 0; i < 1_000; i++)
        {
            code.BeginCallback(&head, ledger: null);
            Assert.False(detector.TryDetect(out _));
            queue->MarkReclaimed();
        }

        code.BeginCallback(&head, ledger: null);
        CallbackStall stall = default;
        Until.True(() => detector.TryDetect(out stall));
        Assert.Equal(1, stall.Reports);
        Assert.Equal(1, detector.Count);
        code.Leave();
        Assert.False(detector.TryDetect(out _));
        NativeMemory.Free(queue);
    }

    [Fact]
    public void A_grace_period_is_not_held_up_by_a_callback_and_its_waiter_reports_none()
    {
        using RcuDomain domain = New();
        using Unstick unstick = new();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        domain.Call(Stick);
        domain.Call(static () => { });
        Until.Set(s_running);
        domain.Synchronize();
        Assert.Empty(reports);
        s_release.Set();
    }

    [Fact]
    public void An_awaited_barrier_has_the_stuck_reclaimer_reported_though_no_thread_waits()
    {
        using RcuDomain domain = New();
        using Unstick unstick = new();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        domain.Call(Stick);
        Task barrier = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        Until.True(() => !reports.IsEmpty);
        Assert.EndsWith($".{nameof(Stick)}", reports.First().Callback, StringComparison.Ordinal);
        s_release.Set();
        Until.Done(barrier);
    }

    [Fact]
    public void A_requested_grace_period_has_the_stuck_reclaimer_reported()
    {
        using RcuDomain domain = New();
        using Unstick unstick = new();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        domain.Call(Stick);
        Until.Set(s_running);
        GracePeriodState state = domain.StartPoll();
        Until.True(() => !reports.IsEmpty);
        s_release.Set();
        Until.True(() => domain.Poll(state));
    }

    // O8 (no lock held): Free raises no event, since the program may call it under any of its locks.
    [Theory]
    [InlineData(BacklogPolicy.Throttle)]
    [InlineData(BacklogPolicy.Block)]
    [InlineData(BacklogPolicy.Throw)]
    [InlineData(BacklogPolicy.None)]
    public void Queueing_above_the_limit_has_it_reported_by_another_thread(BacklogPolicy policy)
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Name = "stuck",
            StallTimeout = s_timeout,
            BacklogLimit = 100,
            BacklogPolicy = policy,
        });
        using Unstick unstick = new();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        int raisedOn = 0;
        domain.Stalled += (_, _) => Volatile.Write(ref raisedOn, Environment.CurrentManagedThreadId);
        domain.Call(Stick);
        Until.Set(s_running);
        using Worker producer = Worker.Start(() =>
        {
            while (reports.IsEmpty)
            {
                try
                {
                    domain.Call(static () => { });
                }
                catch (RcuBacklogException)
                {
                    Thread.Yield();
                }
            }
        });
        Until.True(() => !reports.IsEmpty);
        Assert.NotEqual(producer.Thread.ManagedThreadId, Volatile.Read(ref raisedOn));
        Assert.EndsWith($".{nameof(Stick)}", reports.First().Callback, StringComparison.Ordinal);
        s_release.Set();
    }

    private static RcuDomain New(bool validate = false) =>
        new(new RcuDomainOptions { Name = "stuck", StallTimeout = s_timeout, Validate = validate });

    private static ConcurrentQueue<StallEventArgs> Watch(RcuDomain domain)
    {
        ConcurrentQueue<StallEventArgs> reports = new();
        domain.Stalled += (_, e) => reports.Enqueue(e);
        return reports;
    }

    private static void Queue(RcuDomain domain, string kind)
    {
        switch (kind)
        {
            case "function":
                domain.Call(Allocate(), &StickFunction);
                break;
            case "delegate":
                domain.Call(Stick);
                break;
            case "state":
                domain.Call(7, StickWith);
                break;
            case "resource":
                domain.Dispose(new StickyResource());
                break;
            case "deallocator":
                domain.Free<StickyHeap>(NativeMemory.Alloc(64));
                break;
            default:
                RcuHead* head = Allocate();
                domain.Free<StickyHeap>(head, head);
                break;
        }
    }

    private static RcuHead* Allocate() => (RcuHead*)NativeMemory.Alloc((nuint)sizeof(RcuHead));

    private static void FreeHead(RcuHead* head) => NativeMemory.Free(head);

    private static void StickFunction(RcuHead* head)
    {
        Stick();
        NativeMemory.Free(head);
    }

    private static void StickWith(int state) => Stick();

    private static void Stick()
    {
        s_running.Set();
        s_release.Wait();
    }

    // Before the domain's disposal, which waits for its callbacks: a test that fails must not hang.
    private readonly struct Unstick : IDisposable
    {
        public void Dispose() => s_release.Set();
    }

    private sealed class StickyResource : IDisposable
    {
        public void Dispose() => Stick();
    }

    private struct StickyHeap : INativeDeallocator
    {
        public static void Free(void* block)
        {
            Stick();
            NativeMemory.Free(block);
        }
    }
}
