using MappedCatalog.Load;

namespace MappedCatalog.Serving;

/// <summary>
/// Looks at the counters four times a second, so that rates and peaks are of the last second, however often somebody
/// asks for them.
/// </summary>
internal sealed class Sampler(
    Catalog catalog, Rebuilder rebuilder, Traffic traffic, Timeline timeline, LoadGenerator load)
    : BackgroundService
{
    private const int Window = 5; // The samples of a second, and the one before.

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly Queue<Sample> _recent = new();
    private long _peakMappings;

    private readonly record struct Sample(TimeSpan Time, long Lookups, long Requests, long Editions);

    private readonly record struct Rates(double Lookups, double Requests, double Editions);

    public ServiceStatistics Read()
    {
        Quiescent.RcuStatistics domain = catalog.Statistics;
        Rates rates = RatesTo(Now());
        long open = catalog.MappingsOpen;
        GCMemoryInfo garbage = GC.GetGCMemoryInfo();
        return new ServiceStatistics
        {
            UptimeSeconds = timeline.Uptime.TotalSeconds,
            Load = load.Read(),
            Requests = new RequestStatistics(
                traffic.Requests, rates.Requests, traffic.Failed, traffic.Refused, traffic.Aborted),
            Lookups = new LookupStatistics(traffic.Lookups, rates.Lookups),
            WrongAnswers = traffic.Verifies ? traffic.Wrong : null,
            Swaps = new SwapStatistics(
                rebuilder.Editions - 1,
                rates.Editions,
                rebuilder.Failures,
                rebuilder.MeanRebuild.TotalMicroseconds,
                rebuilder.LongestRebuild.TotalMicroseconds),
            Mappings = new MappingStatistics(
                open,
                catalog.MappingsOpened - open,
                Interlocked.Read(ref _peakMappings),
                rebuilder.MappingsSeenBySystem(),
                timeline.LongestHeld().TotalMicroseconds),
            GracePeriods = new GracePeriodStatistics(
                domain.GracePeriodsCompleted,
                domain.GracePeriods.P50.TotalMicroseconds,
                domain.GracePeriods.P99.TotalMicroseconds,
                domain.GracePeriods.Max.TotalMicroseconds),
            Sections = new SectionStatistics(catalog.Sections, catalog.SectionsOpen, catalog.SectionsMoved),
            Backlog = domain.BlocksWaiting + domain.CallbacksWaiting,
            Memory = new MemoryStatistics(Environment.WorkingSet, garbage.HeapSizeBytes, garbage.Index),
        };
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval);
        try
        {
            do
            {
                TakeSample();
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private Sample Now() => new(timeline.Uptime, traffic.Lookups, traffic.Requests, rebuilder.Editions);

    private Rates RatesTo(Sample now)
    {
        Sample then;
        lock (_lock)
        {
            then = _recent.TryPeek(out Sample oldest) ? oldest : default;
        }

        double seconds = Math.Max((now.Time - then.Time).TotalSeconds, 1e-3);
        return new Rates(
            (now.Lookups - then.Lookups) / seconds,
            (now.Requests - then.Requests) / seconds,
            (now.Editions - then.Editions) / seconds);
    }

    private void TakeSample()
    {
        Sample now = Now();
        Rates rates = RatesTo(now);
        timeline.AddRates(rates.Lookups, rates.Requests);
        lock (_lock)
        {
            _recent.Enqueue(now);
            if (_recent.Count > Window)
            {
                _recent.Dequeue();
            }
        }

        _peakMappings = Math.Max(_peakMappings, catalog.MappingsOpen);
    }
}
