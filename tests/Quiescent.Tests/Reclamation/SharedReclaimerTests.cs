using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Reclamation;

// Domains that share a reclaimer's thread: how many threads there are, and what one domain does not do to another.
public sealed unsafe class SharedReclaimerTests
{
    // Fault caught: a thread for each domain.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Many_domains_in_use_have_only_the_shared_threads(int threads)
    {
        const int Count = 200;
        RcuDomainOptions options = SharedBy(threads);
        RcuDomain[] domains = [.. Enumerable.Range(0, Count).Select(_ => new RcuDomain(options))];
        HashSet<Thread> seen = [];
        WithinAll(domains, () => Worker.Run(() =>
        {
            foreach (RcuDomain domain in domains)
            {
                Forms.Queue(domain, Form.Headless);
                Forms.Queue(domain, Form.Head);
            }

            foreach (RcuDomain domain in domains)
            {
                Until.True(() => Inside.ReclaimerThread(domain) is not null);
                seen.Add(Inside.ReclaimerThread(domain)!);
                Assert.Equal(2, Forms.Waiting(domain));
            }
        }));

        Assert.Equal(threads, seen.Count);
        foreach (RcuDomain domain in domains)
        {
            Until.True(() => Forms.Waiting(domain) == 0 && Inside.ReclaimerThread(domain) is null);
            Assert.True(Inside.IsIdle(domain));
            domain.Dispose();
        }
    }

    // Fault caught: user code on the shared thread.
    [Theory]
    [InlineData(Form.Delegate)]
    [InlineData(Form.Function)]
    [InlineData(Form.User)]
    [InlineData(Form.UserHead)]
    public void User_code_runs_on_a_thread_of_the_domains_own_for_as_long_as_it_comes(Form form)
    {
        RcuDomainOptions options = SharedBy(1) with { IdleTimeout = TimeSpan.FromMilliseconds(1) };
        using RcuDomain domain = new(options with { Name = "with code" });
        using RcuDomain other = new(options);
        using ManualResetEventSlim hasBegun = new();
        using ManualResetEventSlim mayReturn = new();
        string? ranOn = null;
        for (int i = 0; i < 3; i++)
        {
            Forms.Queue(domain, Form.Headless);
            Forms.Queue(domain, form);
            domain.Call(() =>
            {
                ranOn = Thread.CurrentThread.Name;
                hasBegun.Set();
                mayReturn.Wait();
            });
            Until.Set(hasBegun);
            Assert.Equal("rcu reclaimer (with code)", ranOn);

            // The callback has not returned, and nobody else waits for it.
            Forms.Queue(other, Form.Headless);
            Until.True(() => Forms.Waiting(other) == 0);
            mayReturn.Set();
            Until.True(() => Forms.Waiting(domain) == 0 && Inside.ReclaimerThread(domain) is null);
            hasBegun.Reset();
            mayReturn.Reset();
        }

        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: a stall that nobody reports because nobody waits, or whose handler holds other domains up.
    [Fact]
    public void A_stall_is_reported_from_a_thread_of_the_domains_own()
    {
        RcuDomainOptions options = SharedBy(1);
        using RcuDomain domain = new(options with { Name = "stalled", StallTimeout = TimeSpan.FromMilliseconds(20) });
        using RcuDomain other = new(options);
        using ManualResetEventSlim hasBegun = new();
        using ManualResetEventSlim mayReturn = new();
        string? reportedOn = null;
        domain.Stalled += (_, _) =>
        {
            reportedOn = Thread.CurrentThread.Name;
            hasBegun.Set();
            mayReturn.Wait();
        };
        using (new ParkedReader(domain))
        {
            Forms.Queue(domain, Form.Headless);
            Until.Set(hasBegun);
            Assert.Equal("rcu reclaimer (stalled)", reportedOn);
            Forms.Queue(other, Form.Headless);
            Until.True(() => Forms.Waiting(other) == 0);
            mayReturn.Set();
        }

        Until.True(() => Forms.Waiting(domain) == 0);
    }

    // Fault caught: a task completed on the shared thread, which calls the awaiter's synchronization context.
    [Fact]
    public void Who_awaits_a_grace_period_holds_up_no_other_domain()
    {
        RcuDomainOptions options = SharedBy(1);
        using RcuDomain domain = new(options);
        using RcuDomain other = new(options);
        using ManualResetEventSlim mayReturn = new();
        using StuckContext context = new(mayReturn);
        TaskCompletionSource hasGoneOn = new();
        using (new ParkedReader(domain))
        {
            Worker.Run(() =>
            {
                SynchronizationContext.SetSynchronizationContext(context);
                ValueTask wait = domain.SynchronizeAsync(TestContext.Current.CancellationToken);
                wait.GetAwaiter().OnCompleted(hasGoneOn.SetResult);
            });
        }

        Until.Set(context.HasPosted);
        Forms.Queue(other, Form.Headless);
        Until.True(() => Forms.Waiting(other) == 0);
        mayReturn.Set();
        Until.Done(hasGoneOn.Task);
    }

    // Fault caught: what was found stays unsaid, because the domain has nothing else to do.
    [Fact]
    public void Misuse_that_the_shared_thread_finds_is_reported()
    {
        using RcuDomain domain = new(SharedBy(1) with { Validate = true, Name = "misused" });
        MisuseEventArgs? found = null;
        domain.MisuseFound += (_, misuse) => Volatile.Write(ref found, misuse);
        RcuHead* head = (RcuHead*)NativeMemory.AllocZeroed(64);
        using (new ParkedReader(domain))
        {
            domain.Free(head, head);
            NativeMemory.Fill(head, (nuint)sizeof(RcuHead), 0x55);
        }

        Until.True(() => Volatile.Read(ref found) is not null);
        NativeMemory.Free(head);
    }

    // Fault caught: a batch gathered to its end though somebody waits for it.
    [Fact]
    public void A_domain_that_gathers_for_a_minute_is_expedited_by_one_who_waits()
    {
        RcuDomainOptions options = SharedBy(1) with { ReclaimDelay = TimeSpan.FromMinutes(1) };
        using RcuDomain domain = new(options);
        using RcuDomain other = new(options);
        for (int i = 0; i < 20; i++)
        {
            Forms.Queue(domain, Form.Headless);
            Forms.Queue(other, Form.Headless);
            Until.True(() => Inside.ReclaimerThread(domain) is not null);
            Until.Done(domain.SynchronizeAsync(TestContext.Current.CancellationToken).AsTask());
            Until.Done(domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask());
            Assert.Equal(0, Forms.Waiting(domain));
            Assert.Equal(i + 1, Forms.Waiting(other));
        }
    }

    // Fault caught: a thread that keeps what it served, while it goes on with others.
    [Fact]
    public void A_dropped_domain_is_collected_while_its_thread_serves_another()
    {
        RcuDomainOptions options = SharedBy(1);
        using RcuDomain other = new(options);
        using ParkedReader reader = new(other);
        Forms.Queue(other, Form.Headless);
        WeakReference<Reclaimer> dropped = UseAndDrop(options);
        Until.True(() =>
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return !dropped.TryGetTarget(out _);
        });
        Assert.NotNull(Inside.ReclaimerThread(other));
    }

    // Fault caught: a disposal that waits for the shared thread's end, or does not wait for its leave.
    [Fact]
    public void Domains_are_disposed_of_while_their_thread_serves_another()
    {
        const int Rounds = 300;
        RcuDomainOptions options = SharedBy(1) with { ReclaimDelay = TimeSpan.Zero };
        using RcuDomain other = new(options);
        using ParkedReader reader = new(other);
        Forms.Queue(other, Form.Headless);
        for (int i = 0; i < Rounds; i++)
        {
            RcuDomain domain = new(options);
            Forms.Queue(domain, (Form)(i % 12));
            Thread.SpinWait(i * 20);
            domain.Dispose();
            Assert.Equal(0, Forms.Waiting(domain));
        }

        Assert.Equal(1, Forms.Waiting(other));
    }

    // Fault caught: a thread that keeps the claim of a disposed domain, whose disposal waits for it.
    [Fact]
    public void A_domain_is_disposed_of_while_its_thread_waits_for_a_reader_in_vain()
    {
        RcuDomainOptions options = SharedBy(1);
        using RcuDomain other = new(options);
        using ParkedReader reader = new(other);
        Forms.Queue(other, Form.Headless);
        RcuDomain domain = new(options);
        using (new ParkedReader(domain))
        {
            Task wait = domain.SynchronizeAsync(TestContext.Current.CancellationToken).AsTask();
            Until.True(() => Inside.ReclaimerThread(domain) is not null);
            using Worker disposal = Worker.Start(domain.Dispose);
            disposal.Join();
            Assert.IsType<ObjectDisposedException>(wait.Exception?.InnerException);
        }

        Assert.Null(Inside.ReclaimerThread(domain));
        Assert.NotNull(Inside.ReclaimerThread(other));
    }

    // Fault caught: blocks that wait for user code, for which no thread can be started.
    [Fact]
    public void Without_a_thread_for_user_code_blocks_are_freed_and_the_code_waits()
    {
        using RcuDomain domain = new(SharedBy(1) with { BacklogPolicy = BacklogPolicy.None });
        Forms.Queue(domain, Form.Headless);
        Until.True(() => Forms.Waiting(domain) == 0);
        bool hasRun = false;
        using (new Faults.Failures(FaultSite.ThreadStart, Faults.Failing.Every))
        {
            domain.Call(() => Volatile.Write(ref hasRun, true));
            for (int i = 0; i < 100; i++)
            {
                Forms.Queue(domain, Form.Headless);
                Until.True(() => Inside.Walk(domain) == (0, 0, 1));
            }

            Assert.False(Volatile.Read(ref hasRun));
        }

        Until.True(() => Volatile.Read(ref hasRun));
    }

    [Theory]
    [InlineData(ThreadPriority.BelowNormal, 0)]
    [InlineData(ThreadPriority.Normal, 1)]
    [InlineData(ThreadPriority.Normal, 0)]
    public void A_domain_may_have_a_thread_as_it_wants_it(ThreadPriority priority, int processors)
    {
        using RcuDomain domain = new(SharedBy(1) with
        {
            Name = "own",
            DedicatedReclaimer = priority == ThreadPriority.Normal && processors == 0,
            ReclaimerPriority = priority,
            ReclaimerAffinity = processors,
        });
        Forms.Queue(domain, Form.Headless);
        Until.True(() => Inside.ReclaimerThread(domain) is not null);
        Assert.Equal("rcu reclaimer (own)", Inside.ReclaimerThread(domain)!.Name);
        (ThreadPriority Priority, int Processor)? seen = null;
        for (int i = 0; i < 3; i++)
        {
            domain.Call(() => seen = (Thread.CurrentThread.Priority, Thread.GetCurrentProcessorId()));
            domain.Barrier();
            Assert.Equal(priority, seen!.Value.Priority);
            Assert.True(processors == 0 || seen.Value.Processor == 0);
        }
    }

    [Fact]
    public void A_priority_that_does_not_exist_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(
        "ReclaimerPriority", () => new RcuDomain(new RcuDomainOptions { ReclaimerPriority = (ThreadPriority)7 }));

    private static RcuDomainOptions SharedBy(int threads) => new()
    {
        SharedReclaimers = new SharedReclaimers(threads, TimeSpan.FromSeconds(10), PacingClock.System),
    };

    private static void WithinAll(ReadOnlySpan<RcuDomain> domains, Action action)
    {
        if (domains.IsEmpty)
        {
            action();
            return;
        }

        using (domains[0].ReadLock())
        {
            WithinAll(domains.Slice(1), action);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<Reclaimer> UseAndDrop(RcuDomainOptions options)
    {
        RcuDomain domain = new(options);
        Forms.Queue(domain, Form.Headless);
        domain.Barrier();
        return new(domain.Core.Reclaimer);
    }

    private sealed class StuckContext(ManualResetEventSlim mayReturn) : SynchronizationContext, IDisposable
    {
        public ManualResetEventSlim HasPosted { get; } = new();

        public override void Post(SendOrPostCallback d, object? state)
        {
            HasPosted.Set();
            mayReturn.Wait();
            d(state);
        }

        public void Dispose() => HasPosted.Dispose();
    }
}
