namespace MappedCatalog.Serving;

/// <summary>Swaps at an interval, as long as the service runs. What fails is logged and tried again: the last good file
/// stays.</summary>
internal sealed partial class SwapService(Rebuilder rebuilder, Catalog catalog, ServiceOptions options, ILogger<SwapService> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.SwapInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Swap();
            }
        }
        catch (OperationCanceledException)
        {
            await rebuilder.FinishAsync();
        }
    }

    private void Swap()
    {
        try
        {
            rebuilder.Swap(catalog);
        }
        catch (Exception failure)
        {
            LogFailure(failure);
        }
    }

    [LoggerMessage(LogLevel.Error, "The catalog could not be replaced; the last one stays.")]
    private partial void LogFailure(Exception failure);
}
