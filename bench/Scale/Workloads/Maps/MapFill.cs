using System.Runtime.CompilerServices;

namespace Quiescent.Scale.Workloads.Maps;

// Maps that are filled outside the measured time, and their end.
internal static class MapFill
{
    /// <summary>A map with the keys of the first numbers.</summary>
    public static object New<TMap>(long entries)
        where TMap : struct, IMap<TMap>
    {
        object map = TMap.Create(entries);
        TMap own = TMap.Enter(map);
        Fill(ref own, entries);
        own.Leave();
        return map;
    }

    /// <summary>Ends a map, and waits until its memory has been given back.</summary>
    public static void End(object map)
    {
        (map as IDisposable)?.Dispose();
        Rcu.Barrier();
    }

    /// <summary>The keys of the numbers that a thread adds, in order.</summary>
    public static ulong[] KeysOf(long entries, int thread, int threads)
    {
        ulong[] keys = new ulong[(entries - thread + threads - 1) / threads];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = MapKeys.Of((ulong)(thread + ((long)i * threads)));
        }

        return keys;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fill<TMap>(ref TMap map, long entries)
        where TMap : struct, IMap<TMap>
    {
        for (long number = 0; number < entries; number++)
        {
            MapBatch.Add(ref map, MapKeys.Of((ulong)number));
        }
    }
}
