using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Tool.Tests.Scale;

public sealed class JudgeTests
{
    // The medians are 2 and 20; round by round the ratio is a half, a half, and a hundredth.
    [Fact]
    public void Contestants_are_compared_round_by_round()
    {
        ContestResult result = Contests.Judged(
            Contests.Of("X", Contests.Measuring("ours", 1, 2, 10), Contests.Measuring("peer", 2, 4, 1_000)), rounds: 3);
        Assert.Equal(new Spread(0.5, 0.01, 0.5), result.FindRatio("ours", "peer")!.Value);
        Assert.Equal(new Spread(2, 2, 100), result.FindRatio("peer", "ours")!.Value);
    }

    [Theory]
    [InlineData("AtMost", 0.5, "peer", "Met")]
    [InlineData("AtMost", 0.49, "peer", "Missed")]
    [InlineData("AtLeast", 0.5, "peer", "Met")]
    [InlineData("AtLeast", 0.51, "peer", "Missed")]
    [InlineData("AtMost", 2, null, "Met")]
    [InlineData("AtMost", 1.9, null, "Missed")]
    public void A_target_bounds_the_median_of_the_ratio_or_of_the_figure(
        string bound, double factor, string? peer, string verdict)
    {
        TargetResult result = Verdicts(new Target("ours", Enum.Parse<Bound>(bound), factor, peer));
        Assert.Equal((verdict, null), (result.Verdict.ToString(), result.Reason));
        Assert.Equal(peer is null ? 2 : 0.5, result.Measured!.Value.Median);
    }

    [Theory]
    [InlineData("absent", "absent: not installed")]
    [InlineData("failing", "failing failed")]
    [InlineData("unknown", "unknown does not take part")]
    public void A_figure_that_a_peer_did_not_measure_cannot_be_judged(string peer, string reason)
    {
        TargetResult result = Verdicts(new Target("ours", Bound.AtMost, 1, peer));
        Assert.Equal((Verdict.NotJudged, null, reason), (result.Verdict, result.Measured, result.Reason));
    }

    [Fact]
    public void A_figure_of_zero_meets_its_bound_and_is_no_divisor()
    {
        Contest contest = Contests.Of("X", Contests.Measuring("ours", 0), Contests.Measuring("peer", 0)) with
        {
            Targets = [new Target("ours", Bound.AtMost, 0), new Target("ours", Bound.AtMost, 1, "peer")],
        };
        ContestResult result = Contests.Judged(contest, rounds: 1);
        Assert.Equal([Verdict.Met, Verdict.NotJudged], result.Targets.Select(target => target.Verdict));
        Assert.Empty(result.Ratios);
    }

    [Theory]
    [InlineData("peak MiB", "Met")]
    [InlineData("no such detail", "NotJudged")]
    public void A_target_may_be_of_a_detail(string detail, string verdict)
    {
        Contestant ours = new("ours", Side.Ours, _ => new Reading(1_000) { Details = [new Detail("peak MiB", 100)] });
        Contest contest =
            Contests.Of("X", ours) with { Targets = [new Target("ours", Bound.AtMost, 128) { Detail = detail }] };
        Assert.Equal(verdict, Contests.Judged(contest, rounds: 2).Targets[0].Verdict.ToString());
    }

    private static TargetResult Verdicts(Target target)
    {
        Contest contest = Contests.Of(
            "X",
            Contests.Measuring("ours", 1, 2, 10),
            Contests.Measuring("peer", 2, 4, 20),
            Contests.Absent("absent", "not installed"),
            Contests.Failing("failing", "out of luck")) with
        {
            Targets = [target],
        };
        return Assert.Single(Contests.Judged(contest, rounds: 3).Targets);
    }
}
