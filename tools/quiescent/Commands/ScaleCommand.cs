using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Native;
using Quiescent.Scale.Reports;
using Quiescent.Scale.Runs;
using Quiescent.Scale.Workloads;

namespace Quiescent.Tool.Commands;

// quiescent scale: the library beside its peers on this machine.
internal static class ScaleCommand
{
    private const int DefaultSeconds = 60;
    private const int DefaultRounds = 5;

    public static Command Create()
    {
        Option<double> seconds = new("--seconds")
        {
            Description = "What the run takes in all, about; each figure has a least time, so that a short one may take longer.",
            DefaultValueFactory = _ => DefaultSeconds,
        };
        Option<int> rounds = new("--rounds")
        {
            Description = "How many turns each contestant takes; medians of fewer than five say little.",
            DefaultValueFactory = _ => DefaultRounds,
        };
        Option<string[]> figures = new("--figures")
        {
            Description = "Only figures whose id begins with one of these, separated by commas: R1,G/idle.",
            Arity = ArgumentArity.OneOrMore,
            AllowMultipleArgumentsPerToken = true,
        };
        Option<bool> list = new("--list") { Description = "List the figures with their contestants, and measure none." };
        Option<bool> json = new("--json") { Description = "The result as JSON on standard output, every reading included." };
        Option<FileInfo?> report = new("--report") { Description = "Write the result to this file: one page of HTML that needs nothing else." };
        Option<bool> strict = new("--strict") { Description = "Exit code 1 also when a target was missed." };
        seconds.Validators.Add(result => RequireAtLeastOne(result, seconds));
        report.Validators.Add(RequireFolder);
        rounds.Validators.Add(result => RequireAtLeastOne(result, rounds));
        Command command = new(
            "scale",
            "Measures the library beside its peers, after the kernel's rcuscale and refscale.")
        {
            seconds, rounds, figures, list, json, report, strict,
        };
        command.SetAction(parsed =>
        {
            // As in a user's program; the tool has it on for the torture.
            AppContext.SetSwitch("Quiescent.FaultInjection", false);
            Options options = new()
            {
                Total = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                Rounds = parsed.GetValue(rounds),
                Figures = SplitFigures(parsed.GetValue(figures) ?? []),
                List = parsed.GetValue(list),
                Json = parsed.GetValue(json),
                Report = parsed.GetValue(report),
                Strict = parsed.GetValue(strict),
            };
            return Run(options, Catalog.All(), Console.Out, Console.Error);
        });
        return command;
    }

    public static int Run(Options options, IReadOnlyList<Contest> catalog, TextWriter output, TextWriter error)
    {
        Contest[] contests = [.. catalog.Where(contest => IsAskedFor(contest, options.Figures))];
        if (options.Figures.FirstOrDefault(prefix => !catalog.Any(contest => Begins(contest, prefix))) is { } unknown)
        {
            error.WriteLine($"quiescent: no figure begins with '{unknown}'; there are {string.Join(", ", catalog.Select(one => one.Id))}");
            return 2;
        }

        NativeContestants native = NativeContestants.OfThisMachine();
        contests = [.. contests.Select(native.Join)];
        if (options.List)
        {
            WriteList(contests, output);
            return 0;
        }

        Progress progress = new(error, isTerminal: !Console.IsErrorRedirected);
        ScaleResult result = new ScaleRun(options.Total, options.Rounds, progress).Run(contests, Catalog.DescribeMachine());
        if (options.Json)
        {
            output.WriteLine(JsonReport.Write(result));
        }
        else
        {
            ClosingTable.Write(result, output);
        }

        if (options.Report is { } report)
        {
            File.WriteAllText(report.FullName, HtmlReport.Write(result));
        }

        bool hasFailed = result.Failures.Any() || (options.Strict && result.Count(Verdict.Missed) != 0);
        return hasFailed ? 1 : 0;
    }

    internal static string[] SplitFigures(string[] figures) => [.. figures.SelectMany(
        one => one.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];

    private static bool IsAskedFor(Contest contest, string[] prefixes) =>
        prefixes.Length == 0 || prefixes.Any(prefix => Begins(contest, prefix));

    private static bool Begins(Contest contest, string prefix) => contest.Id.StartsWith(prefix, StringComparison.OrdinalIgnoreCase);

    private static void WriteList(Contest[] contests, TextWriter output)
    {
        foreach (Contest contest in contests)
        {
            output.WriteLine($"{contest.Id}: {contest.Title}");
            output.WriteLine($"    {string.Join(", ", contest.Contestants.Select(Describe))}");
        }
    }

    private static string Describe(Contestant contestant) =>
        contestant.Absent is null ? contestant.Name : $"{contestant.Name} ({contestant.Absent})";

    // What is no number at all is reported by the parser.
    private static void RequireAtLeastOne(OptionResult result, Option option)
    {
        if (result.Tokens is [{ Value: var text }]
            && double.TryParse(text, CultureInfo.InvariantCulture, out double number)
            && number is not (>= 1 and <= 86_400))
        {
            result.AddError($"{option.Name} must be at least 1 and at most 86400.");
        }
    }

    // A run of minutes must not end with a file that cannot be written.
    private static void RequireFolder(OptionResult result)
    {
        if (result.Tokens is [{ Value: var path }] && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
        {
            result.AddError($"--report: there is no folder for '{path}'.");
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

        public bool Strict { get; init; }
    }
}
