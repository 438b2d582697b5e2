using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Quiescent.Tool.Commands;
using Quiescent.Tool.Terminal;

namespace Quiescent.Tool;

// All commands, and help that fits the screen and ends with the exit codes.
internal static class CommandLineRoot
{
    public static RootCommand Create()
    {
        RootCommand root = new(
            "Tests on this machine that Quiescent, RCU for .NET, keeps its promises, and measures how fast it is.")
        {
            TortureCommand.Create(),
            LitmusCommand.Create(),
            MutantsCommand.Create(),
            ScaleCommand.Create(),
            ClaimsCommand.Create(),
        };
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithExitCodes((HelpAction)help.Action!);
        return root;
    }

    private sealed class HelpWithExitCodes(HelpAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            help.MaxWidth = Screen.OutputWidth;
            int status = help.Invoke(parseResult);
            TextWriter output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Exit codes:");
            foreach ((int code, string meaning) in ExitCode.Meanings)
            {
                output.WriteWrapped(meaning, Screen.OutputWidth, $"  {code,3}  ", new string(' ', 7));
            }

            return status;
        }
    }
}
