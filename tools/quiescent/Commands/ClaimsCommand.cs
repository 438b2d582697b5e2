using System.CommandLine;
using Quiescent.Claims;
using Quiescent.Tool.Arguments;

namespace Quiescent.Tool.Commands;

// quiescent claims: measures on this machine the gains that the discussion that proposed kfree_rcu claimed.
internal static class ClaimsCommand
{
    public static Command Create()
    {
        Option<double> seconds = NumberOption.Create(
            "--seconds",
            "Seconds for everything that is timed; compiling and counting come on top.",
            0.1,
            86_400,
            () => new ClaimsOptions().Time.TotalSeconds);
        Option<bool> quick = new("--quick")
        {
            Description = "Leave out what takes minutes: NativeAOT, and the counts under valgrind.",
        };
        Command command = new("claims", "Measures what trivial callbacks save: waits, code, cache and branch misses.")
        {
            seconds, quick,
        };
        command.SetAction(parsed => Run(
            new ClaimsOptions { Time = TimeSpan.FromSeconds(parsed.GetValue(seconds)), Quick = parsed.GetValue(quick) },
            Console.Out,
            Console.Error));
        return command;
    }

    public static int Run(ClaimsOptions options, TextWriter output, TextWriter error)
    {
        try
        {
            new ClaimsRun(options, output, error.WriteLine).Run();
            return ExitCode.Passed;
        }
        catch (InvalidOperationException reason)
        {
            error.WriteLine($"quiescent: {reason.Message}");
            return ExitCode.Failed;
        }
    }
}
