using Quiescent.Claims.Barriers;
using Quiescent.Claims.Figures;
using Quiescent.Claims.Footprint;
using Quiescent.Claims.Subject;

namespace Quiescent.Tool.Tests.Claims;

public sealed class FootprintTests
{
    [Fact]
    public void Functions_are_paired_with_the_offsets_of_the_same_path_and_number_of_methods()
    {
        Timing[] timings =
        [
            new(ReclaimPath.Library, 256, Word.Offset, [1_000]),
            new(ReclaimPath.Bare, 256, Word.Function, [40, 30]),
            new(ReclaimPath.Bare, 1, Word.Offset, [500, 500]),
            new(ReclaimPath.Bare, 256, Word.Offset, [10, 10]),
        ];
        TimedPair pair = Assert.Single(BlockFootprint.Pair("JIT", timings));
        Assert.Equal((ReclaimPath.Bare, 256, 3.5, 35.0, 10.0), (pair.Path, pair.Methods, pair.Ratio.Median, pair.Functions.Median, pair.Offsets.Median));
    }

    // Fault caught: a verdict that holds whatever was measured, or one that a compiler's good figure saves.
    [Theory]
    [InlineData(20, 30, Outcome.Holds)]
    [InlineData(20, 10, Outcome.Inconclusive)]
    [InlineData(20, 5, Outcome.DoesNotHold)]
    public void The_claim_stands_or_falls_with_the_worse_compiler(double jit, double aheadOfTime, object outcome)
    {
        TimedPair[] pairs = [.. Pairs("JIT", jit), .. Pairs("NativeAOT", aheadOfTime)];
        Assert.Equal(outcome, BlockFootprint.Judge(pairs, []).Outcome);
    }

    [Theory]
    [InlineData(5, 1, Outcome.Holds)]
    [InlineData(1, 1, Outcome.Inconclusive)]
    [InlineData(1, 5, Outcome.DoesNotHold)]
    public void Barriers_are_judged_where_they_cost_least_and_something_waits(double functions, double trivial, object outcome)
    {
        BarrierCell[] cells = [Cell(0, 1, 1), Cell(1_000, functions, trivial), Cell(2_000, 100, 1)];
        Assert.Equal(outcome, BarrierCost.Judge(cells).Outcome);
    }

    [Fact]
    public void Without_anything_queued_barriers_show_nothing() =>
        Assert.Equal(Outcome.Inconclusive, BarrierCost.Judge([Cell(0, 5, 1)]).Outcome);

    private static IEnumerable<TimedPair> Pairs(string compiler, double functions) =>
        Way.MethodCounts.SelectMany(methods => BlockFootprint.Pair(
            compiler,
            [new(ReclaimPath.Bare, methods, Word.Function, [functions]), new(ReclaimPath.Bare, methods, Word.Offset, [10])]));

    private static BarrierCell Cell(int backlog, double functions, double trivial) => new(1, backlog)
    {
        Functions = Spread.Of([functions]),
        Trivial = Spread.Of([trivial]),
        TrivialBarrier = Spread.Of([functions]),
        Ratio = Spread.OfRatios([functions], [trivial]),
    };
}
