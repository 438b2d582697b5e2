using System.Diagnostics;
using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Workloads.Resources;

/// <summary>A resource that the threads of a turn share, and their way of using it.</summary>
internal interface IShared : IDisposable
{
    /// <summary>Uses the resource once for each offset.</summary>
    long Batch<TLoop>(ReadOnlySpan<ushort> offsets)
        where TLoop : struct, ILoop;
}

// Threads that use one resource again and again; the value is nanoseconds per use and thread.
internal static class UseTurn
{
    /// <summary>A contestant that reads the pattern: a turn in which a batch gives another sum has failed.</summary>
    public static Contestant Of<TShared, TLoop>(string name, Side side, int threads)
        where TShared : class, IShared, new()
        where TLoop : struct, ILoop => new(name, side, length =>
        {
            (double time, _) = Take<TShared, TLoop>(length, threads, Pattern.Sum);
            return new Reading(time);
        });

    /// <summary>A contestant that may allocate, with the managed bytes of each use; what it reads is not
    /// checked.</summary>
    public static Contestant Allocating<TShared, TLoop>(string name, Side side, int threads)
        where TShared : class, IShared, new()
        where TLoop : struct, ILoop => new(name, side, length =>
        {
            (double time, double bytes) = Take<TShared, TLoop>(length, threads, sum: null);
            return new Reading(time) { Details = [new("B/use", bytes)] };
        });

    private static (double Time, double Bytes) Take<TShared, TLoop>(TimeSpan length, int threads, long? sum)
        where TShared : class, IShared, new()
        where TLoop : struct, ILoop
    {
        using TShared shared = new();
        using Turn turn = new();
        double[] times = new double[threads];
        double[] bytes = new double[threads];
        for (int i = 0; i < threads; i++)
        {
            int number = i;
            turn.Start(() => (times[number], bytes[number]) = Use<TShared, TLoop>(shared, turn, sum));
        }

        turn.Run(length);
        return (times.Average(), bytes.Average());
    }

    private static (double Time, double Bytes) Use<TShared, TLoop>(TShared shared, Turn turn, long? sum)
        where TShared : class, IShared, new()
        where TLoop : struct, ILoop
    {
        long start = turn.Await();
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long batches = 0;
        do
        {
            long read = shared.Batch<TLoop>(Pattern.Offsets);
            if (sum is { } expected && read != expected)
            {
                throw new InvalidOperationException($"the bytes come to {read:N0}, and should to {expected:N0}");
            }

            batches++;
        }
        while (!turn.IsOver);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        double uses = (double)batches * Pattern.Offsets.Length;
        return (time.TotalNanoseconds / uses, bytes / uses);
    }
}
