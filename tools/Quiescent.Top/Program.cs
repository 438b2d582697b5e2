using System.CommandLine;
using Quiescent.Top;

ParseResult parsed = TopCommand.Create().Parse(args);
if (parsed.Errors.Count == 0)
{
    return await parsed.InvokeAsync().ConfigureAwait(false);
}

foreach (string message in parsed.Errors.Select(error => error.Message))
{
    Console.Error.WriteLine($"quiescent-top: {message}");
}

Console.Error.WriteLine("quiescent-top --help lists the options.");
return (int)TopExit.BadArguments;
