using System.Diagnostics;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Workloads.Maps;

// Threads that fill an empty map together, which grows meanwhile. A turn is as long as that takes.
internal static class GrowthTurn
{
    private const string MedianDetail = "p50 µs";
    private const string RareDetail = "p99.99 µs";
    private const string SpeedDetail = "M/s";

    /// <summary>Inserts only; the value is millions a second.</summary>
    public static Reading Fill<TMap>(long entries, int threads)
        where TMap : struct, IMap<TMap>
    {
        double speed = Run<TMap>(entries, threads, thread =>
        {
            ulong[] keys = MapFill.KeysOf(entries, thread, threads);
            return (keys.Length, (ref map) =>
            {
                foreach (ulong key in keys)
                {
                    MapBatch.Add(ref map, key);
                }
            }
            );
        });
        return new Reading(speed);
    }

    /// <summary>Inserts, each of them timed; the value is the longest, in milliseconds.</summary>
    public static Reading FillTimed<TMap>(long entries)
        where TMap : struct, IMap<TMap>
    {
        Latencies latencies = new();
        double speed = Run<TMap>(entries, threads: 1, thread =>
        {
            ulong[] keys = MapFill.KeysOf(entries, thread, threads: 1);
            return (keys.Length, (ref map) =>
            {
                long last = Stopwatch.GetTimestamp();
                foreach (ulong key in keys)
                {
                    MapBatch.Add(ref map, key);
                    long now = Stopwatch.GetTimestamp();
                    latencies.Add(now - last);
                    last = now;
                }
            }
            );
        });
        return new Reading(latencies.MaxMicroseconds / 1e3)
        {
            Details =
            [
                new(MedianDetail, latencies.Microseconds(0.5)), new(RareDetail, latencies.Microseconds(0.9999)),
                new(SpeedDetail, speed),
            ],
        };
    }

    /// <summary>A mix of which most are inserts of new keys, until about so many have been inserted; the value is
    /// millions of operations a second.</summary>
    public static Reading Mix<TMap>(MapMix mix, long entries, int threads)
        where TMap : struct, IMap<TMap>
    {
        double speed = Run<TMap>(entries, threads, thread =>
        {
            MapOperation[] operations = mix.Pick((int)(entries * 100 / mix.Insert / threads), thread);
            ulong[] keys = GrowingKeys(operations, thread, threads);
            return (keys.Length, (ref map) =>
            {
                for (int first = 0; first < keys.Length; first += MapBatch.Length)
                {
                    int count = Math.Min(MapBatch.Length, keys.Length - first);
                    MapBatch.Mixed(ref map, keys.AsSpan(first, count), operations.AsSpan(first, count));
                }
            }
            );
        });
        return new Reading(speed);
    }

    // An insert's key is new; any other operation's is one that the thread has inserted before.
    private static ulong[] GrowingKeys(MapOperation[] operations, int thread, int threads)
    {
        ulong[] keys = new ulong[operations.Length];
        ulong inserted = 0;
        for (int i = 0; i < keys.Length; i++)
        {
            ulong number = operations[i] == MapOperation.Insert
                ? inserted++
                : MapKeys.Of((ulong)i) % Math.Max(inserted, 1);
            keys[i] = MapKeys.Of((number * (ulong)threads) + (ulong)thread);
        }

        return keys;
    }

    // Returns millions of operations a second.
    private static double Run<TMap>(long entries, int threads, Func<int, (int Count, Growth<TMap> Body)> prepare)
        where TMap : struct, IMap<TMap>
    {
        object map = TMap.Create(entries);
        using Turn turn = new();
        double[] speeds = new double[threads];
        for (int i = 0; i < threads; i++)
        {
            int thread = i;
            turn.Start(() =>
            {
                (int count, Growth<TMap> body) = prepare(thread);
                TMap own = TMap.Enter(map);
                long start = turn.Await();
                body(ref own);
                speeds[thread] = count / Stopwatch.GetElapsedTime(start).TotalMicroseconds;
                own.Leave();
            });
        }

        turn.Run(TimeSpan.Zero);
        MapFill.End(map);
        return speeds.Sum();
    }

    private delegate void Growth<TMap>(ref TMap map);
}
