using RouteTable.Data;
using RouteTable.Truth;

namespace RouteTable.Tests;

public sealed class ReplayTests
{
    [Fact]
    public void It_starts_at_the_newer_table_and_goes_back_and_forth()
    {
        Replay replay = OfLength(3);
        IEnumerable<int> steps = Enumerable.Range(0, 11);
        Assert.Equal([3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1], steps.Select(step => replay.PositionAfter(step)));
        Assert.Equal([2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1], steps.Select(step => replay.ChangeOf(step)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void The_positions_between_two_moments_are_those_passed_through(int length)
    {
        Replay replay = OfLength(length);
        for (int from = 0; from < 4 * length; from++)
        {
            for (int to = from; to < from + 5 * length; to++)
            {
                int[] passed = [.. Enumerable.Range(from, to - from + 1).Select(steps => replay.PositionAfter(steps))];
                Assert.Equal((passed.Min(), passed.Max()), replay.PositionsBetween(from, to));
            }
        }
    }

    [Fact]
    public void The_counter_tells_a_step_under_way_from_a_finished_one()
    {
        var counter = new StepCounter();
        for (int step = 0; step < 3; step++)
        {
            Assert.Equal((step, step), (counter.Finished, counter.Started));
            counter.Begin();
            Assert.Equal((step, step + 1), (counter.Finished, counter.Started));
            counter.End();
        }
    }

    private static Replay OfLength(int changes) =>
        new([.. Enumerable.Range(0, changes).Select(i => new Change(new Prefix((uint)i << 8, 24), null, 1))]);
}
