using Quiescent.Scale.Runs;

namespace Quiescent.Tool.Tests.Scale;

public sealed class SpreadTests
{
    [Theory]
    [InlineData(new double[] { 7 }, 7, 7, 7)]
    [InlineData(new double[] { 3, 1, 2 }, 2, 1, 3)]
    [InlineData(new double[] { 4, 1, 3, 100 }, 3.5, 1, 100)]
    public void The_median_stands_in_the_middle(double[] readings, double median, double min, double max) =>
        Assert.Equal(new Spread(median, min, max), Spread.Of(readings));
}
