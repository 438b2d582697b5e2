using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Peers;

namespace Quiescent.Scale.Workloads;

// RWA: as RW, under locks that may be held across await. Each thread runs a task, and waits where the task does.
internal static class AsyncLockUses
{
    private const int BatchSize = 1_000;
    private const int UsesPerWrite = 100;

    public static IEnumerable<Contest> Contests()
    {
        foreach (bool writes in (bool[])[false, true])
        {
            foreach (int threads in (int[])[1, 2])
            {
                yield return Of(threads, writes);
            }
        }
    }

    private static Contest Of(int threads, bool writes) =>
        new(
            $"{(writes ? "RWA-1%" : "RWA")}/{threads}",
            $"one field under an awaited lock, an async method each, {(writes ? "1 %" : "no")} writes; "
                + $"{threads} {(threads == 1 ? "thread" : "threads")}",
            Unit.Nanoseconds,
        [
            Using<RcuAsyncLock<OwnSleepableDomain>>(Calls.RcuLockReadAsync, Side.Ours, threads, writes),
            Using<RcuAsyncLock<FencedSleepableDomain>>(Calls.RcuLockReadAsyncFull, Side.Ours, threads, writes) with
            {
                Remark = "in a domain with ReadSideBarrier.Full",
            },
            Using<AsyncSemaphore>(Calls.SemaphoreWaitAsync, Side.Managed, threads, writes),
        ]);

    private static Contestant Using<TSide>(string name, Side side, int threads, bool writes)
        where TSide : struct, IAsyncLockSide => new(name, side, length =>
        {
            StrongBox<long> field = new();
            using Turn turn = new();
            double[] times = new double[threads];
            for (int i = 0; i < threads; i++)
            {
                int number = i;
                turn.Start(() => times[number] = Use<TSide>(turn, field, writes));
            }

            turn.Run(length);
            return new Reading(times.Average());
        });

    private static double Use<TSide>(Turn turn, StrongBox<long> field, bool writes)
        where TSide : struct, IAsyncLockSide
    {
        long start = turn.Await();
        long batches = 0;
        long sum = 0;
        do
        {
            sum += Batch<TSide>(field, writes).GetAwaiter().GetResult();
            batches++;
        }
        while (!turn.IsOver);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        GC.KeepAlive(sum);
        return time.TotalNanoseconds / (batches * BatchSize);
    }

    private static async Task<long> Batch<TSide>(StrongBox<long> field, bool writes)
        where TSide : struct, IAsyncLockSide
    {
        long sum = 0;
        for (int i = 0; i < BatchSize; i++)
        {
            if (writes && i % UsesPerWrite == 0)
            {
                await TSide.Write(field);
            }
            else
            {
                sum += await TSide.Read(field);
            }
        }

        return sum;
    }
}
