using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using Quiescent.Diagnostics;
using Quiescent.Ordering;
using Quiescent.Readers;
using Quiescent.Tests.Faults;
using Quiescent.Tests.Support;

namespace Quiescent.Tests.Diagnostics;

// What a stall's report says of the reader's thread. Those over a bare engine make each look themselves.
public sealed unsafe class StallThreadTests
{
    private static readonly TimeSpan s_least = TimeSpan.FromMilliseconds(100);

    private const string NotHere = "The library asks Linux alone.";

    private static readonly TimeSpan s_timeout = TimeSpan.FromMilliseconds(20);

    public static bool CanTell => OsThread.CanTell;

    [Theory(SkipUnless = nameof(CanTell), Skip = NotHere)]
    [InlineData(ParkedReaderKind.Section)]
    [InlineData(ParkedReaderKind.Registered)]
    [InlineData(ParkedReaderKind.Online)]
    public void Of_a_reader_that_waits_it_says_that_its_thread_sleeps_and_since_when(ParkedReaderKind kind)
    {
        using RcuDomain domain = New();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using ParkedReader reader = new(domain, kind);
        using Worker synchronizer = Worker.Start(domain.Synchronize);
        Until.True(() => reports.Any(report =>
            report.ThreadState == StalledThreadState.Sleeping && report.ThreadProcessorTime == TimeSpan.Zero));
        reader.Release();
        StallEventArgs said = reports.First(report => report.ThreadProcessorTime == TimeSpan.Zero);
        Assert.InRange(said.ThreadObservedFor!.Value, TimeSpan.FromTicks(1), said.Duration);
        string seconds = said.ThreadObservedFor.Value.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
        Assert.Contains(
            $"{Environment.NewLine}    its thread sleeps, and has used no processor time for {seconds} s",
            said.ToString(),
            StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(CanTell), Skip = NotHere)]
    public void Of_a_reader_that_computes_it_says_how_much_processor_time_it_has_used()
    {
        using RcuDomain domain = New();
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using ParkedReader reader = new(domain);
        using Worker synchronizer = Worker.Start(domain.Synchronize);
        reader.Run(() => SpinWait.SpinUntil(() => reports.Any(IsComputing), Until.Bound / 2));
        reader.Release();
        Assert.Matches(
            @"\n    its thread runs, and has used \d+\.\d\d s of processor time in the last \d+\.\d s",
            reports.First(IsComputing).ToString());
    }

    // Fault caught: each report compares with the one before, and so forgets since when a thread has not run.
    [Fact(SkipUnless = nameof(CanTell), Skip = NotHere)]
    public void While_the_thread_uses_no_time_the_first_look_is_the_one_to_compare_with()
    {
        using Stall stall = new();
        stall.Detector.Look();
        SayingSomething();
        TimeSpan last = TimeSpan.Zero;
        for (int i = 0; i < 10; i++)
        {
            ThreadActivity activity = stall.Report();
            Assert.Equal((TimeSpan.Zero, 'S'), (activity.Used, activity.State));
            Assert.True(activity.ObservedFor > last, $"{activity.ObservedFor} after {last}");
            last = activity.ObservedFor!.Value;
        }
    }

    // Fault caught: "waits for a processor" of a thread that runs, from two looks too near one another to tell.
    [Fact(SkipUnless = nameof(CanTell), Skip = NotHere)]
    public void From_two_looks_at_nearly_the_same_time_nothing_is_said_of_time()
    {
        using Stall stall = new();
        bool wasAtOnce = false;
        for (int i = 0; i < 100 && !wasAtOnce; i++)
        {
            long before = Stopwatch.GetTimestamp();
            stall.Detector.Look();
            TimeSpan? observed = stall.Report().ObservedFor;
            wasAtOnce = Stopwatch.GetElapsedTime(before) < s_least;
            Assert.True(!wasAtOnce || observed is null, $"{observed}");
            stall.NextSection();
        }
    }

    // Fault caught: "no processor time" from one look.
    [Fact(SkipUnless = nameof(CanTell), Skip = NotHere)]
    public void From_one_look_nothing_is_said_of_time()
    {
        using Stall stall = new();
        ThreadActivity activity = stall.Report();
        Assert.Equal('S', activity.State);
        Assert.Null(activity.ObservedFor);
        SayingSomething();
        Assert.NotNull(stall.Report().ObservedFor);
    }

    // Fault caught: a time in which the thread was inside another section, or outside.
    [Fact(SkipUnless = nameof(CanTell), Skip = NotHere)]
    public void A_look_at_an_earlier_section_says_nothing_of_the_next()
    {
        using Stall stall = new();
        stall.Detector.Look();
        SayingSomething();
        stall.NextSection();
        Assert.Null(stall.Report().ObservedFor);
    }

    // Fault caught: domains of which nobody waits, whose shared reclaimer looks, and reports through another thread.
    [Fact(SkipUnless = nameof(CanTell), Skip = NotHere)]
    public void A_thread_that_may_not_report_makes_the_first_look()
    {
        using Stall stall = new();
        Assert.True(stall.Detector.Look());
        SayingSomething();
        Assert.NotNull(stall.Report().ObservedFor);
    }

    // The time from which two looks say something of the processor time between them.
    private static void SayingSomething() => Thread.Sleep(s_least + TimeSpan.FromMilliseconds(10));

    [Fact]
    public void Of_a_thread_that_has_ended_it_says_nothing()
    {
        using Stall stall = new();
        stall.Report();
        SayingSomething();
        stall.EndThread();
        ThreadActivity activity = stall.Report();
        Assert.Null(activity.ObservedFor);
        Assert.Equal(default, activity.State);
    }

    // Fault caught: an exception, or no report at all, where /proc cannot be read.
    [Fact]
    public void Without_the_system_s_file_it_says_nothing_and_reports_all_the_same()
    {
        using RcuDomain domain = New();
        using Failures failures = new(FaultSite.ThreadStat, Failing.Every);
        ConcurrentQueue<StallEventArgs> reports = Watch(domain);
        using ParkedReader reader = new(domain);
        using Worker synchronizer = Worker.Start(domain.Synchronize);
        Until.True(() => reports.Count >= 2);
        reader.Release();
        Assert.True(failures.Failed >= 2 || !CanTell);
        foreach (StallEventArgs report in reports)
        {
            Assert.Equal(StalledThreadState.Unknown, report.ThreadState);
            Assert.Null(report.ThreadObservedFor);
            Assert.Null(report.ThreadProcessorTime);
            Assert.DoesNotContain("its thread", report.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Of_a_sleepable_section_it_says_nothing()
    {
        using SrcuDomain domain = new(new RcuDomainOptions { StallTimeout = s_timeout });
        ConcurrentQueue<StallEventArgs> reports = [];
        domain.Stalled += (_, report) => reports.Enqueue(report);
        using ParkedReader reader = new(domain);
        using Worker synchronizer = Worker.Start(domain.Synchronize);
        Until.True(() => reports.Count >= 2);
        reader.Release();
        Assert.All(reports, report => Assert.Equal(
            (StalledThreadState.Unknown, null, null),
            (report.ThreadState, report.ThreadObservedFor, report.ThreadProcessorTime)));
    }

    [Theory]
    [InlineData('R', 0, "waits for a processor, and has used no processor time for 3.0 s")]
    [InlineData('R', 2, "runs, and has used 2.00 s of processor time in the last 3.0 s")]
    [InlineData('S', 0, "sleeps, and has used no processor time for 3.0 s")]
    [InlineData('D', 0, "waits in the kernel, uninterruptibly, and has used no processor time for 3.0 s")]
    [InlineData('T', 0, "is stopped, and has used no processor time for 3.0 s")]
    [InlineData('t', 0, "is stopped, and has used no processor time for 3.0 s")]
    [InlineData('Z', 0, null)]
    public void Each_letter_of_the_system_has_its_words(char letter, int used, string? words)
    {
        ThreadActivity activity = new(letter, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(used));
        Assert.Equal(words, Words(activity));
    }

    [Fact]
    public void From_one_look_the_words_are_the_state_alone() =>
        Assert.Equal("runs", Words(new ThreadActivity('R', ObservedFor: null, TimeSpan.Zero)));

    // Fault caught: a thread of the program that was given the number of a reader's.
    [Fact(SkipUnless = nameof(CanTell), Skip = NotHere)]
    public void A_thread_that_has_the_number_of_an_earlier_one_is_not_taken_for_it()
    {
        object life = ThreadLife.OfCurrent();
        Assert.Equal('R', ((ThreadLife)life).ReadStat().State);
        typeof(ThreadLife).GetField("_seenAt", BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(life, -2L);
        Assert.Equal(default, ((ThreadLife)life).ReadStat());
    }

    // Fault caught: a look that takes memory, once a millisecond for as long as the stall lasts.
    [Fact]
    public void Looks_and_calls_between_two_reports_take_no_memory()
    {
        using Stall stall = new(s_timeout);
        stall.Report(); // The first call of each method may take some.
        stall.NextSection();
        long allocated = 0;
        bool hasReported = false;
        while (!hasReported)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            hasReported = stall.Detector.TryDetect(out _);
            allocated += hasReported ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private static string? Words(ThreadActivity activity)
    {
        ReaderIdentity reader = new("reader", 1, 2);
        ReaderStall stall = new(reader, 1, TimeSpan.FromSeconds(21), 1, activity);
        StallEventArgs report = new("domain", stall, waitingLock: null, new RcuStatistics(), isDisposing: false);
        string text = report.ToString();
        const string Before = "\n    its thread ";
        int start = text.IndexOf(Before, StringComparison.Ordinal);
        return start < 0 ? null : text[(start + Before.Length)..].Split('\n')[0].TrimEnd('\r');
    }

    private static bool IsComputing(StallEventArgs report) =>
        report.ThreadState == StalledThreadState.Running && report.ThreadProcessorTime > TimeSpan.Zero;

    private static RcuDomain New() => new(new RcuDomainOptions { StallTimeout = s_timeout });

    private static ConcurrentQueue<StallEventArgs> Watch(RcuDomain domain)
    {
        ConcurrentQueue<StallEventArgs> reports = [];
        domain.Stalled += (_, report) => reports.Enqueue(report);
        return reports;
    }

    // A grace period that waits for the section of a thread that sleeps.
    private sealed class Stall : IDisposable
    {
        private readonly BareEngine _bare = new();
        private readonly ManualResetEventSlim _end = new();
        private readonly Worker _thread;
        private nint _slot;

        public Stall(TimeSpan? timeout = null)
        {
            Detector = new ReaderStallDetector(_bare.Engine, timeout ?? TimeSpan.FromTicks(1));
            _thread = Worker.Start(() =>
            {
                Volatile.Write(ref _slot, (nint)_bare.AddReader());
                _end.Wait();
            });
            Until.True(() => Volatile.Read(ref _slot) != 0 && IsAsleep);
            Enter();
        }

        public ReaderStallDetector Detector { get; }

        private ReaderSlot* Slot => (ReaderSlot*)_slot;

        private bool IsAsleep => !CanTell || _bare.Engine.Slots.OwnerOf(0)!.Life.ReadStat().State == 'S';

        /// <summary>The next report.</summary>
        public ThreadActivity Report()
        {
            ReaderStall stall = default;
            Until.True(() => Detector.TryDetect(out stall));
            return stall.Activity;
        }

        /// <summary>The thread leaves its section, and is in the way in another one.</summary>
        public void NextSection()
        {
            _bare.Exit(Slot);
            Assert.True(_bare.Engine.TryAdvance(_bare.Engine.NextTarget() - SectionWord.SequenceStep));
            Enter();
        }

        public void EndThread()
        {
            _end.Set();
            _thread.Join();
            ulong id = _bare.Engine.Slots.OwnerOf(0)!.Life.OsThreadId;
            Until.True(() => !CanTell || OsThread.IsGone(id) || OsThread.HasAnother(id, OsThread.Now - 1));
        }

        public void Dispose()
        {
            _end.Set();
            _thread.Join();
            _thread.Dispose();
            _end.Dispose();
            _bare.Dispose();
        }

        private void Enter()
        {
            _bare.Enter(Slot);
            Assert.False(_bare.Engine.TryAdvance(_bare.Engine.NextTarget()));
        }
    }
}
