using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Quiescent.Top.View;
using Spectre.Console;

namespace Quiescent.Top;

// quiescent-top: another process's domains, live.
internal static class TopCommand
{
    private const double LeastInterval = 0.1;
    private const double Day = 86_400;

    private static readonly TimeSpan s_keyPoll = TimeSpan.FromMilliseconds(50);

    public static RootCommand Create()
    {
        Option<int?> pid = new("--pid")
        {
            Description = "The id of the process. Not needed where only one process has domains.",
        };
        Option<string?> name = new("--name") { Description = "Look only at processes whose name contains this." };
        Option<double> interval = new("--interval")
        {
            Description = "Seconds between two pictures.",
            DefaultValueFactory = _ => 1,
        };
        Option<double?> duration = new("--duration") { Description = "End after this many seconds, with exit code 0." };
        Option<double> timeout = new("--timeout")
        {
            Description = "Seconds to wait for the process's first domain.",
            DefaultValueFactory = _ => 10,
        };
        Option<bool> once = new("--once") { Description = "Show one full interval, then end." };
        Option<bool> json = new("--json") { Description = "Print each interval as a line of JSON on standard output." };
        pid.Validators.Add(result => RequireBetween(result, pid, 1, int.MaxValue));
        interval.Validators.Add(result => RequireBetween(result, interval, LeastInterval, Day));
        duration.Validators.Add(result => RequireBetween(result, duration, LeastInterval, 365 * Day));
        timeout.Validators.Add(result => RequireBetween(result, timeout, 0, Day));
        RootCommand command = new(
            "Shows the Quiescent domains of another process, live, over its diagnostics "
            + "port: grace periods, backlog, and who "
            + "stalls them. q or Ctrl+C ends it.")
        {
            pid, name, interval, duration, timeout, once, json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetResult(pid) is { Implicit: false } && result.GetResult(name) is { Implicit: false })
            {
                result.AddError("--pid and --name cannot be used together.");
            }
        });
        command.SetAction((parsed, cancellation) => RunAsync(
            new TopOptions
            {
                ProcessId = parsed.GetValue(pid),
                Name = parsed.GetValue(name),
                Interval = TimeSpan.FromSeconds(parsed.GetValue(interval)),
                Duration = parsed.GetValue(duration) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                Timeout = TimeSpan.FromSeconds(parsed.GetValue(timeout)),
                Once = parsed.GetValue(once),
                Json = parsed.GetValue(json),
            },
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(TopOptions options, CancellationToken cancellation)
    {
        using CancellationTokenSource quit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bool isLive = !options.Json
            && !options.Once
            && !Console.IsOutputRedirected
            && AnsiConsole.Profile.Capabilities.Ansi;
        if (isLive && !Console.IsInputRedirected)
        {
            _ = QuitOnKeyAsync(quit);
        }

        TopRun run = new(options, target => CreateView(options, target, isLive), Console.Out, Console.Error);
        TopExit exit = await run.RunAsync(quit.Token).ConfigureAwait(false);
        await quit.CancelAsync().ConfigureAwait(false);
        return (int)exit;
    }

    private static ITopView CreateView(TopOptions options, Target target, bool isLive) => options.Json
        ? new JsonView(target, Console.Out)
        : isLive ? new LiveView(target, AnsiConsole.Console) : new PlainView(target, Console.Out);

    private static async Task QuitOnKeyAsync(CancellationTokenSource quit)
    {
        while (!quit.IsCancellationRequested)
        {
            while (Console.KeyAvailable)
            {
                if (Console.ReadKey(intercept: true).KeyChar is 'q' or 'Q')
                {
                    await quit.CancelAsync().ConfigureAwait(false);
                    return;
                }
            }

            await Task.Delay(s_keyPoll).ConfigureAwait(false);
        }
    }

    // The parser reports what is not a number.
    private static void RequireBetween(OptionResult result, Option option, double least, double most)
    {
        if (result.Tokens is [{ Value: var text }]
            && double.TryParse(text, CultureInfo.InvariantCulture, out double number)
            && !(number >= least && number <= most))
        {
            result.AddError(string.Create(
                CultureInfo.InvariantCulture, $"{option.Name} must be at least {least} and at most {most}."));
        }
    }
}
