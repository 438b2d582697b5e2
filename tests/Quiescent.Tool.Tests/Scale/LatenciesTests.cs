using System.Diagnostics;
using Quiescent.Scale.Workloads;

namespace Quiescent.Tool.Tests.Scale;

public sealed class LatenciesTests
{
    [Fact]
    public void Percentiles_are_near_the_true_ones()
    {
        Latencies latencies = new();
        for (int i = 1; i <= 100_000; i++)
        {
            latencies.Add(i);
        }

        Assert.InRange(latencies.Microseconds(0.5), Microseconds(49_500), Microseconds(50_500));
        Assert.InRange(latencies.Microseconds(0.99), Microseconds(98_000), Microseconds(100_000));
        Assert.Equal(Microseconds(100_000), latencies.MaxMicroseconds);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200)]
    [InlineData(255)]
    public void Short_times_are_exact(long ticks)
    {
        Latencies latencies = new();
        latencies.Add(ticks);
        Assert.Equal(Microseconds(ticks), latencies.Microseconds(0.5));
    }

    [Theory]
    [InlineData(256)]
    [InlineData(1_000_003)]
    [InlineData(long.MaxValue / 2)]
    public void Long_ones_are_within_a_hundredth(long ticks)
    {
        Latencies latencies = new();
        latencies.Add(ticks);
        Assert.InRange(latencies.Microseconds(0.5), Microseconds(ticks) * 0.99, Microseconds(ticks) * 1.01);
    }

    [Fact]
    public void Those_of_several_threads_add_up()
    {
        Latencies all = new();
        foreach (long ticks in (long[])[10, 20, 30])
        {
            Latencies one = new();
            one.Add(ticks);
            all.Add(one);
        }

        Assert.Equal((Microseconds(20), Microseconds(30)), (all.Microseconds(0.5), all.MaxMicroseconds));
    }

    private static double Microseconds(long ticks) => ticks * 1e6 / Stopwatch.Frequency;
}
