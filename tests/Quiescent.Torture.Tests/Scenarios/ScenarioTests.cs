using Quiescent.Torture.Locks;
using Quiescent.Torture.Reports;
using Quiescent.Torture.Resources;
using Quiescent.Torture.Scenarios;
using Quiescent.Torture.Subjects;

namespace Quiescent.Torture.Tests.Scenarios;

// The short form of each scenario: what `quiescent torture --scenario NAME` runs for longer.
[Trait("Category", "Slow")]
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. Scenario.All.Select(scenario => scenario.Name)];

    // Catches every fault that the scenario looks for, and a scenario that does nothing.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_scenario_passes(string name)
    {
        TortureResult result = Run(name, seconds: 2);
        Assert.Empty(result.Failures);
        Assert.Equal(Verdict.Passed, result.Verdict);
        Assert.All(result.Ages.Skip(2), count => Assert.Equal(0, count));
        Assert.Contains(result.Actors.Values, steps => steps > 0);
    }

    // Catches a primitive that the rotation has lost.
    [Fact]
    public void The_scenario_primitives_uses_every_primitive()
    {
        TortureResult result = Run("primitives", seconds: 2);
        Assert.All(result.Primitives, pair => Assert.True(pair.Value > 0, $"{pair.Key} was never used."));
    }

    // Catches readers that hold no sections across awaits, or end them all where they began.
    [Fact]
    public void Sections_of_the_scenario_srcu_io_last_across_operations_and_change_threads()
    {
        TortureResult result = Run("srcu-io", seconds: 2);
        Assert.Equal(1000, result.Figures["asynchronous readers"]);
        Assert.True(result.Figures["I/O operations inside sections"] > 0);
        Assert.True(result.Figures["sections released on another thread than begun"] > 0);
    }

    // The busted twin of a sleepable domain: its grace periods wait for none of the readers that await, pass locks on,
    // and nest.
    [Fact]
    public void A_sleepable_domain_that_does_not_wait_for_its_readers_is_caught()
    {
        TortureResult result = Run(new Scenario("busted", "", session => SleepableReaders.Populate(
            session, name => SrcuSubject.NewBusted(name, session.Failures))));
        Assert.Equal(Verdict.Failed, result.Verdict);
        Assert.Contains(result.Failures, failure => failure.Contains("section", StringComparison.Ordinal));
    }

    // The same only for readers that are held up between choosing a set of counters and counting in it.
    [Fact]
    public void A_sleepable_domain_that_does_not_wait_for_readers_held_up_is_caught()
    {
        TortureResult result = Run(new Scenario("busted", "", session => SleepableReaders.AddHeldUp(
            session, session.Add(SrcuSubject.NewBusted("busted", session.Failures)))));
        Assert.Contains(
            result.Failures, failure => failure.Contains("under a section older than it", StringComparison.Ordinal));
    }

    // The busted twin of the locks: it lets everybody in.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_lock_that_lets_everybody_in_is_caught(bool threads)
    {
        TortureResult result = Run(new Scenario("busted", "", session => LocksUnderLoad.Populate(
            session,
            threads ? new NoLock() : new ThreadLock(domain: null),
            threads ? new TaskLock(domain: null) : new NoLock(),
            "busted")));
        Assert.Equal(Verdict.Failed, result.Verdict);
        Assert.Contains(
            result.Failures,
            failure => failure.Contains(
                threads ? "of the lock 'busted, threads'" : "of the lock 'busted, tasks'", StringComparison.Ordinal));
    }

    // Catches tasks that are never cancelled, or never inside.
    [Fact]
    public void Waits_of_the_scenario_locks_are_cancelled_and_come()
    {
        TortureResult result = Run("locks", seconds: 2);
        Assert.True(result.Figures["waits at a lock that were cancelled"] > 0);
        Assert.True(result.Figures["reads under a lock across awaits"] > 0);
        Assert.True(result.Figures["writes under a lock across awaits"] > 0);
    }

    // Catches updaters whose closes no reader ever meets, or that leave nothing to finalizers.
    [Fact]
    public void Resources_are_found_open_and_closed()
    {
        TortureResult result = Run("resources", seconds: 2);
        Assert.True(result.Figures["resources looked at"] > 0);
        Assert.True(result.Figures["resources found closed"] > 0);
    }

    // The busted twin of resources that wait for their readers.
    [Fact]
    public void Resources_that_are_released_at_once_are_caught()
    {
        TortureResult result =
            Run(new Scenario("busted", "", session => ResourcesUnderReaders.Populate(session, Releasing.AtOnce)));
        Assert.Equal(Verdict.Failed, result.Verdict);
        Assert.Contains(result.Failures, failure => failure.Contains("under a section", StringComparison.Ordinal));
    }

    // Catches a result that a machine cannot read.
    [Fact]
    public void The_result_is_JSON()
    {
        using System.Text.Json.JsonDocument json =
            System.Text.Json.JsonDocument.Parse(Run("stall", seconds: 1).ToJson());
        Assert.Equal("Passed", json.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(1ul, json.RootElement.GetProperty("seed").GetUInt64());
        Assert.Equal("stall", json.RootElement.GetProperty("scenario").GetString());
    }

    private static TortureResult Run(string name, int seconds) => Run(Scenario.Find(name)!, seconds);

    private static TortureResult Run(Scenario scenario, int seconds = 30) => TortureRun.Run(
        new TortureOptions { Scenario = scenario, Duration = TimeSpan.FromSeconds(seconds), Seed = 1 },
        TextWriter.Null);
}
