using System.Diagnostics;
using Quiescent.Torture.Actors;
using Quiescent.Torture.Reports;
using Quiescent.Torture.Scenarios;
using Quiescent.Torture.Subjects;
using Quiescent.Torture.Tests.Support;
using Quiescent.Torture.Watch;

namespace Quiescent.Torture.Tests.Watch;

public sealed class WatchdogTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(50);

    private static readonly RcuStatistics s_waiting = new() { GracePeriodsCompleted = 7, BlocksWaiting = 1 };

    // The busted twin of an engine that makes progress: something waits, and no grace period ever completes.
    [Fact]
    public void A_domain_that_waits_and_completes_no_grace_period_is_still()
    {
        Pulse pulse = new();
        Assert.Equal(TimeSpan.Zero, pulse.Beat(s_waiting, now: Stopwatch.Frequency));
        Assert.Equal(TimeSpan.FromSeconds(20), pulse.Beat(s_waiting, now: 21 * Stopwatch.Frequency));
    }

    [Fact]
    public void A_domain_that_completes_one_or_has_nothing_to_do_is_not()
    {
        Pulse pulse = new();
        pulse.Beat(s_waiting, now: Stopwatch.Frequency);
        Assert.Equal(
            TimeSpan.Zero, pulse.Beat(s_waiting with { GracePeriodsCompleted = 8 }, now: 21 * Stopwatch.Frequency));
        Assert.Equal(
            TimeSpan.Zero, pulse.Beat(new RcuStatistics { GracePeriodsCompleted = 8 }, now: 51 * Stopwatch.Frequency));
    }

    [Fact]
    public void A_still_domain_is_a_failure_that_names_it()
    {
        FailureLog failures = Log.New();
        using RcuSubject subject = RcuSubject.New("still", failures);
        Watchdog watchdog = new(TimeSpan.Zero, failures);
        watchdog.Check(subject, s_waiting);
        Assert.False(failures.Any);
        watchdog.Check(subject, s_waiting);
        Log.MustHold(failures, "No grace period has completed in the domain 'still'");
    }

    // The busted twin of a barrier that returns: it ends the run, which reports what hangs and does not hang itself.
    [Fact]
    [Trait("Category", "Slow")]
    public void An_operation_that_does_not_return_ends_the_run_as_a_failure()
    {
        using ManualResetEventSlim never = new();
        TortureResult result = RunOne(session => new Hanging(session, never), s_short);
        never.Set();
        Assert.Equal(Verdict.Failed, result.Verdict);
        Assert.Contains("'hanging' hangs: a barrier", result.Failures[0], StringComparison.Ordinal);
    }

    // The busted twin of an actor that works.
    [Fact]
    public void An_exception_in_an_actor_ends_the_run_as_a_failure()
    {
        TortureResult result = RunOne(session => new Throwing(session), Watchdog.DefaultLimit);
        Assert.Equal(Verdict.Failed, result.Verdict);
        Assert.Contains("what it threw", result.Failures[0], StringComparison.Ordinal);
        Assert.InRange(result.Seconds, 0, 3600);
    }

    // A run in which no reader could have seen anything must not pass.
    [Fact]
    [Trait("Category", "Slow")]
    public void A_run_whose_readers_hold_no_unlinked_block_is_inconclusive()
    {
        TortureResult result =
            RunOne(session => new Unlinking(session, session.SharedDomains[1]), Watchdog.DefaultLimit, seconds: 1);
        Assert.Equal(Verdict.Inconclusive, result.Verdict);
    }

    private static TortureResult RunOne(
        Func<Session, Actor> make, TimeSpan limit, int seconds = 3600) => TortureRun.Run(
        new TortureOptions
        {
            Scenario = new Scenario("one", "one actor", session => session.Add(make(session))),
            Duration = TimeSpan.FromSeconds(seconds),
            HangLimit = limit,
        },
        TextWriter.Null);

    private sealed class Hanging(Session session, ManualResetEventSlim never) : Actor("hanging", session)
    {
        protected override void Step()
        {
            Doing("a barrier");
            never.Wait();
        }
    }

    private sealed class Throwing(Session session) : Actor("throwing", session)
    {
        protected override void Step() => throw new InvalidOperationException("what it threw");
    }

    // Ages a block in one go: there is no reader to see it.
    private sealed unsafe class Unlinking(Session session, Subject subject) : Actor("unlinking", session)
    {
        protected override void Step()
        {
            Torture.Blocks.AgeBlock* block = subject.Pipe.Unlink(Random);
            while (!subject.Pipe.GrowOlder(block))
            {
            }
        }
    }
}
