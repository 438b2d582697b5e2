using System.Diagnostics;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Workloads.Maps;

/// <summary>A thread's operations on the keys of one batch. Returns what depends on all of them.</summary>
internal delegate ulong MapWork<TMap>(ref TMap map, int first);

// Threads that use one map again and again, for as long as the turn lasts; the value is millions of operations a second
// of all threads.
internal static class MapTurn
{
    /// <summary>Look-ups of keys that are all there. A turn in which one gives another value has failed.</summary>
    public static Reading LookUp<TMap>(long entries, Picking picking, int threads, TimeSpan length)
        where TMap : struct, IMap<TMap> => Checked(Run<TMap>(Shelf.Get<TMap>(entries), threads, length, thread =>
        {
            ulong[] keys = MapKeys.Pick(entries, picking, thread);
            return (keys.Length, (ref map, first) => map.Differences(keys.AsSpan(first, MapBatch.Length)));
        }));

    /// <summary>The same, while each thread replaces a tenth of the values.</summary>
    public static Reading LookUpAndUpdate<TMap>(long entries, int threads, TimeSpan length)
        where TMap : struct, IMap<TMap> => Checked(Run<TMap>(Shelf.Get<TMap>(entries), threads, length, thread =>
        {
            ulong[] keys = MapKeys.Pick(entries, Picking.Uniform, thread);
            return (
                keys.Length,
                (ref map, first) => MapBatch.WithUpdates(ref map, keys.AsSpan(first, MapBatch.Length)));
        }));

    public static Reading Replace<TMap>(long entries, int threads, TimeSpan length)
        where TMap : struct, IMap<TMap> => Run<TMap>(Shelf.Get<TMap>(entries), threads, length, thread =>
        {
            ulong[] keys = MapKeys.Pick(entries, Picking.Uniform, thread);
            return (keys.Length, (ref map, first) =>
            {
                MapBatch.Replace(ref map, keys.AsSpan(first, MapBatch.Length));
                return 0;
            }
            );
        }).Reading;

    /// <summary>Random operations on about twice as many keys as are there.</summary>
    public static Reading Mix<TMap>(MapMix mix, long entries, int threads, TimeSpan length)
        where TMap : struct, IMap<TMap> => Run<TMap>(Shelf.Get<TMap>(entries), threads, length, thread =>
        {
            ulong[] keys = MapKeys.Pick(mix.KeysFor(entries), Picking.Uniform, thread);
            MapOperation[] operations = mix.Pick(keys.Length, thread);
            return (keys.Length, (ref map, first) => MapBatch.Mixed(
                ref map, keys.AsSpan(first, MapBatch.Length), operations.AsSpan(first, MapBatch.Length)));
        }).Reading;

    private static Reading Checked((Reading Reading, ulong Results) turn) => turn.Results == 0
        ? turn.Reading
        : throw new InvalidOperationException("a look-up did not find its key's value");

    private static (Reading Reading, ulong Results) Run<TMap>(
        object map, int threads, TimeSpan length, Func<int, (int Count, MapWork<TMap> Work)> prepare)
        where TMap : struct, IMap<TMap>
    {
        using Turn turn = new();
        double[] speeds = new double[threads];
        ulong[] results = new ulong[threads];
        for (int i = 0; i < threads; i++)
        {
            int thread = i;
            turn.Start(() =>
            {
                (int count, MapWork<TMap> work) = prepare(thread);
                (speeds[thread], results[thread]) = Use(map, turn, count, work);
            });
        }

        turn.Run(length);
        return (new Reading(speeds.Sum()), results.Aggregate((one, other) => one | other));
    }

    private static (double Speed, ulong Results) Use<TMap>(object shared, Turn turn, int count, MapWork<TMap> work)
        where TMap : struct, IMap<TMap>
    {
        TMap map = TMap.Enter(shared);
        long start = turn.Await();
        long operations = 0;
        int first = 0;
        ulong results = 0;
        do
        {
            results |= work(ref map, first);
            operations += MapBatch.Length;
            first += MapBatch.Length;
            first = first == count ? 0 : first;
        }
        while (!turn.IsOver);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        map.Leave();
        return (operations / time.TotalMicroseconds, results);
    }
}
