using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Quiescent.Torture;
using Quiescent.Torture.Reports;
using Quiescent.Torture.Scenarios;

namespace Quiescent.Tool.Commands;

// quiescent torture: options in, a report and an exit code out.
internal static class TortureCommand
{
    private const string List = "list";

    public static Command Create()
    {
        Option<int> seconds = new("--seconds")
        {
            Description = "How long it runs.",
            DefaultValueFactory = _ => 30,
        };
        Option<int> readers = new("--readers")
        {
            Description = "Threads that read all the time.",
            DefaultValueFactory = _ => TortureOptions.DefaultReaders,
        };
        Option<int> updaters = new("--updaters")
        {
            Description = "Threads that rotate through the update side's primitives.",
            DefaultValueFactory = _ => TortureOptions.DefaultUpdaters,
        };
        Option<string> scenario = new("--scenario")
        {
            Description = "One of " + string.Join(", ", Scenario.All.Select(one => one.Name)) + "; or list, to have them described.",
            DefaultValueFactory = _ => Scenario.Default.Name,
        };
        Option<ulong?> seed = new("--seed")
        {
            Description = "Repeats the random choices of a run that printed it, though not how its threads interleaved.",
        };
        Option<bool> json = new("--json")
        {
            Description = "The result as JSON on standard output, progress on standard error.",
        };
        seconds.Validators.Add(result => RequirePositive(result, seconds));
        readers.Validators.Add(result => RequirePositive(result, readers));
        updaters.Validators.Add(result => RequirePositive(result, updaters));
        scenario.Validators.Add(result =>
        {
            string name = result.GetValue(scenario)!;
            if (name != List && Scenario.Find(name) is null)
            {
                result.AddError($"There is no scenario '{name}'; --scenario list describes them.");
            }
        });

        Command command = new("torture", "Tortures the library, after the Linux kernel's rcutorture.")
        {
            seconds, readers, updaters, scenario, seed, json,
        };
        command.SetAction(parsed =>
        {
            string name = parsed.GetValue(scenario)!;
            if (name == List)
            {
                WriteList(Console.Out);
                return (int)Verdict.Passed;
            }

            TortureOptions options = new()
            {
                Scenario = Scenario.Find(name)!,
                Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                Readers = parsed.GetValue(readers),
                Updaters = parsed.GetValue(updaters),
            };
            return Run(parsed.GetValue(seed) is ulong given ? options with { Seed = given } : options, parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(TortureOptions options, bool json)
    {
        TextWriter talk = json ? Console.Error : Console.Out;
        TortureResult result = TortureRun.Run(options, talk);
        if (json)
        {
            Console.Out.WriteLine(result.ToJson());
        }
        else
        {
            ClosingTable.Write(result, talk);
        }

        return (int)result.Verdict;
    }

    private static void WriteList(TextWriter output)
    {
        foreach (Scenario scenario in Scenario.All)
        {
            output.WriteLine($"{scenario.Name,-12}{scenario.Description}");
        }
    }

    // What is no number at all is reported by the parser.
    private static void RequirePositive(OptionResult result, Option<int> option)
    {
        if (result.Tokens is [{ Value: var text }]
            && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number)
            && number < 1)
        {
            result.AddError($"{option.Name} must be at least 1.");
        }
    }
}
