using System.CommandLine;
using Quiescent.Tool.Arguments;
using Quiescent.Tool.Mutants;
using Quiescent.Tool.Terminal;

namespace Quiescent.Tool.Commands;

// quiescent mutants: a detector of the tree must notice each small change of the shipping sources.
internal static class MutantsCommand
{
    private const int DefaultSeconds = 60;
    private const int MostSeconds = 3_600;

    public static Command Create()
    {
        Option<string[]> only = new("--only")
        {
            Description = "Try only these mutants.",
            HelpName = "name",
            AllowMultipleArgumentsPerToken = true,
        };
        Option<bool> list = new("--list") { Description = "List the mutants and their detectors. Tries none." };
        Option<bool> json =
            new("--json") { Description = "Write the result as JSON to standard output, progress to standard error." };
        Option<int> seconds = NumberOption.Create(
            "--seconds", "The time limit of one run of a detector.", 1, MostSeconds, () => DefaultSeconds);
        Option<DirectoryInfo?> tree = new("--tree")
        {
            Description = "The working tree to copy. By default, the one around the current folder.",
            HelpName = "folder",
        };
        Option<bool> keep = new("--keep") { Description = "Keep the copy and print where it is." };
        Option<string?> apply = new("--apply")
        {
            Description = "Apply this mutant to the working tree itself. Tries none.",
            HelpName = "name",
        };

        Command command = new(
            "mutants", "Breaks a copy of the sources in many small ways. A detector must notice each.")
        {
            only, list, apply, json, seconds, tree, keep,
        };
        command.SetAction(parsed =>
        {
            using Interruption interruption = new(Console.Error);
            Options options = new()
            {
                Only = parsed.GetValue(only) ?? [],
                List = parsed.GetValue(list),
                Apply = parsed.GetValue(apply),
                Json = parsed.GetValue(json),
                Limit = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                Tree = parsed.GetValue(tree)?.FullName,
                Keep = parsed.GetValue(keep),
                Width = Screen.OutputWidth,
            };

            // Not an asynchronous action: the parser would handle signals of those itself, and end the process after
            // two seconds.
            return Run(options, Console.Out, Console.Error, interruption.Token).GetAwaiter().GetResult();
        });
        return command;
    }

    public static async Task<int> Run(
        Options options, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            string tree = options.Tree ?? FindTree();
            IReadOnlyList<Mutant> all = Manifest.Read(tree);
            if (options.Apply is { } name)
            {
                await Select(all, [name])[0].Change.Apply(tree, cancellationToken).ConfigureAwait(false);
                return ExitCode.Passed;
            }

            IReadOnlyList<Mutant> mutants = Select(all, options.Only);
            if (options.List)
            {
                Report.List(mutants, output, options.Width);
                return ExitCode.Passed;
            }

            Report report = new(mutants.Count, output, options.Json ? error : output, options.Width);
            try
            {
                using ScratchTree scratch = await ScratchTree.Copy(
                    tree, options.Keep, cancellationToken).ConfigureAwait(false);
                if (options.Keep)
                {
                    report.Say($"The copy is {scratch.Root}");
                }

                await using Trial trial = new(scratch, options.Limit);
                await TryAll(mutants, trial, report, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return report.Close(options.Json, isInterrupted: true);
            }

            return report.Close(options.Json, isInterrupted: false);
        }
        catch (ManifestException unusable)
        {
            error.WriteLine($"quiescent: {unusable.Message}");
            return ExitCode.BadArguments;
        }
    }

    private static async Task TryAll(
        IReadOnlyList<Mutant> mutants, Trial trial, Report report, CancellationToken cancellationToken)
    {
        Detector[] detectors = [.. mutants.SelectMany(mutant => mutant.Detectors).Distinct()];
        report.Say($"Controls: {detectors.Length} detectors on the sources as they are, which must be silent.");
        foreach (Detector detector in detectors)
        {
            int attempts = mutants.Where(mutant => mutant.Detectors.Contains(detector)).Max(mutant => mutant.Attempts);
            report.Add(await trial.RunControl(detector, attempts, cancellationToken).ConfigureAwait(false));
        }

        report.Say($"{mutants.Count} mutants:");
        foreach (Mutant mutant in mutants)
        {
            report.Add(await trial.Judge(mutant, cancellationToken).ConfigureAwait(false));
        }
    }

    private static IReadOnlyList<Mutant> Select(IReadOnlyList<Mutant> mutants, string[] only)
    {
        string? unknown = only.FirstOrDefault(name => mutants.All(mutant => mutant.Name != name));
        if (unknown is not null)
        {
            throw new ManifestException(
                $"There is no mutant '{unknown}'.{Suggestion.For(unknown, mutants.Select(mutant => mutant.Name))} "
                + $"--list names all.");
        }

        return only.Length == 0 ? mutants : [.. mutants.Where(mutant => only.Contains(mutant.Name))];
    }

    private static string FindTree()
    {
        for (DirectoryInfo? folder = new(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
        {
            if (Path.Exists(Path.Combine(folder.FullName, Manifest.Folder)))
            {
                return folder.FullName;
            }
        }

        throw new ManifestException(
            $"There is no {Manifest.Folder} around the current folder; --tree names the working tree.");
    }

    internal sealed record Options
    {
        public string[] Only { get; init; } = [];

        public bool List { get; init; }

        public string? Apply { get; init; }

        public bool Json { get; init; }

        public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(DefaultSeconds);

        public string? Tree { get; init; }

        public bool Keep { get; init; }

        public int Width { get; init; } = Screen.DefaultWidth;
    }
}
