using System.CommandLine;
using Quiescent.Tool.Arguments;
using Quiescent.Tool.Reports;
using Quiescent.Tool.Terminal;
using Quiescent.Torture;
using Quiescent.Torture.Reports;
using Quiescent.Torture.Scenarios;

namespace Quiescent.Tool.Commands;

// quiescent torture: options in, a report and an exit code out.
internal static class TortureCommand
{
    private const string List = "list";
    private const int DefaultSeconds = 30;
    private const int MostSeconds = 604_800;
    private const int MostThreads = 256;

    public static Command Create()
    {
        Option<int> seconds = NumberOption.Create(
            "--seconds", "How long it runs.", 1, MostSeconds, () => DefaultSeconds);
        Option<int> readers = NumberOption.Create(
            "--readers", "Threads that read all the time.", 1, MostThreads, () => TortureOptions.DefaultReaders);
        Option<int> updaters = NumberOption.Create(
            "--updaters", "Threads that rotate through every update.", 1, MostThreads, () =>
                TortureOptions.DefaultUpdaters);
        Option<string> scenario = new("--scenario")
        {
            Description = "What runs. 'list' describes every scenario.",
            HelpName = "name",
            DefaultValueFactory = _ => Scenario.Default.Name,
        };
        Option<ulong?> seed = NumberOption.CreateOptional(
            "--seed", "Repeats a run's random choices, though not how its threads interleaved.", ulong.MinValue,
            ulong.MaxValue);
        Option<bool> verbose = new("--verbose") { Description = "Show all counters at the end." };
        Option<bool> json = new("--json")
        {
            Description = "Write the result as JSON to standard output, progress to standard error.",
        };
        scenario.Validators.Add(result =>
        {
            string name = result.GetValue(scenario)!;
            if (name != List && Scenario.Find(name) is null)
            {
                string[] names = [.. Scenario.All.Select(one => one.Name)];
                result.AddError(
                    $"There is no scenario '{name}'.{Suggestion.For(name, names)} The scenarios are "
                    + $"{string.Join(", ", names)}.");
            }
        });

        Command command = new("torture", "Stress-tests the library, after the Linux kernel's rcutorture.")
        {
            seconds, readers, updaters, scenario, seed, verbose, json,
        };
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(scenario)!;
            if (name == List)
            {
                WriteList(Console.Out, Screen.OutputWidth);
                return ExitCode.Passed;
            }

            TortureOptions options = new()
            {
                Scenario = Scenario.Find(name)!,
                Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                Readers = parsed.GetValue(readers),
                Updaters = parsed.GetValue(updaters),
            };
            return Run(
                parsed.GetValue(seed) is ulong given ? options with { Seed = given } : options,
                parsed.GetValue(verbose),
                parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(TortureOptions options, bool verbose, bool json)
    {
        using Interruption interruption = new(Console.Error);
        TextWriter progress = json ? Console.Error : Console.Out;
        TortureResult result = TortureRun.Run(options, progress, interruption.Token);
        int width = json ? Screen.ErrorWidth : Screen.OutputWidth;
        if (verbose)
        {
            TortureCounters.Write(result, progress, width);
        }

        if (json)
        {
            Console.Out.WriteLine(result.ToJson());
        }
        else
        {
            TortureReport.Write(result, Console.Out, width);
        }

        return result.IsInterrupted ? ExitCode.Interrupted : (int)result.Verdict;
    }

    private static void WriteList(TextWriter output, int width)
    {
        foreach (Scenario scenario in Scenario.All)
        {
            output.WriteWrapped(scenario.Description, width, $"{scenario.Name,-12}", new string(' ', 12));
        }
    }
}
