using System.Diagnostics;
using Quiescent.GracePeriods;

namespace Quiescent.Tests.Diagnostics;

public class DurationHistogramTests
{
    // TimeSpan rounds to 100 ns.
    private static readonly TimeSpan s_rounding = TimeSpan.FromTicks(2);

    [Fact]
    public void Without_durations_all_figures_are_zero() => Assert.Equal(default, new DurationHistogram().Summarize());

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(1_234_567)]
    [InlineData(1L << 40)]
    [InlineData(long.MaxValue)]
    public void One_duration_is_every_figure(long ticks)
    {
        DurationHistogram histogram = new();
        histogram.Add(ticks);
        GracePeriodDurations figures = histogram.Summarize();
        TimeSpan expected = Stopwatch.GetElapsedTime(0, ticks);
        Assert.Equal(
            (expected, expected, expected, expected, expected),
            (figures.Min, figures.Mean, figures.P50, figures.P99, figures.Max));
    }

    [Fact]
    public void A_clock_that_goes_backwards_counts_as_zero()
    {
        DurationHistogram histogram = new();
        histogram.Add(-5);
        Assert.Equal(default, histogram.Summarize());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(1_000)]
    [InlineData(20_000)]
    public void Percentiles_are_rounded_up_by_at_most_thirteen_percent(int count)
    {
        Random random = new(count);
        for (int round = 0; round < 20; round++)
        {
            long[] ticks = [.. Enumerable.Range(0, count).Select(_ => (long)Math.Exp((random.NextDouble() * 18) + 7))];
            DurationHistogram histogram = new();
            foreach (long duration in ticks)
            {
                histogram.Add(duration);
            }

            Array.Sort(ticks);
            GracePeriodDurations figures = histogram.Summarize();
            MustBeAt(figures.P50, ticks[(int)Math.Ceiling(count * 0.5) - 1]);
            MustBeAt(figures.P99, ticks[(int)Math.Ceiling(count * 0.99) - 1]);
            Assert.Equal(Stopwatch.GetElapsedTime(0, ticks[0]), figures.Min);
            Assert.Equal(Stopwatch.GetElapsedTime(0, ticks[^1]), figures.Max);
            TimeSpan mean = Stopwatch.GetElapsedTime(0, (long)ticks.Average());
            Assert.InRange(figures.Mean, mean - s_rounding, mean + s_rounding);
            Assert.True(figures.Min <= figures.P50 && figures.P50 <= figures.P99 && figures.P99 <= figures.Max);
        }
    }

    private static void MustBeAt(TimeSpan figure, long exact)
    {
        TimeSpan lowest = Stopwatch.GetElapsedTime(0, exact);
        Assert.InRange(figure, lowest - s_rounding, (lowest * 1.13) + s_rounding);
    }
}
