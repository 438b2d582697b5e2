using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Tool.Tests.Scale;

public sealed class BudgetTests
{
    private static readonly TimeSpan s_overhead = TimeSpan.FromMilliseconds(10);

    private static readonly Contest s_two = Contests.Of(
        "X", Contests.Measuring("a", 1), Contests.Measuring("b", 1), Contests.Absent("c", "away")) with
    {
        TurnOverhead = s_overhead,
    };

    // Two contests, two contestants each, five rounds and a turn to warm up: 24 turns.
    [Fact]
    public void Turns_share_the_time_that_is_left_after_their_overhead()
    {
        Plan plan = Next(total: 50, elapsed: 2, s_two, s_two with { Id = "Y" });
        Assert.Equal(("X", 5), (plan.Contest.Id, plan.Rounds));
        Assert.Equal(TimeSpan.FromSeconds(2) - s_overhead, plan.Turn);
        Assert.Equal(TimeSpan.FromSeconds(24), plan.Time);
    }

    [Fact]
    public void Contests_of_fixed_length_keep_theirs_and_the_others_share_the_rest()
    {
        Contest fixedLength = s_two with { Id = "Y", TurnLength = TimeSpan.FromSeconds(1) - s_overhead, MaxRounds = 3 };
        Assert.Equal(TimeSpan.FromSeconds(1) - s_overhead, Next(total: 18, elapsed: 0, s_two, fixedLength).Turn);
        Assert.Equal(TimeSpan.FromSeconds(1) - s_overhead, Next(total: 18, elapsed: 0, fixedLength, s_two).Turn);
        Assert.Equal(TimeSpan.FromSeconds(6), Next(total: 18, elapsed: 0, fixedLength, s_two).Time);
    }

    // A set-up that two contests share is paid for once.
    [Fact]
    public void Set_up_is_paid_for_once()
    {
        SetUp setUp = new("compiling", TimeSpan.FromSeconds(1));
        Contest one = s_two with { Contestants = [Contests.Measuring("a", 1) with { SetUp = setUp }] };
        Contest other = one with { Id = "Y" };
        Budget budget = new(TimeSpan.FromSeconds(25), 5);
        Plan plan = budget.Next(TimeSpan.Zero, [one, other])!;
        Assert.Equal(TimeSpan.FromSeconds(2) - s_overhead, plan.Turn);
        Assert.Equal(TimeSpan.FromSeconds(13), plan.Time);

        budget.Finish(one);
        Assert.Equal(TimeSpan.FromSeconds(12), budget.Next(TimeSpan.FromSeconds(13), [other])!.Time);
    }

    // 12 turns of 30 ms are 0.36 s; with three rounds they are 8 turns, 0.24 s.
    [Theory]
    [InlineData(0.40, 5)]
    [InlineData(0.31, 4)]
    [InlineData(0.25, 3)]
    public void When_the_time_does_not_suffice_there_are_fewer_rounds(double total, int rounds)
    {
        Plan plan = Next(total, elapsed: 0, s_two);
        Assert.Equal(rounds, plan.Rounds);
        Assert.True(plan.Time <= TimeSpan.FromSeconds(total));
    }

    [Fact]
    public void Contests_that_do_not_fit_even_so_are_left_out() =>
        Assert.Null(new Budget(TimeSpan.FromSeconds(0.23), 5).Next(TimeSpan.Zero, [s_two]));

    [Fact]
    public void Headlines_come_first_and_then_the_shortest()
    {
        Contest longer = s_two with { Id = "long", TurnOverhead = TimeSpan.FromMilliseconds(100) };
        Contest shorter = s_two with { Id = "short" };
        Assert.Equal("short", Next(total: 1.1, elapsed: 0, longer, shorter).Contest.Id);
        Assert.Equal("long", Next(total: 1.1, elapsed: 0, longer with { IsHeadline = true }, shorter).Contest.Id);
    }

    // The other contestants are measured all the same; one that is alone is left out with its contest.
    [Fact]
    public void A_contestant_whose_set_up_takes_half_of_the_time_is_left_out()
    {
        Contestant slow =
            Contests.Measuring("slow", 1) with { SetUp = new SetUp("compiling it", TimeSpan.FromSeconds(25)) };
        Plan plan = Next(total: 40, elapsed: 0, s_two with { Contestants = [.. s_two.Contestants, slow] });
        Assert.Equal("left out: compiling it takes about 25 s", plan.Contest.Contestants[^1].Absent);
        Assert.Null(plan.Contest.Contestants[0].Absent);
        Assert.Null(new Budget(TimeSpan.FromSeconds(40), 5).Next(TimeSpan.Zero, [s_two with { Contestants = [slow] }]));
        Assert.Null(
            Next(total: 60, elapsed: 0, s_two with { Contestants = [.. s_two.Contestants, slow] })
                .Contest.Contestants[^1].Absent);
    }

    [Fact]
    public void A_native_turn_pays_for_the_start_of_its_process_and_has_no_turn_to_warm_up()
    {
        Contest native =
            Contests.Of("X", Contests.Measuring("a", 1) with { Side = Side.Native }) with { TurnOverhead = s_overhead };
        Assert.Equal(
            TimeSpan.FromMilliseconds(3 * (20 + 10 + 30)), new Budget(TimeSpan.FromSeconds(1), 5).LeastOf(native));
    }

    private static Plan Next(double total, double elapsed, params Contest[] remaining) =>
        new Budget(TimeSpan.FromSeconds(total), 5).Next(TimeSpan.FromSeconds(elapsed), remaining)!;
}
