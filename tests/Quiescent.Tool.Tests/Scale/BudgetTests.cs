using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Tool.Tests.Scale;

public sealed class BudgetTests
{
    private static readonly Contest s_two = Contests.Of("X", Contests.Measuring("a", 1), Contests.Measuring("b", 1), Contests.Absent("c", "away"));

    // Two contests, two contestants each, five rounds and a turn to warm up: 24 turns.
    [Fact]
    public void Turns_share_the_time_that_is_left() =>
        Assert.Equal(TimeSpan.FromSeconds(2), new Budget(TimeSpan.FromSeconds(50), 5).TurnOf(TimeSpan.FromSeconds(2), [s_two, s_two]));

    [Fact]
    public void What_contests_of_fixed_length_take_is_set_aside()
    {
        Contest fixedLength = s_two with { TurnLength = TimeSpan.FromSeconds(1), MaxRounds = 3 };
        Budget budget = new(TimeSpan.FromSeconds(18), 5);
        Assert.Equal(TimeSpan.FromSeconds(1), budget.TurnOf(TimeSpan.Zero, [s_two, fixedLength]));
        Assert.Equal(TimeSpan.FromSeconds(1), budget.TurnOf(TimeSpan.Zero, [fixedLength, s_two]));
    }

    [Fact]
    public void No_turn_is_shorter_than_the_shortest() =>
        Assert.Equal(Budget.ShortestTurn, new Budget(TimeSpan.FromSeconds(1), 5).TurnOf(TimeSpan.FromSeconds(9), [s_two]));
}
