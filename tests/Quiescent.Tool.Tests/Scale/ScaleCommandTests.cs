using System.Text.Json;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Native;
using Quiescent.Scale.Workloads;
using Quiescent.Tool.Commands;

namespace Quiescent.Tool.Tests.Scale;

public sealed class ScaleCommandTests
{
    private static readonly Contest s_sound = Contests.Of(
        "X/1", Contests.Measuring("ours", 2), Contests.Measuring("peer", 4)) with
    {
        Targets = [new Target("ours", Bound.AtMost, 0.25, "peer")],
    };

    private static readonly Contest s_failing = Contests.Of("Y/busy", Contests.Failing("ours", "out of luck"));

    [Fact]
    public void A_missed_goal_is_a_figure_and_a_failure_only_if_so_asked()
    {
        (int exitCode, string output) = Run([s_sound], goals: true);
        Assert.Equal(0, exitCode);
        Assert.Contains("MISSED", output, StringComparison.Ordinal);
        Assert.Contains("ours ≤ 0.25 × peer", output, StringComparison.Ordinal);
        Assert.Equal(1, Run([s_sound], strict: true).ExitCode);
    }

    [Fact]
    public void Contestants_are_compared_and_goals_are_shown_only_if_asked_for()
    {
        Contest contest = s_sound with
        {
            Contestants = [Contests.Measuring("ours", 2) with { Side = Side.Ours }, s_sound.Contestants[1]],
        };
        string[] lines = Run([contest]).Output.Split('\n');
        Assert.DoesNotContain(
            lines,
            line =>
                line.Contains("MISSED", StringComparison.Ordinal) || line.Contains("goal", StringComparison.Ordinal));
        Assert.Contains(
            lines, line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["peer", "4.00", .., "2.00"]);
    }

    [Fact]
    public void Contests_for_which_there_was_no_time_are_named()
    {
        Contest slow =
            Contests.Of("Z/slow", Contests.Measuring("ours", 1)) with { TurnLength = TimeSpan.FromMinutes(1) };
        (int exitCode, string output) = Run([s_sound, slow]);
        Assert.Equal(0, exitCode);
        Assert.Contains("Left out, for want of time", output, StringComparison.Ordinal);
        Assert.Contains("Z/slow (120 s)", output, StringComparison.Ordinal);
        Assert.Equal(2, Run([slow]).ExitCode);
    }

    [Fact]
    public void Each_contestant_is_named_once_in_its_contest_and_every_goal_is_of_one() =>
        Assert.All(Catalog.All(), contest =>
        {
            string[] names = [.. contest.Contestants.Select(contestant => contestant.Name)];
            Assert.Distinct(names);
            Assert.All(contest.Targets, target => Assert.Contains(target.Contestant, names));
        });

    // liburcu's other barrier takes a thousand times as long with nothing queued, and says nothing about the library.
    [Fact]
    public void The_empty_barrier_is_compared_with_each_librarys_cheapest() => Assert.Equal(
        [Calls.MembDeferBarrier, Calls.CkBarrier],
        NativeContestants.OfThisMachine(TimeSpan.Zero).For("B/empty").Select(contestant => contestant.Name));

    [Fact]
    public void A_contestant_that_fails_is_reported_with_exit_code_1()
    {
        (int exitCode, string output) = Run([s_failing, s_sound]);
        Assert.Equal(1, exitCode);
        Assert.Contains("FAILED: Y/busy, ours: out of luck", output, StringComparison.Ordinal);
        Assert.Contains("X/1", output, StringComparison.Ordinal);
    }

    [Fact]
    public void An_absent_contestant_is_in_the_table_with_the_reason()
    {
        (int exitCode, string output) =
            Run([Contests.Of("X", Contests.Absent("liburcu memb", "not installed: liburcu-dev"))]);
        Assert.Equal(0, exitCode);
        Assert.Contains("not installed: liburcu-dev", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Figures_are_chosen_by_the_beginning_of_their_id()
    {
        (int exitCode, string output) = Run([s_failing, s_sound], figures: ["x"]);
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("Y/busy", output, StringComparison.Ordinal);
    }

    // Fault caught: a run of all figures, or of a whole family, that takes along what needs gigabytes and minutes.
    [Fact]
    public void Large_figures_are_measured_only_if_an_id_with_their_size_is_asked_for()
    {
        Contest large = Contests.Of("X/20M/1", Contests.Measuring("large", 3)) with { OnlyByName = "20M" };
        AssertMeasured(false);
        AssertMeasured(false, "X");
        AssertMeasured(true, "X/20m");
        Assert.Contains("an id with 20M", Run([s_sound, large], list: true).Output, StringComparison.Ordinal);

        void AssertMeasured(bool expected, params string[] figures) => Assert.Equal(
            expected, Run([s_sound, large], figures).Output.Contains("large", StringComparison.Ordinal));
    }

    [Fact]
    public void A_beginning_that_fits_no_figure_is_a_bad_argument() =>
        Assert.Equal(2, Run([s_sound], figures: ["X", "Q"]).ExitCode);

    [Fact]
    public void A_list_measures_nothing()
    {
        (int exitCode, string output) = Run([s_failing], list: true);
        Assert.Equal(0, exitCode);
        Assert.Contains("Y/busy: a figure", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_result_as_json_has_every_reading()
    {
        (_, string output) = Run([s_sound], json: true);
        using JsonDocument document = JsonDocument.Parse(output);
        JsonElement contest = document.RootElement.GetProperty("contests")[0];
        JsonElement row = contest.GetProperty("rows")[1];
        Assert.Equal([4.0, 4.0], row.GetProperty("readings").EnumerateArray().Select(reading => reading.GetDouble()));
        JsonElement target = contest.GetProperty("targets")[0];
        Assert.Equal("Missed", target.GetProperty("verdict").GetString());
        Assert.Equal(0.5, target.GetProperty("measured").GetProperty("median").GetDouble());
    }

    [Theory]
    [InlineData("scale --seconds 0")]
    [InlineData("scale --seconds many")]
    [InlineData("scale --rounds 0")]
    [InlineData("scale --figures")]
    [InlineData("scale nothing")]
    public void Options_that_make_no_sense_are_refused_before_anything_is_measured(string arguments) =>
        Assert.NotEmpty(ScaleCommand.Create().Parse(arguments["scale ".Length..]).Errors);

    [Fact]
    public void Figures_are_given_one_by_one_or_as_a_list() =>
        Assert.Equal(["R1", "G/idle", "F1"], ScaleCommand.SplitFigures(["R1, G/idle", "F1", ","]));

    [Fact]
    public void Every_id_of_the_catalog_is_used_once() =>
        Assert.Distinct(Catalog.All().Select(contest => contest.Id));

    private static (int ExitCode, string Output) Run(
        Contest[] catalog,
        string[]? figures = null,
        bool list = false,
        bool json = false,
        bool goals = false,
        bool strict = false)
    {
        ScaleCommand.Options options = new()
        {
            Total = TimeSpan.FromSeconds(1),
            Rounds = 2,
            Figures = figures ?? [],
            List = list,
            Json = json,
            Goals = goals,
            Strict = strict,
        };
        using StringWriter output = new();
        int exitCode =
            ScaleCommand.Run(options, catalog, output, TextWriter.Null, TestContext.Current.CancellationToken);
        return (exitCode, output.ToString());
    }
}
