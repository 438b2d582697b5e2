using System.CommandLine;
using Quiescent.Tool.Commands;

RootCommand root = new("Shows on this machine that Quiescent, RCU for .NET, holds its promises, and how fast it is.")
{
    TortureCommand.Create(),
    LitmusCommand.Create(),
    MutantsCommand.Create(),
    ScaleCommand.Create(),
    ClaimsCommand.Create(),
};

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count == 0)
{
    return await parsed.InvokeAsync().ConfigureAwait(false);
}

if (args.Length == 0)
{
    // Not 0: nothing was shown to hold.
    root.Parse("--help").Invoke(new InvocationConfiguration { Output = Console.Error });
    return 2;
}

foreach (string message in parsed.Errors.Select(error => error.Message))
{
    Console.Error.WriteLine($"quiescent: {message}");
}

Console.Error.WriteLine("quiescent --help lists commands and options.");
return 2;
