using System.Diagnostics.Tracing;
using System.Runtime.InteropServices;
using Quiescent.Queues;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Diagnostics;

// The backlog's crossings of its limit: each is counted once, and reported by a thread that is not inside Free.
public class BacklogEventTests
{
    private const string Name = "flooded";
    private const EventKeywords Reports = (EventKeywords)0x4;

    [ThreadStatic]
    private static bool t_isFreeing;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(1_000, 750)]
    public void It_crosses_at_the_limit_and_back_a_quarter_below(int limit, int low)
    {
        LimitedCount backlog = new(limit);
        backlog.Add(limit - 1);
        Assert.False(backlog.HasCrossed);
        backlog.Add(1);
        Assert.Equal(1UL, backlog.Crossings);
        for (int i = 0; i < 3; i++)
        {
            backlog.Add(2 * limit);
            backlog.Add(-(2 * limit) - (limit - low - 1));
            backlog.Add(limit - low - 1);
        }

        Assert.Equal(1UL, backlog.Crossings);
        backlog.Add(low - limit);
        backlog.Add(-low);
        Assert.Equal(2UL, backlog.Crossings);
        Assert.True(backlog.TryTakeCrossing(backlog.Crossings, out bool isOver, out long waiting));
        Assert.Equal((true, limit), (isOver, waiting));
        Assert.True(backlog.TryTakeCrossing(backlog.Crossings, out isOver, out waiting));
        Assert.Equal((false, low), (isOver, waiting));
        Assert.False(backlog.TryTakeCrossing(backlog.Crossings, out _, out _));
        Assert.False(backlog.HasCrossed);
    }

    // Whichever side the others saw, the last thread to look records the side that the backlog is on.
    [Fact]
    public void Threads_that_cross_it_at_one_time_leave_it_on_the_right_side()
    {
        for (int round = 0; round < 200; round++)
        {
            LimitedCount backlog = new(8);
            using Barrier start = new(2);
            Worker[] workers = Worker.StartMany(2, _ =>
            {
                start.SignalAndWait();
                for (int i = 0; i < 100; i++)
                {
                    backlog.Add(6);
                    backlog.Add(-6);
                }
            });
            Worker.JoinAll(workers);
            Assert.Equal((0, 0UL), (backlog.Count, backlog.Crossings % 2));
        }
    }

    [Fact]
    public unsafe void A_backlog_is_reported_once_over_its_limit_and_once_under_it_each_time()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Name = Name,
            BacklogLimit = 1_000,
            BacklogPolicy = BacklogPolicy.None,
        });
        int inside = 0;
        using HeardEvents heard = new(Name, Reports, then: _ => Interlocked.Add(ref inside, t_isFreeing ? 1 : 0));
        for (int round = 1; round <= 3; round++)
        {
            using (new ParkedReader(domain))
            {
                Flood(domain, 3_000);
                HeardEvent over = heard.Await("BacklogOverLimit", round)[^1];
                Flood(domain, 3_000);
                Assert.InRange((long)over["waiting"]!, 1_000, 6_000);
                Assert.Equal((1_000L, EventLevel.Warning), (over["limit"], over.Level));
            }

            domain.Barrier();
            HeardEvent under = heard.Await("BacklogUnderLimit", round)[^1];
            Assert.InRange((long)under["waiting"]!, 0, 750);
            Assert.Equal((1_000L, EventLevel.Informational), (under["limit"], under.Level));
            Assert.Equal(2 * round, heard.All.Length);
        }

        Assert.Equal(0, inside);
    }

    [Fact]
    public unsafe void Bytes_are_reported_once_over_their_limit_and_once_under_it_each_time()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Name = Name,
            BacklogBytesLimit = 1_000,
            BacklogPolicy = BacklogPolicy.None,
        });
        using HeardEvents heard = new(Name, Reports);
        for (int round = 1; round <= 3; round++)
        {
            using (new ParkedReader(domain))
            {
                domain.Free(NativeMemory.Alloc(16), 700);
                domain.Free(NativeMemory.Alloc(16), 800);
                HeardEvent over = heard.Await("BacklogBytesOverLimit", round)[^1];
                Assert.Equal((1_500L, 1_000L, EventLevel.Warning), (over["waiting"], over["limit"], over.Level));
            }

            domain.Barrier();
            HeardEvent under = heard.Await("BacklogBytesUnderLimit", round)[^1];
            Assert.InRange((long)under["waiting"]!, 0, 750);
            Assert.Equal((1_000L, EventLevel.Informational), (under["limit"], under.Level));
            Assert.Equal(2 * round, heard.All.Length);
        }
    }

    // Nobody waits, and the reclaimer runs a callback that does not return: a pool thread reports the crossing.
    [Fact]
    public unsafe void It_is_reported_although_the_reclaimer_is_stuck()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Name = Name,
            BacklogLimit = 1_000,
            BacklogPolicy = BacklogPolicy.None,
        });
        using HeardEvents heard = new(Name, Reports);
        using ManualResetEventSlim entered = new();
        using ManualResetEventSlim release = new();
        domain.Call(() =>
        {
            entered.Set();
            release.Wait();
        });
        Until.Set(entered);
        using (new ParkedReader(domain))
        {
            Flood(domain, 3_000);
            heard.Await("BacklogOverLimit");
        }

        release.Set();
        domain.Barrier();
    }

    private static unsafe void Flood(RcuDomain domain, int blocks)
    {
        for (int i = 0; i < blocks; i++)
        {
            void* block = NativeMemory.Alloc(16);
            t_isFreeing = true;
            domain.Free(block);
            t_isFreeing = false;
        }
    }
}
