using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Validation;

// A blocking call inside a section of a domain with Validate throws before it waits. The exception names the call and
// the section's entry.
public class BlockingCallTests
{
    // Each call would wait for ever if Validate did not throw; "held" is held by another thread meanwhile.
    private static readonly Dictionary<string, Action<object, Lock>> s_calls = new()
    {
        ["WaitHandle.WaitOne"] = static (_, _) => new ManualResetEvent(false).WaitOne(),
        ["WaitHandle.WaitAny"] = static (_, _) =>
            WaitHandle.WaitAny([new AutoResetEvent(false), new AutoResetEvent(false)]),
        ["Monitor.Enter"] = static (held, _) => Monitor.Enter(held),
        ["Monitor.Wait"] = static (_, _) => WaitForPulse(new object()),
        ["Lock.Enter"] = static (_, held) => held.Enter(),
        ["Thread.Join"] = static (_, _) => Waiting().Join(),
        ["Task.Wait"] = static (_, _) => new TaskCompletionSource().Task.Wait(TestContext.Current.CancellationToken),
        ["Task.GetResult"] = static (_, _) => new TaskCompletionSource().Task.GetAwaiter().GetResult(),
        ["SemaphoreSlim.Wait"] = static (_, _) => new SemaphoreSlim(0).Wait(TestContext.Current.CancellationToken),
        ["ManualResetEventSlim.Wait"] = static (_, _) =>
            new ManualResetEventSlim().Wait(TestContext.Current.CancellationToken),
        ["BlockingCollection.Take"] = static (_, _) =>
            new BlockingCollection<int>().Take(TestContext.Current.CancellationToken),
    };

    public static TheoryData<string> Calls => [.. s_calls.Keys];

    [Theory]
    [MemberData(nameof(Calls))]
    public void It_throws_and_names_both_places(string name)
    {
        using RcuDomain domain = Domains.New(validate: true);
        object monitor = new();
        Lock held = new();
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim leave = new();
        using Worker holder = Worker.Start(() =>
        {
            lock (monitor)
            {
                using Lock.Scope scope = held.EnterScope();
                entered.Set();
                leave.Wait(TestContext.Current.CancellationToken);
            }
        });
        Until.Set(entered);
        Exception? thrown = null;
        Worker.Run(() =>
        {
            using ReadGuard guard = EntryPlace(domain);
            thrown = Record.Exception(() => BlockingPlace(s_calls[name], monitor, held));
        });
        leave.Set();
        string said = Assert.IsType<InvalidOperationException>(thrown).Message;
        Assert.Contains("called", said, StringComparison.Ordinal);
        Assert.Contains(
            "BlockingCallTests.cs:line",
            said.Replace("line:", "line", StringComparison.Ordinal),
            StringComparison.Ordinal);
        Sites.MustName(said, "section entered at", nameof(EntryPlace), "BlockingCallTests.cs");
        Assert.False(domain.IsReadLockHeld);
    }

    // Waiting for a pulse gives the monitor up: the exception must leave it entered, as the lock statement expects.
    [Fact]
    public void A_lock_statement_around_it_ends_as_ever()
    {
        using RcuDomain domain = Domains.New(validate: true);
        object monitor = new();
        using (domain.ReadLock())
        {
            Assert.Throws<InvalidOperationException>(() => WaitForPulse(monitor));
        }

        Worker.Run(() => Assert.True(Monitor.TryEnter(monitor)));
    }

    [Fact]
    public void A_call_that_does_not_block_is_no_mistake()
    {
        using RcuDomain domain = Domains.New(validate: true);
        using (domain.ReadLock())
        {
            object free = new();
            lock (free)
            {
            }

            Assert.False(new ManualResetEvent(false).WaitOne(0));
            new ManualResetEventSlim(true).Wait(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Outside_sections_the_thread_s_own_context_is_back()
    {
        using RcuDomain domain = Domains.New(validate: true);
        using RcuDomain other = Domains.New(validate: true);
        Worker.Run(() =>
        {
            PostingContext own = new();
            SynchronizationContext.SetSynchronizationContext(own);
            ReadGuard outer = domain.ReadLock();
            ReadGuard nested = domain.ReadLock();
            ReadGuard others = other.ReadLock();
            nested.Dispose();
            outer.Dispose(); // Before the other domain's section, which began later.
            Assert.Throws<InvalidOperationException>(() => new ManualResetEvent(false).WaitOne());
            others.Dispose();
            Assert.Same(own, SynchronizationContext.Current);
            Assert.False(new ManualResetEvent(false).WaitOne(1));
        });
    }

    [Fact]
    public void A_post_in_a_section_reaches_the_thread_s_own_context()
    {
        using RcuDomain domain = Domains.New(validate: true);
        Worker.Run(() =>
        {
            PostingContext own = new();
            SynchronizationContext.SetSynchronizationContext(own);
            using (domain.ReadLock())
            {
                SynchronizationContext.Current!.Post(static _ => { }, null);
                SynchronizationContext.Current.Send(static _ => { }, null);
            }

            Assert.Equal((1, 1), (own.Posted, own.Sent));
        });
    }

    // A program may park a reader on purpose, as tests do.
    [Fact]
    public void A_context_that_the_program_sets_in_the_section_is_left_alone()
    {
        using RcuDomain domain = Domains.New(validate: true);
        Worker.Run(() =>
        {
            PostingContext own = new();
            using (domain.ReadLock())
            {
                SynchronizationContext.SetSynchronizationContext(own);
                Assert.False(new ManualResetEvent(false).WaitOne(1));
            }

            Assert.Same(own, SynchronizationContext.Current);
        });
    }

    [Fact]
    public void A_free_section_of_an_online_reader_is_watched_too()
    {
        using RcuDomain domain = Domains.New(validate: true);
        Worker.Run(() =>
        {
            using RcuReader reader = domain.RegisterReader();
            reader.GoOnline();
            using (reader.ReadLock())
            {
                Assert.Throws<InvalidOperationException>(() => new ManualResetEvent(false).WaitOne());
            }
        });
    }

    // The runtime was once seen to wait as such a thread ends. An exception there would end the process.
    [Fact]
    public void A_thread_that_ends_inside_a_section_ends_as_ever()
    {
        using RcuDomain domain = Domains.New(validate: true);
        domain.ReaderAbandoned += static (_, _) => { }; // Without a handler, it would be printed.
        for (int i = 0; i < 20; i++)
        {
            Thread thread = new(() => Leave(domain));
            thread.Start();
            thread.Join(); // While somebody joins it, the thread's end is where the runtime waits.
        }

        domain.Synchronize();
        Assert.Equal(20, domain.GetStatistics().ReadersAbandoned);
    }

    // Sections of a sleepable domain may block.
    [Fact]
    public void A_sleepable_section_may_wait()
    {
        using SrcuDomain domain = new(new RcuDomainOptions { Validate = true });
        using SrcuReadLock section = domain.ReadLock();
        Assert.False(new ManualResetEvent(false).WaitOne(1));
    }

    [Fact]
    public void The_library_s_own_waits_are_none()
    {
        using RcuDomain domain = Domains.New(validate: true);
        using RcuDomain other = Domains.New(validate: true);
        using (domain.ReadLock())
        {
            other.Call(static () => { });
            other.Synchronize();
            other.Barrier();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadGuard EntryPlace(RcuDomain domain) => domain.ReadLock();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void BlockingPlace(Action<object, Lock> call, object monitor, Lock held) => call(monitor, held);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Leave(RcuDomain domain) => domain.ReadLock();

    private static void WaitForPulse(object monitor)
    {
        lock (monitor)
        {
            Monitor.Wait(monitor);
        }
    }

    private static Thread Waiting()
    {
        Thread thread = new(static () => Thread.Sleep(Timeout.Infinite)) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private sealed class PostingContext : SynchronizationContext
    {
        public int Posted { get; private set; }

        public int Sent { get; private set; }

        public override void Post(SendOrPostCallback d, object? state) => Posted++;

        public override void Send(SendOrPostCallback d, object? state) => Sent++;
    }
}
