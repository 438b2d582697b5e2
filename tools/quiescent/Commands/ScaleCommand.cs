using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Native;
using Quiescent.Scale.Reports;
using Quiescent.Scale.Runs;
using Quiescent.Scale.Workloads;
using Quiescent.Tool.Arguments;
using Quiescent.Tool.Reports;
using Quiescent.Tool.Terminal;

namespace Quiescent.Tool.Commands;

// quiescent scale: the library beside its peers on this machine.
internal static class ScaleCommand
{
    private const double DefaultSeconds = 60;
    private const double MostSeconds = 86_400;
    private const int DefaultRounds = 5;
    private const int MostRounds = 1_000;

    // The share of the run's time for compiling native peers that are not compiled yet.
    private const double ShareOfBuilding = 0.25;

    public static Command Create()
    {
        Option<double> seconds = NumberOption.Create(
            "--seconds",
            "How long the whole run takes. Figures that do not fit are left out and named.",
            1,
            MostSeconds,
            () => DefaultSeconds);
        Option<int> rounds = NumberOption.Create(
            "--rounds", "The most turns that each contestant takes.", 1, MostRounds, () => DefaultRounds);
        Option<string[]> figures = new("--figures")
        {
            Description =
                "Measure only figures whose id begins with one of these, such as R1,G/idle. Those of maps with "
                + "20 million entries are measured only if so asked for: C/get/20M.",
            HelpName = "id,…",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        Option<bool> list = new("--list") { Description = "List the figures and their contestants. Measures none." };
        Option<bool> json = new("--json")
        {
            Description =
                "Write the result as JSON, with every reading, to standard output, progress to standard error.",
        };
        Option<FileInfo?> report = new("--report")
        {
            Description = "Also write the result to this file, as one page of HTML that needs nothing else.",
            HelpName = "file",
        };
        Option<bool> goals = new("--goals") { Description = "Show which of the project's goals were met and missed." };
        Option<bool> strict = new("--strict") { Description = "As --goals, with exit code 1 if a goal was missed." };
        report.Validators.Add(RequireFolder);
        Command command = new(
            "scale", "Measures the library beside its peers, after the kernel's rcuscale and refscale.")
        {
            seconds, rounds, figures, list, json, report, goals, strict,
        };
        command.SetAction(parsed =>
        {
            // As in a user's program. The tool turns it on for the torture.
            AppContext.SetSwitch("Quiescent.FaultInjection", false);
            using Interruption interruption = new(Console.Error);
            using CancellationTokenRegistration endsChildren = interruption.Token.Register(ChildProcess.EndAll);
            Options options = new()
            {
                Total = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                Rounds = parsed.GetValue(rounds),
                Figures = SplitFigures(parsed.GetValue(figures) ?? []),
                List = parsed.GetValue(list),
                Json = parsed.GetValue(json),
                Report = parsed.GetValue(report),
                Goals = parsed.GetValue(goals) || parsed.GetValue(strict),
                Strict = parsed.GetValue(strict),
                Width = Screen.OutputWidth,
            };
            return Run(options, Catalog.All(), Console.Out, Console.Error, interruption.Token);
        });
        return command;
    }

    public static int Run(
        Options options, IReadOnlyList<Contest> catalog, TextWriter output, TextWriter error,
        CancellationToken interruption)
    {
        long start = Stopwatch.GetTimestamp();
        if (options.Figures.FirstOrDefault(prefix => !catalog.Any(contest => Begins(contest, prefix))) is { } unknown)
        {
            string[] ids = [.. catalog.Select(one => one.Id)];
            error.WriteWrapped(
                $"quiescent: no figure begins with '{unknown}'.{Suggestion.For(unknown, ids)} The figures are "
                + $"{string.Join(", ", ids)}.",
                Screen.ErrorWidth,
                rest: "  ");
            return ExitCode.BadArguments;
        }

        NativeContestants native = NativeContestants.OfThisMachine(options.Total * ShareOfBuilding);
        Contest[] contests =
        [
            .. catalog.Where(contest => IsAskedFor(contest, options.Figures, options.List)).Select(native.Join),
        ];
        if (options.List)
        {
            WriteList(contests, output, options.Width);
            return ExitCode.Passed;
        }

        Progress progress = new(error, isTerminal: !Console.IsErrorRedirected, Screen.ErrorWidth);
        ScaleRun run = new(options.Total, options.Rounds, progress, interruption) { Start = start };
        ScaleResult result = run.Run(contests, Catalog.DescribeMachine());
        if (result.Contests.Length == 0 && !result.IsInterrupted)
        {
            LeftOut shortest = result.LeftOut.MinBy(one => one.Seconds)!;
            error.WriteWrapped(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"quiescent: no figure can be measured in "
                    + $"{options.Total.TotalSeconds:0.#} s; {shortest.Id} takes at least "
                    + $"{Math.Ceiling(shortest.Seconds):0} s."),
                Screen.ErrorWidth,
                rest: "  ");
            return ExitCode.BadArguments;
        }

        Write(result, options, output);
        bool hasFailed = result.Failures.Any() || (options.Strict && result.Count(Verdict.Missed) != 0);
        return result.IsInterrupted ? ExitCode.Interrupted : hasFailed ? ExitCode.Failed : ExitCode.Passed;
    }

    internal static string[] SplitFigures(string[] figures) => [.. figures.SelectMany(
        one => one.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static void Write(ScaleResult result, Options options, TextWriter output)
    {
        if (options.Json)
        {
            output.WriteLine(JsonReport.Write(result));
        }
        else
        {
            ScaleTable.Write(result, options.Goals, output, options.Width);
        }

        if (options.Report is { } report)
        {
            File.WriteAllText(report.FullName, HtmlReport.Write(result, options.Goals));
        }
    }

    // A list has all; a run those that are asked for by name only if they are.
    private static bool IsAskedFor(Contest contest, string[] prefixes, bool isForList) =>
        (prefixes.Length == 0 && (isForList || contest.OnlyByName is null))
        || prefixes.Any(prefix => Begins(contest, prefix) && (isForList || IsNamed(contest, prefix)));

    private static bool IsNamed(Contest contest, string prefix) =>
        contest.OnlyByName is not { } name || prefix.Contains(name, StringComparison.OrdinalIgnoreCase);

    private static bool Begins(Contest contest, string prefix) =>
        contest.Id.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);

    private static void WriteList(Contest[] contests, TextWriter output, int width)
    {
        foreach (Contest contest in contests)
        {
            string when = contest.OnlyByName is { } name ? $" (only if an id with {name} is asked for)" : "";
            output.WriteWrapped($"{contest.Id}: {contest.Title}{when}", width, rest: "  ");
            output.WriteWrapped(string.Join("; ", contest.Contestants.Select(Describe)), width, "    ");
        }
    }

    private static string Describe(Contestant contestant) =>
        contestant.Absent is null ? contestant.Name : $"{contestant.Name} ({contestant.Absent})";

    // A run of minutes must not end with a file that cannot be written.
    private static void RequireFolder(OptionResult result)
    {
        if (result.Tokens is [{ Value: var path }] && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
        {
            result.AddError($"--report: the folder of '{path}' does not exist.");
        }
    }

    internal sealed record Options
    {
        public TimeSpan Total { get; init; } = TimeSpan.FromSeconds(DefaultSeconds);

        public int Rounds { get; init; } = DefaultRounds;

        /// <summary>Beginnings of ids; all figures if empty.</summary>
        public string[] Figures { get; init; } = [];

        public bool List { get; init; }

        public bool Json { get; init; }

        public FileInfo? Report { get; init; }

        public bool Goals { get; init; }

        public bool Strict { get; init; }

        public int Width { get; init; } = Screen.DefaultWidth;
    }
}
