using Quiescent.Claims.Figures;

namespace Quiescent.Tool.Tests.Claims;

public sealed class FiguresTests
{
    [Theory]
    [InlineData(new[] { 3.0 }, 3, 3, 3)]
    [InlineData(new[] { 9.0, 1.0, 2.0 }, 2, 1, 9)]
    [InlineData(new[] { 9.0, 1.0, 2.0, 4.0 }, 3, 1, 9)]
    public void A_spread_is_the_median_the_lowest_and_the_highest(double[] values, double median, double lowest, double highest) =>
        Assert.Equal(new Spread(median, lowest, highest), Spread.Of(values));

    [Fact]
    public void There_is_no_spread_of_nothing() => Assert.Throws<ArgumentException>(() => Spread.Of([]));

    // Fault caught: the ratio of the medians, 2 here, which compares a good round of one with a bad round of the other.
    [Fact]
    public void Ratios_are_taken_within_each_round() =>
        Assert.Equal(new Spread(4, 0.5, 5), Spread.OfRatios([2, 4, 50], [4, 1, 10]));

    [Fact]
    public void Rounds_that_one_side_missed_have_no_ratio() =>
        Assert.Throws<ArgumentException>(() => Spread.OfRatios([1, 2], [1]));

    [Theory]
    [InlineData(30, Outcome.Holds, "holds: 30×, ")]
    [InlineData(1.5, Outcome.Holds, "holds: 1.50×, ")]
    [InlineData(1.01, Outcome.Inconclusive, "makes no difference here: 1.01×, ")]
    [InlineData(0.99, Outcome.Inconclusive, "makes no difference here: 0.99×, ")]
    [InlineData(0.5, Outcome.DoesNotHold, "does not hold here: 0.50×, ")]
    public void A_finding_says_what_the_ratio_says(double ratio, object outcome, string beginning)
    {
        Finding finding = Finding.Of(ratio, "figures");
        Assert.Equal(outcome, finding.Outcome);
        Assert.Equal(beginning + "figures", finding.Text);
    }

    [Fact]
    public void What_was_not_measured_is_inconclusive() =>
        Assert.Equal(Outcome.Inconclusive, Finding.Of(double.NaN, "figures").Outcome);
}
