namespace Quiescent.Scale.Workloads.Maps;

// Filled maps, kept from turn to turn of a contest, because filling takes longer than a turn: as many as have not more
// than so many entries together. A large one stands alone.
internal static class Shelf
{
    private const long MostEntries = 16_000_000;

    private static readonly Lock s_lock = new();
    private static readonly List<(Type Kind, long Entries, object Map)> s_maps = [];

    /// <summary>The map of that kind with so many entries, filled if there is none.</summary>
    public static object Get<TMap>(long entries)
        where TMap : struct, IMap<TMap>
    {
        lock (s_lock)
        {
            if (s_maps.Find(one => one.Kind == TMap.Kind && one.Entries == entries) is { Map: { } found })
            {
                return found;
            }

            while (s_maps.Count != 0 && s_maps.Sum(one => one.Entries) + entries > MostEntries)
            {
                MapFill.End(s_maps[0].Map);
                s_maps.RemoveAt(0);
            }

            GC.Collect();
            object map = MapFill.New<TMap>(entries);
            s_maps.Add((TMap.Kind, entries, map));

            // Where the collector puts long-lived objects, and nothing of the filling is left to collect.
            GC.Collect();
            return map;
        }
    }

    /// <summary>Ends all maps.</summary>
    public static void Clear()
    {
        lock (s_lock)
        {
            s_maps.ForEach(one => MapFill.End(one.Map));
            s_maps.Clear();
        }
    }
}
