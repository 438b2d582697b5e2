using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Quiescent.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.GracePeriods;

public sealed unsafe class StallTests
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(20);

    [Theory]
    [MemberData(nameof(SynchronizeTests.AllReaders), MemberType = typeof(SynchronizeTests))]
    public void A_section_that_outlives_the_timeout_is_reported_and_reported_again(
        ReadSideBarrier readSide, ParkedReaderKind kind)
    {
        using RcuDomain domain = New(readSide);
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using ParkedReader reader = new(domain, kind, "the culprit");
        using Worker synchronizer = Worker.Start(domain.Synchronize);
        Until.True(() => reports.Count >= 2);
        reader.Release();
        synchronizer.Join();

        StallEventArgs[] all = [.. reports];
        for (int i = 0; i < all.Length; i++)
        {
            Assert.Equal("stalls", all[i].DomainName);
            Assert.Equal("the culprit", all[i].ThreadName);
            Assert.Equal(reader.Thread.ManagedThreadId, all[i].ManagedThreadId);
            Assert.Equal(i + 1, all[i].Reports);
            Assert.True(all[i].Duration >= s_timeout, $"{all[i]}");
            Assert.Contains("the culprit", all[i].ToString(), StringComparison.Ordinal);
        }

        // At least three timeouts later.
        Assert.True(all[1].Duration - all[0].Duration >= 3 * s_timeout, $"{all[0]} {all[1]}");
        Assert.Equal(all.Length, domain.GetStatistics().Stalls);
    }

    [Fact]
    public void The_report_carries_the_operating_system_s_number_of_the_thread()
    {
        using RcuDomain domain = New();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using ManualResetEventSlim end = new();
        ulong id = 0;
        using Worker reader = Worker.Start(() =>
        {
            using ReadGuard guard = domain.ReadLock();
            Volatile.Write(ref id, OsThread.CurrentId());
            Until.Set(end);
        });
        Until.True(() => domain.GetStatistics().ReaderSlotsInUse == 1);
        using Worker synchronizer = Worker.Start(domain.Synchronize);
        Until.True(() => !reports.IsEmpty || synchronizer.HasEnded);
        if (reports.IsEmpty)
        {
            // The reader had its slot, but its section had not begun.
            using Worker again = Worker.Start(domain.Synchronize);
            Until.True(() => !reports.IsEmpty);
        }

        end.Set();
        Assert.Equal(Volatile.Read(ref id), reports.First().OsThreadId);
        if (OperatingSystem.IsLinux() || OperatingSystem.IsWindows())
        {
            Assert.NotEqual(0ul, reports.First().OsThreadId);
        }
    }

    [Fact]
    public void A_stall_is_reported_although_the_caller_asked_without_waiting()
    {
        using RcuDomain domain = New();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using ParkedReader reader = new(domain);
        GracePeriodState state = domain.StartPoll();
        Until.True(() => !reports.IsEmpty);
        reader.Release();
        Until.True(() => domain.Poll(state));
    }

    [Fact]
    public void One_of_many_waiters_reports()
    {
        using RcuDomain domain = New();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using ParkedReader reader = new(domain);
        Worker[] synchronizers = Worker.StartMany(16, _ => domain.Synchronize());
        Until.True(() => reports.Count >= 2);
        reader.Release();
        Worker.JoinAll(synchronizers);
        Assert.Equal(Enumerable.Range(1, reports.Count), reports.Select(report => report.Reports).Order());
    }

    [Fact]
    public void A_handler_that_throws_breaks_nothing()
    {
        using RcuDomain domain = New();
        int thrown = 0;
        domain.Stalled += (_, _) =>
        {
            Interlocked.Increment(ref thrown);
            throw new InvalidTimeZoneException("a handler's own trouble");
        };
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using ParkedReader reader = new(domain);
        using Worker synchronizer = Worker.Start(domain.Synchronize);
        GracePeriodState state = domain.StartPoll();
        Until.True(() => reports.Count >= 2);
        Assert.True(Volatile.Read(ref thrown) >= 2);
        reader.Release();
        synchronizer.Join();
        Until.True(() => domain.Poll(state));
    }

    [Fact]
    public void Each_stall_is_counted_from_one()
    {
        using RcuDomain domain = New();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        for (int i = 1; i <= 2; i++)
        {
            using ParkedReader reader = new(domain, name: $"culprit {i}");
            using Worker synchronizer = Worker.Start(domain.Synchronize);
            Until.True(() => reports.Any(report => report.ThreadName == reader.Thread.Name));
            reader.Release();
            synchronizer.Join();
            Assert.Equal(1, reports.First(report => report.ThreadName == reader.Thread.Name).Reports);
        }
    }

    [Fact]
    public void The_detector_names_the_reader_in_the_way_and_nobody_when_there_is_none()
    {
        using BareEngine bare = new();
        ReaderStallDetector detector = new(bare.Engine, TimeSpan.FromTicks(1));
        bare.AddReader(new Thread(static () => { }) { Name = "a bystander" });
        ReaderSlot* culprit = bare.AddReader();
        Assert.False(detector.TryDetect(out _));
        bare.Enter(culprit);
        ulong target = bare.Engine.NextTarget();
        Assert.False(detector.TryDetect(out _));
        Assert.False(bare.Engine.TryAdvance(target));
        ReaderStall stall = default;
        Until.True(() => detector.TryDetect(out stall));
        Assert.Equal(bare.Engine.Slots.OwnerOf(1)!.Identify(sections: 1), stall.Reader);
        Assert.Equal(1, stall.Reports);
        bare.Exit(culprit);
        Assert.True(bare.Engine.TryAdvance(target));
        Assert.False(detector.TryDetect(out _));
        Assert.Equal(1, detector.Count);
    }

    // Fault caught: a report about the section that the reader has entered since.
    [Fact]
    public void A_reader_that_has_left_the_section_waited_for_is_not_named()
    {
        using BareEngine bare = new();
        ReaderStallDetector detector = new(bare.Engine, TimeSpan.FromTicks(1));
        ReaderSlot* reader = bare.AddReader();
        bare.Enter(reader);
        ulong target = bare.Engine.NextTarget();
        Assert.False(bare.Engine.TryAdvance(target));
        Until.True(() => detector.TryDetect(out _));
        bare.Exit(reader);
        bare.Enter(reader);
        Assert.False(bare.Engine.TryFindStalled(long.MaxValue, out _));
        Assert.True(bare.Engine.TryAdvance(target));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_report_says_since_when_and_how_much_waits_and_with_validate_where_the_section_began(bool validate)
    {
        ValidateForAll.SkipRowUnless(validate);
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Name = "stalls",
            Validate = validate,
            StallTimeout = s_timeout,
        });
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        long before = Stopwatch.GetTimestamp();
        domain.Synchronize();
        using ParkedReader reader = new(domain, name: "the culprit");
        domain.Call(static () => { });
        domain.Call(static () => { });
        domain.Free(NativeMemory.Alloc(8), 12_345);
        using Worker synchronizer = Worker.Start(domain.Barrier);
        Until.True(() => reports.Any(report => report.Reports >= 2));
        TimeSpan atMost = Stopwatch.GetElapsedTime(before);
        reader.Release();
        synchronizer.Join();

        StallEventArgs report = reports.First(report => report.Reports == 2);
        Assert.Equal(StallKind.Reader, report.Kind);
        Assert.InRange(report.Duration, 4 * s_timeout, atMost);
        Assert.Equal(1, report.BlocksWaiting);
        Assert.Equal(2, report.CallbacksWaiting);
        Assert.Equal(12_345, report.BytesWaiting);
        Assert.Equal(3, report.Backlog);
        Assert.Equal(2, report.GracePeriod);
        Assert.Equal(1, report.OpenSections);
        Assert.Null(report.Callback);
        string[] lines = [.. report.ToString().ReplaceLineEndings("\n").Split('\n').Where(
            static line => !line.StartsWith("    its thread ", StringComparison.Ordinal))];
        Assert.Matches(
            @"^rcu: INFO: domain 'stalls' detected stall of grace period 2 for \d+\.\d s "
            + @"by reader thread 'the culprit' \(managed id \d+, OS id \d+\)$",
            lines[0]);
        Assert.Matches(
            @"^    report 2; backlog 1 block, 2 callbacks, 12,345 bytes; 1 read-side critical section open$", lines[1]);
        Assert.Equal(validate, report.SectionsEnteredAt.Count == 1);
        if (validate)
        {
            RcuCallSite site = report.SectionsEnteredAt[0];
            Assert.EndsWith("ParkedReader.cs", site.File, StringComparison.Ordinal);
            Assert.Contains("ParkedReader.Park", site.Method, StringComparison.Ordinal);
            Assert.InRange(site.Age, report.Duration, atMost);
            Assert.Contains("<Start>", site.StackTrace, StringComparison.Ordinal);
            Assert.Matches(
                @"^    entered \d+\.\d s ago at .*ParkedReader\.Park in .*ParkedReader\.cs:line \d+$", lines[2]);
            Assert.Matches(@"^        at .*ParkedReader\.Park", lines[3]);
        }
    }

    // Fault caught: a report that gives the time when an online reader went online, not its last quiescent state.
    [Fact]
    public void An_online_reader_is_reported_with_where_it_went_online_and_since_its_last_quiescent_state()
    {
        using RcuDomain domain = new(new RcuDomainOptions
        {
            Name = "stalls",
            Validate = true,
            StallTimeout = s_timeout,
        });
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using ManualResetEventSlim quiescent = new();
        using ManualResetEventSlim end = new();
        long wentOnline = 0;
        long last = 0;
        using Worker worker = Worker.Start(() =>
        {
            using RcuReader reader = domain.RegisterReader();
            reader.GoOnline();
            wentOnline = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(wentOnline) < s_timeout)
            {
                reader.QuiescentState();
            }

            last = Stopwatch.GetTimestamp();
            reader.QuiescentState();
            quiescent.Set();
            Until.Set(end);
        });
        Until.Set(quiescent);
        using Worker synchronizer = Worker.Start(domain.Synchronize);
        Until.True(() => !reports.IsEmpty);
        TimeSpan sinceLast = Stopwatch.GetElapsedTime(last);
        end.Set();
        RcuCallSite site = Assert.Single(reports.First().SectionsEnteredAt);
        Assert.EndsWith("StallTests.cs", site.File, StringComparison.Ordinal);
        Assert.True(site.Age <= sinceLast, $"{site.Age}, where the last quiescent state was {sinceLast} ago.");
        Assert.Contains("    online ", reports.First().ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue / 10_000)]
    public void With_an_infinite_or_enormous_timeout_nothing_is_reported(long milliseconds)
    {
        using BareEngine bare = new();
        TimeSpan timeout = milliseconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(milliseconds);
        ReaderStallDetector detector = new(bare.Engine, timeout);
        bare.Enter(bare.AddReader());
        Assert.False(bare.Engine.TryAdvance(bare.Engine.NextTarget()));
        Assert.False(detector.TryDetect(out _));
    }

    private static RcuDomain New(ReadSideBarrier readSide = ReadSideBarrier.Asymmetric) =>
        new(new RcuDomainOptions { Name = "stalls", ReadSideBarrier = readSide, StallTimeout = s_timeout });

    private static ConcurrentQueue<StallEventArgs> Watch(RcuDomain domain)
    {
        ConcurrentQueue<StallEventArgs> reports = new();
        domain.Stalled += (sender, e) =>
        {
            Assert.Same(domain, sender);
            reports.Enqueue(e);
        };
        return reports;
    }
}
