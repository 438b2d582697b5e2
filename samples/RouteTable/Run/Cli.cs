using System.Text.Json;
using RouteTable.Data;
using RouteTable.Trie;

namespace RouteTable.Run;

/// <summary>The program without its process: arguments and writers in, exit code out.</summary>
internal static class Cli
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Unusable = 2;

    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            Options options = Options.Parse(args);
            if (options.Help)
            {
                output.WriteLine(Options.HelpText);
                return Ok;
            }

            return options.Lookup is uint address ? LookUp(options, address, output) : Replay(options, output, error);
        }
        catch (UsageException unusable)
        {
            error.WriteLine($"RouteTable: {unusable.Message}");
            error.WriteLine("RouteTable --help lists the options.");
            return Unusable;
        }
        catch (RouteFileException unusable)
        {
            error.WriteLine($"RouteTable: {unusable.Message}");
            return Unusable;
        }
    }

    private static int LookUp(Options options, uint address, TextWriter output)
    {
        using var trie = new RouteTrie<PlainMemory>();
        foreach (Announcement route in RouteFile.Read(options.Table).Routes)
        {
            trie.Announce(route.Prefix, route.Origin);
        }

        Route answer = trie.Lookup(address);
        string text = Ipv4.Format(address);
        Prefix? prefix = answer.IsNone ? null : new Prefix(address & ~Prefix.HostMask(answer.Length), answer.Length);
        if (options.Json)
        {
            var result = new LookupResult(text, prefix?.ToString(), prefix is null ? null : answer.Origin);
            output.WriteLine(JsonSerializer.Serialize(result, ResultJson.Default.LookupResult));
        }
        else
        {
            output.WriteLine(
                prefix is null ? $"{text}: no route" : $"{text} is in {prefix}, announced by AS{answer.Origin}");
        }

        return Ok;
    }

    private static int Replay(Options options, TextWriter output, TextWriter error)
    {
        TextWriter talk = options.Json ? error : output;
        var progress = new Progress(talk);
        Announcement[] newer = ReadTable(options.Table, progress);
        Announcement[] older = ReadTable(options.Older, progress);
        if (newer.AsSpan().SequenceEqual(older))
        {
            throw new UsageException(
                $"{options.Table} and {options.Older} hold the same routes: there is nothing to replay");
        }

        using var stop = new StopFlag();
        ConsoleCancelEventHandler onCancel = (_, cancel) =>
        {
            // Ends the run early; it reports what it has found until then.
            cancel.Cancel = true;
            stop.Set();
        };
        Console.CancelKeyPress += onCancel;
        RunResult result;
        try
        {
            result = Session.Run(options, older, newer, progress, new LiveReport(talk), stop);
        }
        finally
        {
            Console.CancelKeyPress -= onCancel;
        }

        if (options.Json)
        {
            output.WriteLine(JsonSerializer.Serialize(result, ResultJson.Default.RunResult));
        }
        else
        {
            ClosingTable.Write(result, output);
        }

        return result.Ok ? Ok : Failed;
    }

    private static Announcement[] ReadTable(string path, Progress progress)
    {
        RouteList list = progress.Run(
            $"reading {Path.GetFileName(path)}",
            () => RouteFile.Read(path),
            read => $"{read.Routes.Length:N0} prefixes" + (read.Repeated > 0 ? $", {read.Repeated:N0} repeated" : ""));
        return list.Routes;
    }
}
