using System.Diagnostics;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Meters;

namespace Quiescent.Scale.Workloads.Maps;

// What a map of that size costs while it is just there: memory, and the collector's time.
internal static class MapMemory
{
    /// <summary>By how much a filled map raises the process's resident memory, in bytes for each entry.</summary>
    public static Reading Bytes<TMap>(long entries)
        where TMap : struct, IMap<TMap>
    {
        PeakMemory.Trim();
        double books = TMap.BytesByBooks(null);
        double resident = PeakMemory.ResidentBytes();
        object map = MapFill.New<TMap>(entries);
        GC.Collect();
        resident = PeakMemory.ResidentBytes() - resident;
        books = TMap.BytesByBooks(map) - books;
        MapFill.End(map);
        return new Reading(resident / entries) { Details = [new("by the books B", books / entries)] };
    }

    /// <summary>The time of a full collection that blocks, in milliseconds, while the map is alive.</summary>
    public static Reading Collection<TMap>(long entries, TimeSpan length)
        where TMap : struct, IMap<TMap>
    {
        object map = MapFill.New<TMap>(entries);
        Reading reading = Collection(length);
        MapFill.End(map);
        return reading;
    }

    /// <summary>The same while there is no map.</summary>
    public static Reading Collection(TimeSpan length)
    {
        // The first finds what filling has left, and makes the heap what it stays.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        long start = Stopwatch.GetTimestamp();
        int collections = 0;
        do
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: false);
            collections++;
        }
        while (Stopwatch.GetElapsedTime(start) < length);
        return new Reading(Stopwatch.GetElapsedTime(start).TotalMilliseconds / collections);
    }
}
