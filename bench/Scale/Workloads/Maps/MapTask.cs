using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Meters;

namespace Quiescent.Scale.Workloads.Maps;

// What one contest measures, for any kind of map.
internal abstract record MapTask(long Entries)
{
    // A turn with a large map is not repeated to warm up; a small one, many times, has the code compiled for good.
    private const long LargeEntries = 4_000_000;
    private const long WarmEntries = 100_000;

    private static readonly TimeSpan s_slice = TimeSpan.FromMilliseconds(100);

    public Contestant With<TMap>(string name, Side side)
        where TMap : struct, IMap<TMap> => new(name, side, length =>
        {
            if (Entries > LargeEntries)
            {
                Warm.Up(() => (this with { Entries = WarmEntries }).Measure<TMap>(s_slice));
            }

            return Measure<TMap>(length);
        });

    protected abstract Reading Measure<TMap>(TimeSpan length)
        where TMap : struct, IMap<TMap>;
}

internal sealed record LookUpTask(long Entries, Picking Picking, int Threads) : MapTask(Entries)
{
    protected override Reading Measure<TMap>(TimeSpan length) =>
        MapTurn.LookUp<TMap>(Entries, Picking, Threads, length);
}

internal sealed record UpdateTask(long Entries, int Threads) : MapTask(Entries)
{
    protected override Reading Measure<TMap>(TimeSpan length) =>
        MapTurn.LookUpAndUpdate<TMap>(Entries, Threads, length);
}

internal sealed record ReplaceTask(long Entries, int Threads) : MapTask(Entries)
{
    protected override Reading Measure<TMap>(TimeSpan length) => MapTurn.Replace<TMap>(Entries, Threads, length);
}

internal sealed record MixTask(MapMix Mix, long Entries, int Threads) : MapTask(Entries)
{
    protected override Reading Measure<TMap>(TimeSpan length) => MapTurn.Mix<TMap>(Mix, Entries, Threads, length);
}

internal sealed record GrowTask(long Entries, int Threads) : MapTask(Entries)
{
    protected override Reading Measure<TMap>(TimeSpan length) =>
        GrowthTurn.Mix<TMap>(MapMix.RapidGrow, Entries, Threads);
}

internal sealed record FillTask(long Entries, int Threads) : MapTask(Entries)
{
    protected override Reading Measure<TMap>(TimeSpan length) => GrowthTurn.Fill<TMap>(Entries, Threads);
}

internal sealed record TimedFillTask(long Entries) : MapTask(Entries)
{
    protected override Reading Measure<TMap>(TimeSpan length) => GrowthTurn.FillTimed<TMap>(Entries);
}

internal sealed record BytesTask(long Entries) : MapTask(Entries)
{
    protected override Reading Measure<TMap>(TimeSpan length) => MapMemory.Bytes<TMap>(Entries);
}

internal sealed record CollectionTask(long Entries) : MapTask(Entries)
{
    protected override Reading Measure<TMap>(TimeSpan length) => MapMemory.Collection<TMap>(Entries, length);
}
