using System.Text.Json;
using MappedCatalog.Serving;
using RouteTable.Data;

namespace MappedCatalog.Running;

/// <summary>The program but for its process: arguments and writers in, exit code out.</summary>
internal static class Cli
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Unusable = 2;

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            Options options = Options.Parse(args);
            if (options.Help)
            {
                await output.WriteLineAsync(Options.HelpText);
                return Ok;
            }

            return await ServeAsync(options, output, options.Json ? error : output);
        }
        catch (UsageException unusable)
        {
            await error.WriteLineAsync($"MappedCatalog: {unusable.Message}");
            await error.WriteLineAsync("MappedCatalog --help lists the options.");
            return Unusable;
        }
        catch (Exception unusable) when (unusable is RouteFileException or IOException)
        {
            // Of the tables, of the address to listen at, or of the folder for the files.
            await error.WriteLineAsync($"MappedCatalog: {unusable.Message}");
            return Unusable;
        }
    }

    private static async Task<int> ServeAsync(Options options, TextWriter output, TextWriter talk)
    {
        DatedTable[] tables = DatedTable.ReadAll(options.Data);
        foreach (DatedTable table in tables)
        {
            await talk.WriteLineAsync($"{table.Date:yyyy-MM-dd}: {table.Routes.Length:N0} prefixes");
        }

        CatalogService service = await CatalogService.StartAsync(options.Service, tables);
        ServiceStatistics statistics;
        long heapBefore = GC.GetTotalMemory(forceFullCollection: true);
        await using (service)
        {
            await talk.WriteLineAsync($"listening on {service.Address}");
            await talk.FlushAsync();
            await service.WaitAsync(options.Time);
            await service.StopAsync();
            statistics = service.Sampler.Read();
        }

        var result = RunResult.Of(service, statistics, heapBefore, GC.GetTotalMemory(forceFullCollection: true));
        if (options.Json)
        {
            await output.WriteLineAsync(JsonSerializer.Serialize(result, ServiceJson.Default.RunResult));
        }
        else
        {
            ClosingTable.Write(result, output);
        }

        return result.Ok ? Ok : Failed;
    }
}
