using System.CommandLine;
using Quiescent.Tool.Mutants;

namespace Quiescent.Tool.Commands;

// quiescent mutants: a detector of the tree must notice each small change of the shipping sources.
internal static class MutantsCommand
{
    private const int DefaultSeconds = 60;

    public static Command Create()
    {
        Option<string[]> only = new("--only")
        {
            Description = "Try these mutants alone.",
            AllowMultipleArgumentsPerToken = true,
        };
        Option<bool> list = new("--list") { Description = "List the mutants with their detectors, and try none." };
        Option<bool> json = new("--json") { Description = "Write the result as JSON; progress goes to the error output." };
        Option<int> seconds = new("--seconds")
        {
            Description = "The time limit of one run of a detector.",
            DefaultValueFactory = _ => DefaultSeconds,
        };
        seconds.Validators.Add(result =>
        {
            if (result.Tokens.Count != 0 && (!int.TryParse(result.Tokens[0].Value, out int value) || value < 1))
            {
                result.AddError("--seconds must be a whole number of at least 1.");
            }
        });
        Option<DirectoryInfo?> tree = new("--tree")
        {
            Description = "The working tree to copy; the one around the current folder by default.",
        };
        Option<bool> keep = new("--keep") { Description = "Keep the copy." };
        Option<string?> apply = new("--apply")
        {
            Description = "Apply this mutant to the working tree itself, and try none.",
        };

        Command command = new("mutants", "Changes a copy of the sources in small ways. A detector must notice each change.")
        {
            only, list, apply, json, seconds, tree, keep,
        };
        command.SetAction((parsed, cancellationToken) => Run(
            new Options
            {
                Only = parsed.GetValue(only) ?? [],
                List = parsed.GetValue(list),
                Apply = parsed.GetValue(apply),
                Json = parsed.GetValue(json),
                Limit = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                Tree = parsed.GetValue(tree)?.FullName,
                Keep = parsed.GetValue(keep),
            },
            Console.Out,
            Console.Error,
            cancellationToken));
        return command;
    }

    public static async Task<int> Run(Options options, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            string tree = options.Tree ?? FindTree();
            IReadOnlyList<Mutant> all = Manifest.Read(tree);
            if (options.Apply is { } name)
            {
                await Select(all, [name])[0].Change.Apply(tree, cancellationToken).ConfigureAwait(false);
                return Report.Passed;
            }

            IReadOnlyList<Mutant> mutants = Select(all, options.Only);
            if (options.List)
            {
                Report.List(mutants, output);
                return Report.Passed;
            }

            Report report = new(output, options.Json ? error : output);
            using ScratchTree scratch = await ScratchTree.Copy(tree, options.Keep, cancellationToken).ConfigureAwait(false);
            if (options.Keep)
            {
                report.Say($"The copy is {scratch.Root}");
            }

            await using Trial trial = new(scratch, options.Limit);
            await TryAll(mutants, trial, report, cancellationToken).ConfigureAwait(false);
            return report.Close(options.Json);
        }
        catch (ManifestException unusable)
        {
            error.WriteLine($"quiescent: {unusable.Message}");
            return Report.BadArguments;
        }
    }

    private static async Task TryAll(IReadOnlyList<Mutant> mutants, Trial trial, Report report, CancellationToken cancellationToken)
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
            throw new ManifestException($"There is no mutant named '{unknown}'; --list names all.");
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

        throw new ManifestException($"There is no {Manifest.Folder} around the current folder; --tree names the working tree.");
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
    }
}
