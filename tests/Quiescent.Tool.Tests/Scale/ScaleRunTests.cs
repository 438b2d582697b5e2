using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;

namespace Quiescent.Tool.Tests.Scale;

public sealed class ScaleRunTests
{
    [Fact]
    public void All_take_turns_in_an_order_that_rotates_after_one_turn_each_that_does_not_count()
    {
        List<string> turns = [];
        Contestant Noting(string name) => new(name, Side.Managed, _ =>
        {
            turns.Add(name);
            return new Reading(turns.Count);
        });
        ScaleResult result = Contests.Run(3, Contests.Of("X", Noting("a"), Noting("b"), Noting("c")));
        Assert.Equal("abc abc bca cab", string.Join(' ', turns.Chunk(3).Select(round => string.Concat(round))));
        Assert.Equal([4, 9, 11], result.Contests[0].Rows[0].Readings);
    }

    [Fact]
    public void A_contestant_that_throws_is_a_failed_row_and_the_others_go_on()
    {
        int turns = 0;
        Contestant failing = new(
            "failing", Side.Managed, _ => ++turns < 3 ? new Reading(1) : throw new IOException("no more"));
        ScaleResult result = Contests.Run(
            4, Contests.Of("X", failing, Contests.Measuring("sound", 5)), Contests.Of("Y", Contests.Measuring("a", 1)));
        Row row = result.Contests[0].Rows[0];
        Assert.Equal(("no more", null), (row.Failure, row.Value));
        Assert.Equal(3, turns);
        Assert.Equal(4, result.Contests[0].Rows[1].Readings.Length);
        Assert.Equal(2, result.Contests.Length);
        Assert.Equal(row, Assert.Single(result.Failures).Row);
    }

    // Fault caught: what a figure's contestants keep stays in memory while the next figure is measured.
    [Fact]
    public void A_contest_gives_back_what_its_contestants_kept_before_the_next_begins()
    {
        List<string> events = [];
        Contestant Noting(string name) => new(name, Side.Managed, _ =>
        {
            events.Add(name);
            return new Reading(1);
        });
        Contests.Run(
            3, Contests.Of("X", Noting("a")) with { End = () => events.Add("end") }, Contests.Of("Y", Noting("b")));
        Assert.Equal(["a", "a", "a", "a", "end", "b", "b", "b", "b"], events);
    }

    // The second contestant's second turn never ends by itself.
    [Fact]
    public void An_interrupted_run_keeps_what_has_been_measured_and_waits_for_no_turn()
    {
        using CancellationTokenSource interruption = new();
        using ManualResetEventSlim never = new();
        int turns = 0;
        Contestant hanging = new("hanging", Side.Managed, _ =>
        {
            if (++turns == 3)
            {
                interruption.Cancel();
                never.Wait(TestContext.Current.CancellationToken);
            }

            return new Reading(7);
        });
        ScaleResult result = Contests.Run(
            5,
            interruption.Token,
            Contests.Of("X", Contests.Measuring("a", 1)),
            Contests.Of("Y", Contests.Measuring("b", 2), hanging),
            Contests.Of("Z", Contests.Measuring("c", 3)));
        never.Set();
        Assert.True(result.IsInterrupted);
        Assert.Equal([("X", 5), ("Y", 1)], result.Contests.Select(contest => (contest.Id, contest.Rounds)));
        Assert.Equal([7.0], result.Contests[1].Rows[1].Readings);
        Assert.Empty(result.Failures);
        Assert.Equal("Z", Assert.Single(result.LeftOut).Id);
    }

    [Fact]
    public void A_reading_that_is_no_number_is_a_failure()
    {
        Row row = Contests.Run(1, Contests.Of("X", Contests.Measuring("a", double.NaN))).Contests[0].Rows[0];
        Assert.Equal("measured NaN", row.Failure);
    }

    [Fact]
    public void A_contest_with_a_length_of_its_own_is_not_warmed_up_and_may_want_fewer_rounds()
    {
        List<TimeSpan> lengths = [];
        Contestant noting = new("a", Side.Managed, length =>
        {
            lengths.Add(length);
            return new Reading(1);
        });
        Contests.Run(5, Contests.Of("X", noting) with { TurnLength = TimeSpan.FromSeconds(3), MaxRounds = 2 });
        Assert.Equal([TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3)], lengths);
    }
}
