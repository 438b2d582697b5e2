using System.Globalization;
using MappedCatalog.Load;

namespace MappedCatalog.Serving;

/// <summary>
/// The service, from the first file to the last unmapping. It ends in the opposite order of its beginning: requests are
/// answered, the swaps stop, the last mapping goes with its domain, and then the folder of the files.
/// </summary>
internal sealed class CatalogService : IAsyncDisposable
{
    private readonly string _folder;
    private readonly Timeline _timeline = new();
    private readonly Rebuilder _rebuilder;
    private readonly Catalog _catalog;
    private readonly WebApplication _app;

    private CatalogService(ServiceOptions options, DatedTable[] tables)
    {
        _folder = Directory.CreateTempSubdirectory("mapped-catalog-").FullName;
        _rebuilder = new Rebuilder(tables, _folder, _timeline);
        _catalog = new Catalog(_rebuilder.Build());
        Traffic = new Traffic(options);
        _app = BuildApplication(options, tables);
        Sampler = _app.Services.GetRequiredService<Sampler>();
        Load = _app.Services.GetRequiredService<LoadGenerator>();
    }

    public Traffic Traffic { get; }

    public Sampler Sampler { get; }

    public LoadGenerator Load { get; }

    public Catalog Catalog => _catalog;

    /// <summary>Where it listens.</summary>
    public Uri Address => new(_app.Urls.First());

    public int? MappingsSeenBySystem => _rebuilder.MappingsSeenBySystem();

    public static async Task<CatalogService> StartAsync(ServiceOptions options, DatedTable[] tables)
    {
        var service = new CatalogService(options, tables);
        try
        {
            await service._app.StartAsync();
            return service;
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }
    }

    /// <summary>Swaps now, besides the swaps at the interval.</summary>
    public void Swap() => _rebuilder.Swap(_catalog);

    /// <summary>Returns when the process is asked to end, or the time is over.</summary>
    public async Task WaitAsync(TimeSpan time)
    {
        using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(_app.Lifetime.ApplicationStopping);
        await Task.Delay(time, interrupted.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Answers the requests that are under way, takes no more, and stops the swaps.</summary>
    public Task StopAsync() => _app.StopAsync();

    /// <summary>Stops, and unmaps everything.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _app.DisposeAsync();
        await _rebuilder.FinishAsync();
        _catalog.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private WebApplication BuildApplication(ServiceOptions options, DatedTable[] tables)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.WebHost.UseUrls(options.Urls);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 1 << 20;
        });
        builder.Services.AddProblemDetails();
        builder.Services.AddSingleton(options).AddSingleton(tables);
        builder.Services.AddSingleton(_catalog).AddSingleton(_rebuilder).AddSingleton(Traffic);
        builder.Services.AddSingleton(_timeline).AddSingleton<Lookups>();
        builder.Services.AddSingleton<Sampler>().AddSingleton<LoadGenerator>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Sampler>());
        builder.Services.AddHostedService(services => services.GetRequiredService<LoadGenerator>());
        builder.Services.AddHostedService<SwapService>();

        WebApplication app = builder.Build();
        app.Use(next => context => Traffic.CountAsync(context, next));
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        Map(app);
        return app;
    }

    private static void Map(WebApplication app)
    {
        Lookups lookups = app.Services.GetRequiredService<Lookups>();
        app.MapGet("/lookup/{address}", (RequestDelegate)lookups.GetAsync);
        app.MapPost("/lookup", (RequestDelegate)lookups.PostAsync);
        Sampler sampler = app.Services.GetRequiredService<Sampler>();
        app.MapGet("/stats", (RequestDelegate)(context =>
            context.Response.WriteAsJsonAsync(sampler.Read(), ServiceJson.Default.ServiceStatistics)));
        Timeline timeline = app.Services.GetRequiredService<Timeline>();
        app.MapGet("/timeline", (RequestDelegate)(context => context.Response.WriteAsJsonAsync(
            timeline.Read(ParseAfter(context.Request.Query["after"])), ServiceJson.Default.TimelinePart)));
        LoadSwitch.Map(app, app.Services.GetRequiredService<LoadGenerator>());
        Page.Map(app);
    }

    private static long ParseAfter(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long after) ? after : 0;
}
