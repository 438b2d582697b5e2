using Quiescent.Scale.Contests;
using Quiescent.Scale.Runs;
using Quiescent.Scale.Workloads;
using Quiescent.Tool.Mutants;
using Quiescent.Tool.Reports;
using Quiescent.Tool.Tests.Mutants;
using Quiescent.Torture.Litmus;
using Quiescent.Torture.Reports;
using Quiescent.Torture.Watch;

namespace Quiescent.Tool.Tests.Reports;

// What each command prints at its end, with the longest names that exist.
public sealed class WidthTests
{
    public static TheoryData<int> Widths => [80, 60, 50];

    [Theory]
    [MemberData(nameof(Widths))]
    public void Torture_fits(int width)
    {
        string[] lines = Lines(output =>
        {
            TortureCounters.Write(s_torture, output, width);
            TortureReport.Write(s_torture, output, width);
        });
        AssertFit(lines, width, "periods");
    }

    [Fact]
    public void Torture_ends_with_about_ten_lines_and_its_verdict()
    {
        string[] lines =
            Lines(output => TortureReport.Write(s_torture with { Failures = [], FailureCount = 0 }, output, 80));
        Assert.InRange(lines.Length, 8, 12);
        Assert.Equal("torture: mix, seed 18446744073709551615: passed", lines[^1]);
        Assert.DoesNotContain(lines, line => line.Contains("SynchronizeAsync", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Litmus_fits(int width)
    {
        LitmusResult[] results = [.. new LitmusSuite().Tests.Select(Run)];
        AssertFit(Lines(output => LitmusReport.Write(results, isInterrupted: true, output, width)), width, "verdict");
        Assert.All(
            results, result => AssertFit(Lines(output => LitmusReport.WriteProgress(result, output, width)), width));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Scale_fits(int width) =>
        AssertFit(Lines(output => ScaleTable.Write(Scale(), showGoals: true, output, width)), width, "ratio");

    // Fault caught: a contestant's name that leaves no room for its figures.
    [Fact]
    public void Scale_cuts_no_name_and_leaves_out_no_column_at_80()
    {
        string[] lines = Lines(output => ScaleTable.Write(Scale(), showGoals: false, output, 80));
        Assert.DoesNotContain(lines, line => line.Contains('…', StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("Left out, to fit", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Widths))]
    public void Mutants_fits(int width)
    {
        Mutant[] mutants = [.. Manifest.Read(Trees.Own())];
        AssertFit(Lines(output => Report.List(mutants, output, width)), width);
        AssertFit(
            Lines(output =>
            {
                Report report = new(mutants.Length, output, output, width);
                foreach (Mutant mutant in mutants)
                {
                    Finding finding = new(
                        Sign.Inconclusive, "It exceeded its time limit, as a detector may on a busy machine.");
                    report.Add(new MutantVerdict
                    {
                        Mutant = mutant,
                        Fate = Fate.Inconclusive,
                        Finding = finding,
                        BuildTime = TimeSpan.FromSeconds(100),
                        RunTime = TimeSpan.FromSeconds(900),
                    });
                }

                report.Close(json: false, isInterrupted: true);
            }),
            width,
            "verdict");
    }

    // Words that cannot be broken may be longer than the screen: names of tests, in detectors and lists.
    private static void AssertFit(string[] lines, int width, string? heading = null)
    {
        Assert.All(
            lines,
            line => Assert.True(line.Length <= width || !line.Trim().Contains(' ', StringComparison.Ordinal), line));
        bool isShown = lines.Any(line => heading is null || line.Contains(heading, StringComparison.Ordinal));
        Assert.True(isShown, $"'{heading}' is neither shown nor said to be left out.");
        bool tellsLoss = lines.Any(line => line.Contains("Left out, to fit", StringComparison.Ordinal));
        Assert.True(heading is null || width > 60 || tellsLoss || lines.Max(line => line.Length) <= width);
    }

    private static string[] Lines(Action<TextWriter> write)
    {
        using StringWriter output = new();
        write(output);
        return output.ToString().ReplaceLineEndings("\n").TrimEnd('\n').Split('\n');
    }

    private static LitmusResult Run(LitmusTest test)
    {
        LitmusResult result = new(test);
        result.AddControl(new LitmusOutcome(123_456_789, 1_234_567));
        result.AddSubject(new LitmusOutcome(123_456_789, 1_234_567), TimeSpan.FromSeconds(12));
        return result;
    }

    private static ScaleResult Scale()
    {
        ContestResult[] contests = [.. Catalog.All().Select(contest => Judge.Result(
            contest,
            [.. contest.Contestants.Select(contestant => Measured(contestant))],
            rounds: 5,
            TimeSpan.FromSeconds(0.5)))];
        return new ScaleResult
        {
            Machine = Machine.Describe([new PackageVersion("A.Package", "1.2.3")]),
            SecondsGiven = 60,
            SecondsTaken = 60,
            IsInterrupted = false,
            Contests = contests,
            LeftOut = [.. contests.Select(contest => new LeftOut(contest.Id, contest.Title, 123.4))],
        };
    }

    private static Score Measured(Contestant contestant)
    {
        Score score = new(contestant with { Absent = null });
        score.Add(new Quiescent.Scale.Contests.Reading(123_456)
        {
            Details = [new Detail("a detail of some length, µs", 123_456)],
        });
        score.Add(new Quiescent.Scale.Contests.Reading(234_567)
        {
            Details = [new Detail("a detail of some length, µs", 234_567)],
        });
        return score;
    }

    private static readonly TortureResult s_torture = new()
    {
        Verdict = Quiescent.Torture.Verdict.Passed,
        Failures =
        [
            "The domain 'default' returned in round 12 after 7 of 8 items had been reclaimed, which is too few.",
        ],
        FailureCount = 1_000,
        Inconclusive = null,
        Scenario = "mix",
        Seed = ulong.MaxValue,
        Seconds = 604_800,
        Readers = 256,
        Updaters = 256,
        AffinityShuffled = true,
        Ages = [123_456_789_012, 123_456_789, 0, 0],
        Domains =
        [
            new DomainResult(
                "resources, valid", 12_345_678, 12_345.6, 1_234_567_890, 1_234_567_890, 12_345, 1_234, 1_024),
        ],
        Primitives = new()
        {
            ["SynchronizeAsync"] = 123_456_789,
            ["FreeQuarantineHead"] = 123_456_789,
            ["Barrier"] = 123_456_789,
        },
        Actors = new() { ["SleepableResourceReaders"] = 123_456_789 },
        Figures = new() { ["sections released on another thread than begun"] = 123_456_789 },
        InjectedFailures = new() { ["Registration"] = 123_456_789 },
        Memory =
            new MemoryUse(123_456_789_012, 123_456_789_012, 123_456_789_012, 123_456_789_012, 123_456_789, 123_456_789),
    };
}
