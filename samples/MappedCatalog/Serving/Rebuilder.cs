using System.Diagnostics;
using MappedCatalog.Format;

namespace MappedCatalog.Serving;

/// <summary>
/// Makes the next edition of the catalog from the next table, and swaps it in. The files take turns with a few names in
/// a folder.
/// </summary>
internal sealed class Rebuilder(DatedTable[] tables, string folder, Timeline timeline)
{
    private const int Names = 4;

    private readonly CatalogImage _image = new();
    private readonly Lock _lock = new();
    private Task _unmapping = Task.CompletedTask;
    private long _edition;
    private long _failures;
    private long _rebuildTicks;
    private long _longestRebuild;

    /// <summary>Editions made, the first included.</summary>
    public long Editions => Interlocked.Read(ref _edition);

    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>From the table in memory to the verified file, on average.</summary>
    public TimeSpan MeanRebuild => new(Interlocked.Read(ref _rebuildTicks) / Math.Max(1, Editions));

    public TimeSpan LongestRebuild => new(Interlocked.Read(ref _longestRebuild));

    /// <summary>How many of the files the operating system has in the process's memory map.</summary>
    public int? MappingsSeenBySystem() => ProcessMaps.CountFilesIn(folder);

    /// <summary>Makes the file of the next edition and returns its path.</summary>
    public string Build()
    {
        lock (_lock)
        {
            long began = Stopwatch.GetTimestamp();
            long edition = _edition + 1;
            DatedTable table = tables[edition % tables.Length];
            string path = Path.Combine(folder, $"catalog-{edition % Names}.bin");
            _image.Build(table.Routes, table.Date, edition);
            _image.Save(path);

            long ticks = Stopwatch.GetElapsedTime(began).Ticks;
            Interlocked.Add(ref _rebuildTicks, ticks);
            Interlocked.Exchange(ref _longestRebuild, Math.Max(_longestRebuild, ticks));
            Interlocked.Exchange(ref _edition, edition);
            return path;
        }
    }

    /// <summary>Makes the next edition and puts it in place of the current one. Requests go on meanwhile.</summary>
    public void Swap(Catalog catalog)
    {
        try
        {
            catalog.Replace(Build());
        }
        catch
        {
            Interlocked.Increment(ref _failures);
            throw;
        }

        Task unmapping = AwaitUnmappingAsync(catalog, timeline.Swapped(catalog.MappingsOpen));
        lock (_lock)
        {
            _unmapping = _unmapping.IsCompleted ? unmapping : Task.WhenAll(_unmapping, unmapping);
        }
    }

    /// <summary>Returns when every file that was replaced is unmapped, and on the time line.</summary>
    public Task FinishAsync()
    {
        lock (_lock)
        {
            return _unmapping;
        }
    }

    private async Task AwaitUnmappingAsync(Catalog catalog, long swapped)
    {
        await catalog.UnmappedAsync();
        timeline.Unmapped(swapped, catalog.MappingsOpen);
    }
}
