using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Flooding;
using Quiescent.Scale.Workloads.Meters;

namespace Quiescent.Scale.Workloads;

// B: how long a barrier takes when nothing waits, and when 100,000 blocks wait.
internal static unsafe class Barriers
{
    private const string Ours = Calls.Barrier;
    private const string AtOnce = Calls.NativeFree;
    private const int Queued = 100_000;

    private static readonly SetUp s_warmUp = new("warming up Barrier", TimeSpan.FromMilliseconds(300));
    private static bool s_isWarm;

    public static IEnumerable<Contest> Contests()
    {
        yield return new(
            "B/empty", "Barrier of an idle domain", Unit.Microseconds,
            [new(Ours, Side.Ours, Empty) { SetUp = s_warmUp }])
        {
            IsHeadline = true,
            Targets = [new(Ours, Bound.AtMost, 2)],
        };
        yield return new("B/100000", "Barrier with 100,000 blocks queued, beside freeing them", Unit.Microseconds,
        [
            new(Ours, Side.Ours, length => Repeat(length, TimeBarrier))
            {
                Remark = "all 100,000 wait: a reader leaves its section just before",
            },
            new(AtOnce, Side.Floor, length => Repeat(length, TimeFrees)),
        ])
        {
            Targets = [new(Ours, Bound.AtMost, 2, AtOnce)],
        };
    }

    private static Reading Empty(TimeSpan length)
    {
        Rcu.Free(Slots.Allocate(0)); // So that the reclaimer is there.
        Rcu.Barrier();
        if (!s_isWarm)
        {
            Warm.Up(() => MeasureEmpty(TimeSpan.FromMilliseconds(50), new Latencies()));
            s_isWarm = true;
        }

        Latencies latencies = new();
        MeasureEmpty(length, latencies);
        return ToReading(latencies);
    }

    private static void MeasureEmpty(TimeSpan length, Latencies latencies)
    {
        long end = Stopwatch.GetTimestamp() + (long)(length.TotalSeconds * Stopwatch.Frequency);
        for (long start = Stopwatch.GetTimestamp(); start < end; start = Stopwatch.GetTimestamp())
        {
            Rcu.Barrier();
            latencies.Add(Stopwatch.GetTimestamp() - start);
        }
    }

    private static Reading Repeat(TimeSpan length, Func<nint[], long> measure)
    {
        nint[] blocks = new nint[Queued];
        Warm.Up(() => measure(blocks));
        Latencies latencies = new();
        long start = Stopwatch.GetTimestamp();
        do
        {
            latencies.Add(measure(blocks));
        }
        while (Stopwatch.GetElapsedTime(start) < length);
        return ToReading(latencies);
    }

    private static long TimeBarrier(nint[] blocks)
    {
        Allocate(blocks);
        using Crew readers = new();
        readers.Add("reader", () =>
        {
            using ReadGuard guard = Rcu.ReadLock();
            readers.Begin();
            readers.AwaitStop();
        });
        readers.AwaitReady();
        readers.Go();
        Queue(blocks);
        long waiting = Rcu.GetStatistics().BlocksWaiting;
        if (waiting != Queued)
        {
            throw new InvalidOperationException($"{waiting:N0} blocks wait where {Queued:N0} were queued.");
        }

        readers.Stop();
        long start = Stopwatch.GetTimestamp();
        Rcu.Barrier();
        return Stopwatch.GetTimestamp() - start;
    }

    private static long TimeFrees(nint[] blocks)
    {
        Allocate(blocks);
        long start = Stopwatch.GetTimestamp();
        Free(blocks);
        return Stopwatch.GetTimestamp() - start;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Allocate(nint[] blocks)
    {
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = (nint)Slots.Allocate(i);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Queue(nint[] blocks)
    {
        foreach (nint block in blocks)
        {
            Rcu.Free((void*)block);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Free(nint[] blocks)
    {
        foreach (nint block in blocks)
        {
            NativeMemory.Free((void*)block);
        }
    }

    private static Reading ToReading(Latencies latencies) => new(latencies.Microseconds(0.5))
    {
        Details = [new("p99 µs", latencies.Microseconds(0.99)), new("max µs", latencies.MaxMicroseconds)],
    };
}
