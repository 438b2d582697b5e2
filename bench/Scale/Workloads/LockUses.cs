using System.Diagnostics;
using System.Runtime.CompilerServices;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Peers;

namespace Quiescent.Scale.Workloads;

// RW: one field under a lock, read by all threads; each hundredth use changes it, or none does.
internal static class LockUses
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
            $"{(writes ? "RW-1%" : "RW")}/{threads}",
            $"one field under a lock, a call of a method each, {(writes ? "1 %" : "no")} writes; "
                + $"{threads} {(threads == 1 ? "thread" : "threads")}",
            Unit.Nanoseconds,
        [
            Using<RcuLock<OwnDomain>>(Calls.RcuLockRead, Side.Ours, threads, writes),
            Using<RcuLock<FencedDomain>>(Calls.RcuLockReadFull, Side.Ours, threads, writes) with
            {
                Remark = "in a domain with ReadSideBarrier.Full",
            },
            Using<SlimLock>(Calls.EnterReadLock, Side.Managed, threads, writes),
            Using<MutualLock>(Calls.ExclusiveLock, Side.Managed, threads, writes),
        ])
        {
            Targets = writes
                ? []
                : [new Target(Calls.RcuLockRead, Bound.AtMost, threads == 1 ? 0.5 : 0.25, Calls.EnterReadLock)],
        };

    private static Contestant Using<TSide>(string name, Side side, int threads, bool writes)
        where TSide : struct, ILockSide => new(name, side, length =>
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
        where TSide : struct, ILockSide
    {
        long start = turn.Await();
        long batches = 0;
        long sum = 0;
        do
        {
            sum += Batch<TSide>(ref field.Value, writes);
            batches++;
        }
        while (!turn.IsOver);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        GC.KeepAlive(sum);
        return time.TotalNanoseconds / (batches * BatchSize);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Batch<TSide>(ref long field, bool writes)
        where TSide : struct, ILockSide
    {
        long sum = 0;
        for (int i = 0; i < BatchSize; i++)
        {
            if (writes && i % UsesPerWrite == 0)
            {
                TSide.Write(ref field);
            }
            else
            {
                sum += Read<TSide>(ref field);
            }
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Read<TSide>(ref long field)
        where TSide : struct, ILockSide => TSide.Read(ref field);
}
