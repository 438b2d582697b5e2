using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Peers;

namespace Quiescent.Scale.Workloads;

// Threads that read one field of a published block again and again; the value is nanoseconds per operation and thread.
// A batch is called often enough in a turn that does not count to be compiled by the runtime's last tier, as a
// program's hot loop is.
internal static unsafe class ReadLoop
{
    private const int BatchSize = 1_000;

    /// <summary>All threads read, and the block stays.</summary>
    public static Contestant Of<TSide, TState>(string name, Side side, int threads)
        where TSide : IReadSide<TState>
        where TState : allows ref struct => new(name, side, length =>
        {
            RcuPointer<long>* pointer = Publish();
            using Turn turn = new();
            double[] times = StartReaders<TSide, TState>(turn, pointer, threads);
            turn.Run(length);
            Withdraw(pointer);
            return new Reading(times.Average());
        });

    /// <summary>One thread reads, another replaces the block without pause, or so many times a second.</summary>
    public static Contestant UnderUpdates<TSide, TState>(string name, Side side, int? perSecond = null)
        where TSide : IReadSide<TState>, IUpdateSide
        where TState : allows ref struct => new(name, side, length =>
        {
            RcuPointer<long>* pointer = Publish();
            using Turn turn = new();
            double[] times = StartReaders<Called<TSide, TState>, TState>(turn, pointer, threads: 1);
            double updatesPerSecond = 0;
            turn.Start(
                () => updatesPerSecond =
                    perSecond is int pace ? Update<TSide>(turn, pointer, pace) : Update<TSide>(turn, pointer));
            turn.Run(length);
            TSide.Drain();
            Withdraw(pointer);
            return new Reading(times[0]) { Details = [new Detail("updates/s", updatesPerSecond)] };
        });

    private static double[] StartReaders<TSide, TState>(Turn turn, RcuPointer<long>* pointer, int threads)
        where TSide : IReadSide<TState>
        where TState : allows ref struct
    {
        double[] times = new double[threads];
        for (int i = 0; i < threads; i++)
        {
            int number = i;
            turn.Start(() => times[number] = Read<TSide, TState>(turn, pointer));
        }

        return times;
    }

    private static double Read<TSide, TState>(Turn turn, RcuPointer<long>* pointer)
        where TSide : IReadSide<TState>
        where TState : allows ref struct
    {
        TState state = TSide.Begin();
        long start = turn.Await();
        long batches = 0;
        long sum = 0;
        do
        {
            sum += Batch<TSide, TState>(state, pointer);
            TSide.Pause(state);
            batches++;
        }
        while (!turn.IsOver);
        TimeSpan time = Stopwatch.GetElapsedTime(start);
        TSide.End(state);
        GC.KeepAlive(sum);
        return time.TotalNanoseconds / (batches * BatchSize);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long Batch<TSide, TState>(TState state, RcuPointer<long>* pointer)
        where TSide : IReadSide<TState>
        where TState : allows ref struct
    {
        long sum = 0;
        for (int i = 0; i < BatchSize; i++)
        {
            sum += TSide.Read(state, pointer);
        }

        return sum;
    }

    private static double Update<TSide>(Turn turn, RcuPointer<long>* pointer)
        where TSide : IUpdateSide
    {
        long start = turn.Await();
        long batches = 0;
        do
        {
            Replace<TSide>(pointer);
            batches++;
        }
        while (!turn.IsOver);
        return batches * BatchSize / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Update<TSide>(Turn turn, RcuPointer<long>* pointer, int perSecond)
        where TSide : IUpdateSide
    {
        double apart = (double)Stopwatch.Frequency / perSecond;
        long start = turn.Await();
        long updates = 0;
        do
        {
            TSide.Replace(pointer, Allocate(updates));
            updates++;
            while (!turn.IsOver && Stopwatch.GetTimestamp() - start < updates * apart)
            {
            }
        }
        while (!turn.IsOver);
        return updates / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Replace<TSide>(RcuPointer<long>* pointer)
        where TSide : IUpdateSide
    {
        for (int i = 0; i < BatchSize; i++)
        {
            TSide.Replace(pointer, Allocate(i));
        }
    }

    private static RcuPointer<long>* Publish()
    {
        RcuPointer<long>* pointer = (RcuPointer<long>*)NativeMemory.AlignedAlloc(64, 64);
        *pointer = default;
        pointer->Assign(Allocate(1));
        return pointer;
    }

    // SAFETY: the turn is over, and what it queued was freed.
    private static void Withdraw(RcuPointer<long>* pointer)
    {
        NativeMemory.Free(pointer->Exchange(null));
        NativeMemory.AlignedFree(pointer);
    }

    private static long* Allocate(long value)
    {
        long* block = (long*)NativeMemory.Alloc(64);
        *block = value;
        return block;
    }
}
