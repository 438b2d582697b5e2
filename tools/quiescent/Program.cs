using System.CommandLine;
using Quiescent.Tool;
using Quiescent.Tool.Arguments;

RootCommand root = CommandLineRoot.Create();
ParseResult parsed = root.Parse(args);
if (args.Length == 0)
{
    // Not 0: nothing was shown to hold.
    root.Parse("--help").Invoke(new InvocationConfiguration { Output = Console.Error });
    return ExitCode.BadArguments;
}

string[] errors = [.. ParseErrors.Describe(parsed)];
if (errors.Length == 0)
{
    return await parsed.InvokeAsync().ConfigureAwait(false);
}

foreach (string error in errors)
{
    Console.Error.WriteLine($"quiescent: {error}");
}

string command = parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";
Console.Error.WriteLine($"'quiescent {command}--help' lists the options.");
return ExitCode.BadArguments;
