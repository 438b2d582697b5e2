using Quiescent.Torture.Reports;
using Quiescent.Torture.Scenarios;

namespace Quiescent.Torture.Tests.Scenarios;

// The short form of each scenario: what `quiescent torture --scenario NAME` runs for longer.
public sealed class ScenarioTests
{
    public static TheoryData<string> Names => [.. Scenario.All.Select(scenario => scenario.Name)];

    // Catches whatever the scenario is after; and a scenario that does nothing.
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

    // Catches a result that a machine cannot read.
    [Fact]
    public void The_result_is_JSON()
    {
        using System.Text.Json.JsonDocument json = System.Text.Json.JsonDocument.Parse(Run("stall", seconds: 1).ToJson());
        Assert.Equal("Passed", json.RootElement.GetProperty("verdict").GetString());
        Assert.Equal(1ul, json.RootElement.GetProperty("seed").GetUInt64());
        Assert.Equal("stall", json.RootElement.GetProperty("scenario").GetString());
    }

    private static TortureResult Run(string name, int seconds) => TortureRun.Run(
        new TortureOptions { Scenario = Scenario.Find(name)!, Duration = TimeSpan.FromSeconds(seconds), Seed = 1 },
        TextWriter.Null);
}
