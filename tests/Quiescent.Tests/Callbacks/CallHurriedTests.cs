using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Callbacks;

// Callbacks for which no batch is gathered. Each domain here gathers for a minute, which is as long as a test waits: a
// callback that waits for its batch fails the test.
public sealed unsafe class CallHurriedTests : IDisposable
{
    public enum How
    {
        Function,
        Action,
        ActionWithState,
        Asynchronous,
        AsynchronousWithState,
    }

    private readonly CallLog _log = new();

    public static MatrixTheoryData<How, bool> All => new(Enum.GetValues<How>(), [false, true]);

    public void Dispose() => _log.Dispose();

    [Theory]
    [MemberData(nameof(All))]
    public void Each_form_runs_without_a_batch_being_gathered(How how, bool isShared)
    {
        using RcuDomain domain = New(isShared);
        for (int i = 0; i < 100; i++)
        {
            Call(domain, how, i);
            Until.True(() => _log.Count == i + 1);
        }

        Assert.Equal(Enumerable.Range(0, 100).Select(i => (long)i), _log.Numbers);
        RcuAssert.BooksBalance(domain);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void It_cuts_the_gathering_short_and_comes_after_what_its_thread_queued_before(How how, bool isShared)
    {
        using RcuDomain domain = New(isShared);
        for (int i = 0; i < 10; i += 2)
        {
            domain.Call((long)i, _log.Add);
            Until.True(() => Inside.ReclaimerThread(domain) is { ThreadState: var state }
                && (state & ThreadState.WaitSleepJoin) != 0);
            Call(domain, how, i + 1);
            Until.True(() => _log.Count == i + 2);
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => (long)i), _log.Numbers);
    }

    // Fault caught: each hurried callback ends the gathering for all threads.
    [Fact]
    public void Other_threads_callbacks_go_on_waiting_for_their_batch()
    {
        using RcuDomain domain = New();
        using ManualResetEventSlim queued = new();
        using ManualResetEventSlim end = new();
        using Worker other = Worker.Start(() =>
        {
            domain.Call(static () => { });
            queued.Set();
            Until.Set(end); // Its slot is its own.
        });
        Until.Set(queued);
        for (int i = 0; i < 10; i++)
        {
            Call(domain, How.Action, i);
            Until.True(() => _log.Count == i + 1);
            Until.True(() => domain.GetStatistics().CallbacksInvoked == i + 1);
            Assert.Equal(1, domain.GetStatistics().CallbacksWaiting);
        }

        end.Set();
    }

    // Fault caught: one that comes while an earlier one waits for its grace period is forgotten.
    [Fact]
    public void One_that_comes_while_another_waits_is_not_left_to_the_batch()
    {
        using RcuDomain domain = New();
        for (int round = 0; round < 10; round++)
        {
            int before = _log.Count;
            long started = domain.GetStatistics().GracePeriodsStarted;
            using ParkedReader reader = new(domain);
            Call(domain, How.Action, 0);
            Until.True(() => domain.GetStatistics().GracePeriodsStarted > started);
            Call(domain, How.Function, 1);
            domain.Call(2L, _log.Add);
            Call(domain, How.Action, 3);
            Assert.Equal(before, _log.Count);
            reader.Release();
            Until.True(() => _log.Count == before + 4);
        }
    }

    [Fact]
    public void It_waits_for_its_grace_period()
    {
        using RcuDomain domain = New();
        using ParkedReader reader = new(domain);
        GracePeriodState state = domain.GetState();
        bool? hadPassed = null;
        domain.CallHurried(() => hadPassed = domain.Poll(state));
        Until.True(() => domain.GetStatistics().GracePeriodsStarted > 0);
        Assert.Null(hadPassed);
        reader.Release();
        Until.True(() => hadPassed is not null);
        Assert.True(hadPassed);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_of_several_threads_sees_its_own_order_whatever_it_hurries(bool validate)
    {
        const int Threads = 4;
        const int Count = 5_000;
        using RcuDomain domain = new(new RcuDomainOptions { Validate = validate, BacklogPolicy = BacklogPolicy.None });
        CallLog[] logs = [.. Enumerable.Range(0, Threads).Select(_ => new CallLog())];
        Worker.JoinAll(Worker.StartMany(Threads, thread =>
        {
            Random random = new(thread);
            for (int i = 0; i < Count; i++)
            {
                if (random.Next(4) != 0)
                {
                    domain.Call((long)i, logs[thread].Add);
                }
                else
                {
                    domain.CallHurried((long)i, logs[thread].Add);
                }
            }
        }));
        domain.Barrier();
        foreach (CallLog log in logs)
        {
            Assert.Equal(Enumerable.Range(0, Count).Select(i => (long)i), log.Numbers);
            log.Dispose();
        }

        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: the domain's own queue, which has the heads of threads that cannot register, knows of no hurry.
    [Theory]
    [InlineData(How.Function)]
    [InlineData(How.Action)]
    public void It_runs_though_its_thread_cannot_register(How how)
    {
        using RcuDomain domain = New();
        using (Failures failures = new(FaultSite.Registration, Failing.Every))
        {
            Worker.Run(() => Call(domain, how, 0));
            Assert.NotEqual(0, failures.Failed);
        }

        Until.True(() => _log.Count == 1);
    }

    [Fact]
    public void A_callback_may_hurry_another()
    {
        using RcuDomain domain = New();
        domain.CallHurried(() => Call(domain, How.Action, 1));
        Until.True(() => _log.Count == 1);
    }

    [Fact]
    public void Null_and_a_disposed_domain_are_refused()
    {
        RcuDomain domain = New();
        Assert.Throws<ArgumentNullException>(() => domain.CallHurried(null!, (delegate*<RcuHead*, void>)1));
        Assert.Throws<ArgumentNullException>(() => domain.CallHurried((RcuHead*)8, null));
        Assert.Throws<ArgumentNullException>(() => domain.CallHurried((Action)null!));
        Assert.Throws<ArgumentNullException>(() => domain.CallHurried(0, (Action<int>)null!));
        Assert.Throws<ArgumentNullException>(() => domain.CallHurried((Func<ValueTask>)null!));
        Assert.Throws<ArgumentNullException>(() => domain.CallHurried(0, (Func<int, ValueTask>)null!));
        domain.Dispose();
        Assert.Throws<ObjectDisposedException>(() => domain.CallHurried(static () => { }));
        Assert.Throws<ObjectDisposedException>(() => domain.CallHurried((RcuHead*)8, (delegate*<RcuHead*, void>)1));
        Assert.Equal(0, domain.GetStatistics().CallbacksQueued);
    }

    [Fact]
    public void The_default_domain_s_forms_are_the_same()
    {
        int ran = 0;
        Rcu.CallHurried(() => ran++);
        Rcu.CallHurried(1, _ => ran++);
        Rcu.CallHurried(() =>
        {
            ran++;
            return ValueTask.CompletedTask;
        });
        Rcu.CallHurried(1, _ =>
        {
            ran++;
            return ValueTask.CompletedTask;
        });
        RcuHead* head = _log.NewHead(7);
        Rcu.CallHurried(head, &CallLog.Record);
        Until.True(() => Volatile.Read(ref ran) == 4 && _log.Count == 1);
    }

    private static RcuDomain New(bool isShared = false) =>
        new(Domains.Served(isShared) with { ReclaimDelay = TimeSpan.FromMinutes(1) });

    private void Call(RcuDomain domain, How how, long number)
    {
        switch (how)
        {
            case How.Function:
                domain.CallHurried(_log.NewHead(number), &CallLog.Record);
                break;
            case How.Action:
                domain.CallHurried(() => _log.Add(number));
                break;
            case How.ActionWithState:
                domain.CallHurried(number, _log.Add);
                break;
            case How.Asynchronous:
                domain.CallHurried(() =>
                {
                    _log.Add(number);
                    return ValueTask.CompletedTask;
                });
                break;
            default:
                domain.CallHurried(number, AddAsync);
                break;
        }
    }

    private ValueTask AddAsync(long number)
    {
        _log.Add(number);
        return ValueTask.CompletedTask;
    }
}
