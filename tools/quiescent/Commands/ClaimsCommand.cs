using System.CommandLine;
using System.Globalization;
using Quiescent.Claims;
using Quiescent.Claims.Reports;
using Quiescent.Claims.Subjects;

namespace Quiescent.Tool.Commands;

// quiescent claims: what the thread that proposed kfree_rcu said that it buys, measured on this machine.
internal static class ClaimsCommand
{
    private const int CouldNotMeasure = 3;

    public static Command Create()
    {
        ClaimsOptions defaults = new();
        Option<Claim[]> only = new("--only")
        {
            Description = "Of barrier, unload, size and footprint these alone.",
            AllowMultipleArgumentsPerToken = true,
        };
        Option<double> seconds = new("--seconds")
        {
            Description = "How long what is timed takes together; compiling and counting come on top.",
            DefaultValueFactory = _ => defaults.Time.TotalSeconds,
        };
        seconds.Validators.Add(result =>
        {
            // What is no number at all is reported by the parser.
            if (result.Tokens is [{ Value: string text }]
                && double.TryParse(text, CultureInfo.InvariantCulture, out double value)
                && value is not (> 0 and <= 86_400))
            {
                result.AddError("--seconds needs a number above 0, at most 86400.");
            }
        });
        Option<bool> noAot = new("--no-aot") { Description = "Measure what the JIT compiles, and not NativeAOT." };
        Option<bool> noCounters = new("--no-counters") { Description = "Count no instructions and misses, which takes minutes under valgrind." };
        Option<bool> json = new("--json") { Description = "The result as JSON on standard output." };
        Command command = new("claims", "What trivial callbacks save: barriers, code, and cache and branch misses.")
        {
            only, seconds, noAot, noCounters, json,
        };
        command.SetAction(parsed => Run(
            defaults with
            {
                Claims = parsed.GetValue(only) is { Length: > 0 } some ? some : defaults.Claims,
                Time = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
                AheadOfTime = !parsed.GetValue(noAot),
                Counters = !parsed.GetValue(noCounters),
            },
            parsed.GetValue(json),
            Console.Out,
            Console.Error));
        return command;
    }

    public static int Run(ClaimsOptions options, bool json, TextWriter output, TextWriter error)
    {
        try
        {
            using ClaimsRun run = new(options, error.WriteLine);
            ClaimsResult result = run.Run();
            if (json)
            {
                output.WriteLine(result.ToJson());
            }
            else
            {
                ClaimsTable.Write(result, output);
            }

            return result.ExitCode;
        }
        catch (ChildException reason)
        {
            error.WriteLine($"quiescent: {reason.Message}");
            return CouldNotMeasure;
        }
    }
}
