using System.Diagnostics.Tracing;
using System.Runtime.InteropServices;
using Quiescent.Tests.Reclamation;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Diagnostics;

// The event source `Quiescent`: each event with its payload, and when it is written.
public class EventTests
{
    private const string Name = "heard";
    private const EventKeywords GracePeriods = (EventKeywords)0x1;
    private const EventKeywords Barriers = (EventKeywords)0x2;
    private const EventKeywords Reports = (EventKeywords)0x4;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Each_grace_period_is_reported_once_at_its_start_and_once_at_its_end(bool isSleepable)
    {
        using HeardEvents heard = new(Name);
        using GracePeriodDomain domain = isSleepable
            ? new SrcuDomain(new RcuDomainOptions { Name = Name })
            : Domains.New(name: Name);
        for (int i = 0; i < 100; i++)
        {
            domain.Synchronize();
        }

        HeardEvent[] all = heard.All;
        Assert.Equal(
            Enumerable.Range(0, 200)
                .Select(static i => (i % 2 == 0 ? "GracePeriodStart" : "GracePeriodStop", (i / 2) + 1L)),
            all.Select(static one => (one.Name, one.Number)));
        Assert.All(
            all,
            static one =>
                Assert.Equal((EventLevel.Verbose, GracePeriods), (one.Level, one.Keywords & (EventKeywords)0xff)));
        Assert.All(all, static one => Assert.True((double)one["secondsAgo"]! >= 0));
        Assert.Single(all.Select(static one => (long)one["domainId"]!).Distinct());
        double longest = domain.GetStatistics().GracePeriods.Max.TotalSeconds;
        Assert.InRange(heard.Of("GracePeriodStop").Max(static one => one.Seconds), longest - 1e-6, longest + 1e-6);
    }

    // A grace period that is held up has begun: its waiter reports that.
    [Fact]
    public void A_start_is_reported_while_the_grace_period_is_in_progress_with_its_time()
    {
        using HeardEvents heard = new(Name);
        using RcuDomain domain = Domains.New(name: Name);
        using ParkedReader reader = new(domain);
        using Worker waiter = Worker.Start(domain.Synchronize);
        HeardEvent start = heard.Await("GracePeriodStart")[0];
        Assert.Empty(heard.Of("GracePeriodStop"));
        Assert.InRange((double)start["secondsAgo"]!, 0, Until.Bound.TotalSeconds);
        reader.Release();
        Assert.Equal(start.Number, heard.Await("GracePeriodStop")[0].Number);
    }

    // Nobody polls, and nobody waits.
    [Fact]
    public void The_reclaimer_reports_the_grace_periods_that_it_ends()
    {
        using HeardEvents heard = new(Name);
        using RcuDomain domain = Domains.New(name: Name);
        domain.StartPoll();
        heard.Await("GracePeriodStop");
        Until.True(() => Inside.IsIdle(domain));
        Assert.Single(heard.Of("GracePeriodStop"));
        domain.Call(static () => { });
        heard.Await("GracePeriodStop", 2);
    }

    [Fact]
    public void An_asynchronous_wait_that_ends_at_once_is_reported()
    {
        using HeardEvents heard = new(Name);
        using RcuDomain domain = Domains.New(name: Name);
        Assert.True(domain.SynchronizeAsync(TestContext.Current.CancellationToken).AsTask().IsCompletedSuccessfully);
        Assert.Single(heard.Of("GracePeriodStop"));
    }

    [Fact]
    public unsafe void Disposal_reports_what_it_waits_for()
    {
        using HeardEvents heard = new(Name);
        RcuDomain domain = new(new RcuDomainOptions { Name = Name, ReclaimDelay = TimeSpan.FromMinutes(1) });
        domain.Free(NativeMemory.Alloc(16));
        domain.Dispose();
        int completed = (int)domain.GetStatistics().GracePeriodsCompleted;

        // Another thread may have had its turn to write them, and not be done.
        Assert.Equal(completed, heard.Await("GracePeriodStop", completed).Length);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_barrier_that_waits_is_reported_at_its_start_and_its_end(bool codeOnly)
    {
        using HeardEvents heard = new(Name, Barriers, EventLevel.Informational);
        using RcuDomain domain = Domains.New(name: Name);
        Action barrier = codeOnly ? domain.BarrierCallbacks : domain.Barrier;
        barrier();
        Assert.Empty(heard.All);
        using ParkedReader reader = new(domain);
        domain.Call(static () => { });
        using Worker waiter = Worker.Start(barrier);
        HeardEvent start = heard.Await("BarrierStart")[0];
        Assert.Equal(codeOnly, start["codeOnly"]);
        Assert.Empty(heard.Of("BarrierStop"));
        reader.Release();
        HeardEvent stop = heard.Await("BarrierStop")[0];
        Assert.Equal(start.Number, stop.Number);
        Assert.True(stop.Seconds > 0);
        waiter.Join();
        Assert.Equal(2, heard.All.Length);
    }

    [Fact]
    public async Task An_awaited_barrier_is_reported_too()
    {
        using HeardEvents heard = new(Name, Barriers);
        using RcuDomain domain = Domains.New(name: Name);
        using ParkedReader reader = new(domain);
        domain.Call(static () => { });
        Task barrier = domain.BarrierAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.Equal(["BarrierStart"], heard.All.Select(static one => one.Name));
        reader.Release();
        await barrier;
        Assert.Equal(["BarrierStart", "BarrierStop"], heard.All.Select(static one => one.Name));
    }

    [Fact]
    public async Task A_cancelled_barrier_ends_as_it_did()
    {
        using HeardEvents heard = new(Name, Barriers);
        using RcuDomain domain = Domains.New(name: Name);
        using CancellationTokenSource cancellation = new();
        using ParkedReader reader = new(domain);
        domain.Call(static () => { });
        Task barrier = domain.BarrierAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        OperationCanceledException thrown = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => barrier);
        Assert.Equal((cancellation.Token, true), (thrown.CancellationToken, barrier.IsCanceled));
        heard.Await("BarrierStop");
    }

    [Fact]
    public void A_stalled_reader_is_written_with_its_report()
    {
        using HeardEvents heard = new(Name, Reports);
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Name = Name,
            StallTimeout = TimeSpan.FromMilliseconds(20),
        });
        StallEventArgs? raised = null;
        domain.Stalled += (_, stall) => Interlocked.CompareExchange(ref raised, stall, null);
        using ParkedReader reader = new(domain, name: "loader");
        using Worker waiter = Worker.Start(domain.Synchronize);
        HeardEvent said = heard.Await("Stall")[0];
        Until.True(() => Volatile.Read(ref raised) is not null);
        reader.Release();
        Assert.Equal(EventLevel.Warning, said.Level);
        Assert.Equal(("Reader", "loader"), (said["kind"], said["culprit"]));
        Assert.Equal((raised!.ManagedThreadId, (long)raised.OsThreadId), (said["managedThreadId"], said["osThreadId"]));
        Assert.Equal(raised.Duration.TotalSeconds, said.Seconds);
        Assert.Equal(raised.ToString(), said["report"]);
    }

    [Fact]
    public void A_stalled_reclaimer_is_written_with_the_callback_s_name()
    {
        using HeardEvents heard = new(Name, Reports);
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Name = Name,
            StallTimeout = TimeSpan.FromMilliseconds(20),
        });
        using ManualResetEventSlim release = new();
        domain.Call(release, static release => release.Wait());
        using Worker waiter = Worker.Start(domain.Barrier);
        HeardEvent said = heard.Await("Stall")[0];
        release.Set();
        Assert.Equal("Reclaimer", said["kind"]);
        Assert.Contains(
            nameof(A_stalled_reclaimer_is_written_with_the_callback_s_name),
            (string)said["culprit"]!,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_abandoned_reader_is_written_with_its_report()
    {
        using HeardEvents heard = new(Name, Reports);
        using RcuDomain domain = Domains.New(name: Name);
        ReaderAbandonedEventArgs? raised = null;
        domain.ReaderAbandoned += (_, reader) => raised = reader;
        Worker.Run(() => domain.ReadLock(), "leaver");
        domain.Synchronize();
        HeardEvent said = Assert.Single(heard.All);
        Assert.Equal(("ReaderAbandoned", EventLevel.Warning, "leaver"), (said.Name, said.Level, said["culprit"]));
        Assert.Equal((raised!.ManagedThreadId, (long)raised.OsThreadId), (said["managedThreadId"], said["osThreadId"]));
        Assert.Equal(raised.ToString(), said["report"]);
    }

    [Fact]
    public void A_callback_that_throws_is_written_with_its_exception()
    {
        using HeardEvents heard = new(Name, Reports);
        using RcuDomain domain = Domains.New(name: Name);
        domain.Call(static () => throw new InvalidDataException("spoilt"));
        domain.Barrier();
        HeardEvent said = Assert.Single(heard.All);
        Assert.Equal(("CallbackFailed", EventLevel.Error), (said.Name, said.Level));
        Assert.Equal(("System.IO.InvalidDataException", "spoilt"), (said["exceptionType"], said["message"]));
    }

    // The message property is the callback's own code. It runs on the reclaimer, and must not end it.
    [Fact]
    public void An_exception_whose_message_throws_is_written_without_it()
    {
        using HeardEvents heard = new(Name, Reports);
        using RcuDomain domain = Domains.New(name: Name);
        domain.Call(static () => throw new SpeechlessException());
        domain.Call(static () => { });
        domain.Barrier();
        Assert.Equal("", Assert.Single(heard.All)["message"]);
    }

    [Fact]
    public unsafe void A_misuse_is_written_with_its_report()
    {
        using HeardEvents heard = new(Name, Reports);
        using RcuDomain domain = Domains.New(name: Name, validate: true);
        string? raised = null;
        domain.MisuseFound += (_, misuse) => raised = misuse.ToString();
        byte* block = (byte*)NativeMemory.AllocZeroed(64);
        domain.Free(block);
        domain.Barrier();
        block[40] = 1;
        Assert.Equal(1, domain.VerifyReclaimed());
        HeardEvent said = Assert.Single(heard.All);
        Assert.Equal(("MisuseFound", EventLevel.Error, raised), (said.Name, said.Level, said["report"]));
    }

    [Fact]
    public void Only_events_that_somebody_listens_to_are_written()
    {
        using HeardEvents heard = new(Name, Reports);
        using RcuDomain domain = Domains.New(name: Name);
        Forms.QueueAll(domain);
        domain.Barrier();
        domain.Synchronize();
        Assert.Empty(heard.All);
    }

    private sealed class SpeechlessException : Exception
    {
        public override string Message => throw new InvalidOperationException("speechless");
    }
}
