using System.Diagnostics;
using Quiescent.Scale.Workloads.Meters;

namespace Quiescent.Scale.Workloads.Flooding;

// How many threads replace blocks, and how many read them.
internal readonly record struct FloodShape(int Updaters, int Readers);

// The result of a turn. Managed bytes: of the updaters alone, and of the whole process to the end of the barrier.
internal sealed record FloodResult(long Objects, TimeSpan Elapsed)
{
    public double? PeakMebibytes { get; init; }

    public long Reads { get; init; }

    public long UpdaterBytes { get; init; }

    public long ProcessBytes { get; init; }

    public long GracePeriods { get; init; }

    public TimeSpan Paused { get; init; }

    public TimeSpan LongestPause { get; init; }

    public double MillionsPerSecond => Objects / Elapsed.TotalSeconds / 1e6;
}

// One turn: updaters replace blocks as fast as they can until time is up, readers read through the first slot, and the
// clock stops when every block that was handed over has been freed.
internal static class Flood
{
    /// <summary>A turn in fully optimised code.</summary>
    public static FloodResult Run<TScheme, TPick>(Func<Slots, TScheme> create, FloodShape shape, TimeSpan length)
        where TScheme : struct, IScheme
        where TPick : struct, IPick<TPick>
    {
        FloodLoops<TScheme, TPick>.WarmUp(create);
        return Turn<TScheme, TPick>(create, shape, length);
    }

    /// <summary>A turn in whatever code there is.</summary>
    public static FloodResult Turn<TScheme, TPick>(Func<Slots, TScheme> create, FloodShape shape, TimeSpan length)
        where TScheme : struct, IScheme
        where TPick : struct, IPick<TPick>
    {
        PeakMemory.Trim();
        using Slots slots = new(TPick.SlotsFor(shape.Updaters));
        TScheme scheme = create(slots);
        Updates[] updates = new Updates[shape.Updaters];
        using Crew updaters = new();
        for (int i = 0; i < updates.Length; i++)
        {
            int updater = i;
            updaters.Add("flood updater", () =>
            {
                Fill(scheme, slots.Count, updater, updates.Length);
                updates[updater] = FloodLoops<TScheme, TPick>.Update(scheme, TPick.For(updater), updaters);
            });
        }

        long[] reads = new long[shape.Readers];
        using Crew readers = new();
        for (int i = 0; i < shape.Readers; i++)
        {
            int reader = i;
            readers.Add("flood reader", () => reads[reader] = FloodLoops<TScheme, TPick>.Look(scheme, readers));
        }

        updaters.AwaitReady();
        readers.AwaitReady();
        readers.Go();
        PeakMemory? memory = PeakMemory.Watch();
        PauseWatch pauses = new();
        long gracePeriods = Rcu.GetStatistics().GracePeriodsCompleted;
        long bytes = GC.GetTotalAllocatedBytes(precise: true);
        long start = Stopwatch.GetTimestamp();
        updaters.Go();
        pauses.Sleep(length);
        updaters.Stop();
        scheme.Barrier();
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        bytes = GC.GetTotalAllocatedBytes(precise: true) - bytes;
        gracePeriods = Rcu.GetStatistics().GracePeriodsCompleted - gracePeriods;
        double? peak = memory?.MebibytesAbove();
        readers.Stop();
        for (int i = 0; i < slots.Count; i++)
        {
            scheme.Clear(i);
        }

        scheme.End();

        return new FloodResult(updates.Sum(update => update.Objects), elapsed)
        {
            PeakMebibytes = peak,
            Reads = reads.Sum(),
            UpdaterBytes = updates.Sum(update => update.ManagedBytes),
            ProcessBytes = bytes,
            GracePeriods = gracePeriods,
            Paused = pauses.Total,
            LongestPause = pauses.Longest,
        };
    }

    // The updaters share the work, so that the blocks come from the same arenas of the allocator as their successors.
    private static void Fill<TScheme>(TScheme scheme, int slots, int updater, int updaters)
        where TScheme : struct, IScheme
    {
        for (int slot = updater; slot < slots; slot += updaters)
        {
            scheme.Fill(slot);
        }
    }
}
