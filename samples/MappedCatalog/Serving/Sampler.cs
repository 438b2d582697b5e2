using System.Diagnostics;

namespace MappedCatalog.Serving;

/// <summary>
/// Looks at the counters four times a second, so that rates and peaks are of the last second, whoever asks how often.
/// </summary>
internal sealed class Sampler(Catalog catalog, Rebuilder rebuilder, Traffic traffic) : BackgroundService
{
    private const int Window = 5; // The samples of a second, and the one before.

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly Queue<Sample> _recent = new();
    private readonly long _began = Stopwatch.GetTimestamp();
    private long _peakMappings;

    private readonly record struct Sample(long Time, long Lookups, long Requests, long Editions, TimeSpan GracePeriod);

    public ServiceStatistics Read()
    {
        Quiescent.RcuStatistics domain = catalog.Statistics;
        Sample now = Now(TimeSpan.Zero);
        Sample then;
        TimeSpan longest;
        lock (_lock)
        {
            then = _recent.TryPeek(out Sample oldest) ? oldest : now with { Time = _began, Lookups = 0, Requests = 0, Editions = 0 };
            longest = _recent.Select(sample => sample.GracePeriod).DefaultIfEmpty().Max();
        }

        double seconds = Math.Max(Stopwatch.GetElapsedTime(then.Time, now.Time).TotalSeconds, 1e-3);
        long open = catalog.MappingsOpen;
        GCMemoryInfo garbage = GC.GetGCMemoryInfo();
        return new ServiceStatistics
        {
            UptimeSeconds = Stopwatch.GetElapsedTime(_began).TotalSeconds,
            Requests = new RequestStatistics(
                traffic.Requests, (now.Requests - then.Requests) / seconds, traffic.Failed, traffic.Refused, traffic.Aborted),
            Lookups = new LookupStatistics(traffic.Lookups, (now.Lookups - then.Lookups) / seconds),
            WrongAnswers = traffic.Verifies ? traffic.Wrong : null,
            Swaps = new SwapStatistics(
                rebuilder.Editions - 1,
                (now.Editions - then.Editions) / seconds,
                rebuilder.Failures,
                rebuilder.MeanRebuild.TotalMilliseconds,
                rebuilder.LongestRebuild.TotalMilliseconds),
            Mappings = new MappingStatistics(
                open, catalog.MappingsOpened - open, Interlocked.Read(ref _peakMappings), rebuilder.MappingsSeenBySystem()),
            GracePeriods = new GracePeriodStatistics(
                domain.GracePeriodsCompleted,
                longest.TotalMilliseconds,
                domain.GracePeriods.P50.TotalMilliseconds,
                domain.GracePeriods.P99.TotalMilliseconds,
                domain.GracePeriods.Max.TotalMilliseconds),
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
                Note(Now(rebuilder.TakeLongestGracePeriod()));
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // The service stops.
        }
    }

    private Sample Now(TimeSpan gracePeriod) =>
        new(Stopwatch.GetTimestamp(), traffic.Lookups, traffic.Requests, rebuilder.Editions, gracePeriod);

    private void Note(Sample sample)
    {
        lock (_lock)
        {
            _recent.Enqueue(sample);
            if (_recent.Count > Window)
            {
                _recent.Dequeue();
            }
        }

        _peakMappings = Math.Max(_peakMappings, catalog.MappingsOpen);
    }
}
