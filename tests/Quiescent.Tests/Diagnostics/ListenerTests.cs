using System.Diagnostics.Tracing;
using System.Runtime.InteropServices;
using Quiescent.GracePeriods;
using Quiescent.Ordering;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Diagnostics;

// Listeners are user code that runs on threads of the library's callers: whatever they do, domains work and no thread
// gets stuck (O8).
public class ListenerTests
{
    private const string Name = "listened to";
    private const EventKeywords GracePeriods = (EventKeywords)0x1;
    private const string Stop = "GracePeriodStop";

    [ThreadStatic]
    private static bool t_isFreeing;

    [Fact]
    public void Listeners_that_throw_keep_neither_waiters_nor_other_listeners_from_anything()
    {
        using HeardEvents throwing = new(Name, then: static _ => throw new InvalidOperationException());
        using HeardMeasurements throwingToo = new(then: static _ => throw new InvalidOperationException());
        using HeardEvents heard = new(Name);
        using RcuDomain domain = Domains.New(name: Name);
        for (int i = 0; i < 10; i++)
        {
            domain.Synchronize();
            Forms.QueueAll(domain);
        }

        RcuAssert.BooksBalance(domain);
        AwaitAllSaid(domain, heard);
    }

    // Another thread gets through everything that this one might hold. Fault caught: listeners called under the
    // engine's lock, or in a turn that others wait for.
    [Fact]
    public void A_listener_may_wait_for_another_thread_that_waits_for_grace_periods()
    {
        using RcuDomain domain = Domains.New(name: Name);
        int rounds = 0;
        using HeardEvents heard = new(Name, GracePeriods, then: _ =>
        {
            if (Interlocked.Increment(ref rounds) <= 5)
            {
                Worker.Run(() =>
                {
                    domain.Synchronize();
                    Forms.QueueAll(domain);
                    domain.Barrier();
                    domain.GetStatistics();
                });
            }
        });
        domain.Synchronize();
        Until.True(() => Volatile.Read(ref rounds) > 5);
        AwaitAllSaid(domain, heard);
    }

    // Faults caught: listeners called while the thread holds the engine's lock, and a turn that lasts as long as there
    // are events to write.
    [Fact]
    public void A_listener_that_waits_for_a_grace_period_each_time_keeps_its_thread_for_a_while_only()
    {
        using RcuDomain domain = Domains.New(name: Name);
        bool goesOn = true;
        using HeardEvents heard = new(Name, GracePeriods, then: one =>
        {
            if (one.Name == Stop && Volatile.Read(ref goesOn))
            {
                domain.Synchronize();
            }
        });
        for (int i = 0; i < 10; i++)
        {
            Worker.Run(domain.Synchronize);
        }

        heard.Await(Stop, 200); // It goes on by itself, on the pool.
        Volatile.Write(ref goesOn, false);
        AwaitAllSaid(domain, heard);
    }

    [Fact]
    public void A_listener_may_free_and_call()
    {
        using RcuDomain domain = Domains.New(name: Name);
        int left = 500;
        using HeardEvents heard = new(Name, GracePeriods, then: _ =>
        {
            if (Interlocked.Decrement(ref left) >= 0)
            {
                Forms.QueueAll(domain);
            }
        });
        domain.Synchronize();
        Until.True(() => Volatile.Read(ref left) <= 0);
        RcuAssert.BooksBalance(domain);
        AwaitAllSaid(domain, heard);
    }

    [Fact]
    public void A_listener_may_add_and_remove_listeners()
    {
        using RcuDomain domain = Domains.New(name: Name);
        using HeardEvents heard = new(Name, GracePeriods, then: static _ =>
        {
            new HeardEvents(Name).Dispose();
            new HeardMeasurements().Dispose();
        });
        for (int i = 0; i < 20; i++)
        {
            domain.Synchronize();
        }

        AwaitAllSaid(domain, heard);
    }

    // Events that find no room are counted, and the count is reported.
    [Fact]
    public void A_listener_that_does_not_return_holds_up_its_own_thread_alone()
    {
        using RcuDomain domain = Domains.New(name: Name);
        using ManualResetEventSlim release = new();
        using HeardEvents heard = new(Name, GracePeriods, then: _ => release.Wait());
        using Worker stuck = Worker.Start(domain.Synchronize);
        Until.True(() => heard.All.Length == 1 && stuck.IsWaiting);
        for (int i = 0; i < GracePeriodEvents.Capacity; i++)
        {
            domain.Synchronize();
        }

        Assert.Single(heard.All);
        release.Set();
        stuck.Join();
        long unsaid = heard.Await("GracePeriodsUnsaid").Sum(static one => (long)one["count"]!);
        Assert.InRange(unsaid, GracePeriodEvents.Capacity, 2 * GracePeriodEvents.Capacity);
        domain.Synchronize();
        AwaitAllSaid(domain, heard);
    }

    // Fault caught: events for which there was no room are forgotten.
    [Fact]
    public void Events_for_which_there_was_no_memory_are_counted()
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = Name });
        using HeardEvents heard = new(Name, GracePeriods);
        using (Failures failures = new(FaultSite.Events, Failing.First))
        {
            domain.Synchronize();
            Assert.Equal(1, failures.Failed);
        }

        domain.Synchronize();
        AwaitAllSaid(domain, heard);
        Assert.NotEmpty(heard.Of("GracePeriodsUnsaid"));
    }

    // Owners drive grace periods inside Free; another thread reports them.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public unsafe void No_event_is_written_inside_Free(bool withHeads)
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = Name, BacklogLimit = 20_000 });
        int inside = 0;
        using HeardEvents heard = new(Name, then: _ => Interlocked.Add(ref inside, t_isFreeing ? 1 : 0));
        using HeardMeasurements measured = new(
            static one => one is System.Diagnostics.Metrics.Histogram<double>,
            _ => Interlocked.Add(ref inside, t_isFreeing ? 1 : 0));
        Worker[] updaters = Worker.StartMany(2, _ =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                byte* block = (byte*)NativeMemory.Alloc(64);
                t_isFreeing = true;
                if (withHeads)
                {
                    domain.Free(block, (RcuHead*)(block + 16));
                }
                else
                {
                    domain.Free(block);
                }

                t_isFreeing = false;
            }
        });
        Worker.JoinAll(updaters);
        Assert.NotEqual(0, domain.GetStatistics().GracePeriodsCompleted);
        RcuAssert.BooksBalance(domain);
        Assert.Equal(0, inside);
        AwaitAllSaid(domain, heard);
    }

    // A batch is gathered for a minute; the grace periods that its owner has driven meanwhile are reported before.
    [Fact]
    public unsafe void The_reclaimer_soon_reports_a_grace_period_that_ends_inside_Free()
    {
        using RcuDomain domain = new(new RcuDomainOptions { Name = Name, ReclaimDelay = TimeSpan.FromMinutes(1) });
        using HeardEvents heard = new(Name, GracePeriods);
        domain.Free(NativeMemory.Alloc(16));
        Until.True(
            () =>
                Inside.ReclaimerThread(domain) is { ThreadState: var state }
                    && (state & ThreadState.WaitSleepJoin) != 0);
        while (domain.GetStatistics().GracePeriodsCompleted == 0)
        {
            domain.Free(NativeMemory.Alloc(16));
        }

        heard.Await(Stop);
        // Not with the batch, which is still being gathered.
        Assert.Equal(1, domain.GetStatistics().GracePeriodsCompleted);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_grace_period_of_a_flood_is_reported_once_or_counted_as_unreported(bool isSleepable)
    {
        RcuDomainOptions options = new() { Name = Name, ReclaimDelay = TimeSpan.Zero };
        using GracePeriodDomain domain = isSleepable ? new SrcuDomain(options) : new RcuDomain(options);
        using HeardEvents heard = new(Name, GracePeriods);
        using HeardMeasurements measured = new(static one => one is System.Diagnostics.Metrics.Histogram<double>);
        Worker[] workers = Worker.StartMany(4, worker =>
        {
            for (int i = 0; i < 300; i++)
            {
                if (worker % 2 == 0)
                {
                    domain.Synchronize();
                }
                else
                {
                    domain.Call(static () => { });
                    domain.StartPoll();
                }
            }
        });
        Worker.JoinAll(workers);
        domain.Barrier();
        AwaitAllSaid(domain, heard);
        HeardEvent[] stops = heard.Of(Stop);
        Assert.Equal(stops.Select(static one => one.Number).Order(), stops.Select(static one => one.Number));
        Assert.Equal(stops.Length, measured.All.Count(static one => one.DomainName == Name));
        domain.Dispose();
    }

    // The listener comes and goes while grace periods pass: it hears each at most once, and in order.
    [Fact]
    [Trait("Category", "Slow")]
    public void Listening_may_begin_and_end_at_any_time()
    {
        using RcuDomain domain = Domains.New(name: Name);
        bool stop = false;
        Worker[] workers = Worker.StartMany(2, _ =>
        {
            while (!Volatile.Read(ref stop))
            {
                domain.Synchronize();
                Forms.QueueAll(domain);
            }
        });
        long last = 0;
        for (int i = 0; i < 30; i++)
        {
            using HeardMeasurements measured = new();
            using HeardEvents heard = new(Name, GracePeriods);
            long[] numbers = [.. heard.Await(Stop, 3).Select(static one => one.Number)];
            Assert.Equal(numbers.Order().Distinct(), numbers);
            Assert.True(numbers[0] >= last, $"{numbers[0]} after {last}");
            last = numbers[^1];
            measured.Collect();
        }

        Volatile.Write(ref stop, true);
        Worker.JoinAll(workers);
        RcuAssert.BooksBalance(domain);
    }

    // Fault caught: grace period events, or their ring, that are made although nobody listens.
    [Fact]
    public void Without_listeners_a_grace_period_allocates_nothing()
    {
        ValidateForAll.SkipIfOn();
        using RcuDomain domain = Domains.New(name: Name);
        domain.Synchronize();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1_000; i++)
        {
            domain.Synchronize();
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        using HeardEvents heard = new(Name, GracePeriods);
        domain.Synchronize();
        // Nothing was kept for a late listener.
        Assert.Equal([1_002L], heard.Of(Stop).Select(static one => one.Number));
    }

    // A listener that meets the event source and the meter as they are made, in a process of its own.
    [Fact]
    public void Listeners_that_throw_or_use_the_library_when_they_are_shown_the_instruments_spoil_nothing() =>
        Assert.Equal("freed, heard", ChildProcess.Run("listening", exitCode: 0).Output);

    // The start and end of every grace period have each been reported once, or counted as unreported.
    private static void AwaitAllSaid(GracePeriodDomain domain, HeardEvents heard)
    {
        Until.True(() =>
        {
            long before = domain.GetStatistics().GracePeriodsCompleted;
            HeardEvent[] all =
                [.. heard.All.Where(static one => one.Name.StartsWith("GracePeriod", StringComparison.Ordinal))];
            long unsaid =
                all.Where(static one => one.Name == "GracePeriodsUnsaid").Sum(static one => (long)one["count"]!);
            long said = all.Count(static one => one.Name is "GracePeriodStart" or Stop);
            Assert.Equal(
                said,
                all.Where(static one => one.Name is "GracePeriodStart" or Stop)
                    .Select(static one => (one.Name, one.Number)).Distinct().Count());
            return said + unsaid == 2 * before && domain.GetStatistics().GracePeriodsStarted == before;
        });
    }
}
