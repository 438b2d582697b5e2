using System.Diagnostics;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Flooding;
using Quiescent.Scale.Workloads.Meters;

namespace Quiescent.Scale.Workloads;

// F2: a reader stays in its section for a second while updaters flood. Nothing can be freed meanwhile; what is counted
// is the memory that piles up, all of it: blocks, what the allocator adds to each (64 bytes take 80 from malloc, and 64
// from the pool), and the library's pages.
internal static class Overstay
{
    // A hundredth below the limit of a domain with default options, from which on queueing pauses by design.
    private const int Released = 990_000;

    private const string Preempted = "by the clock: whatever preempts the thread shows up";

    private static readonly TimeSpan s_stay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_drain = TimeSpan.FromMilliseconds(50);

    public static IEnumerable<Contest> Contests()
    {
        yield return Overstayed("F2/1u", "A reader overstays 1 s: peak memory, 1 updater", updaters: 1, mebibytes: 128);
        yield return Overstayed(
            "F2/2u", "A reader overstays 1 s: peak memory, 2 updaters", updaters: 2, mebibytes: 192);
        yield return new(
            "F2/longest-free", "Longest single Free under a released backlog of a million blocks", Unit.Microseconds,
        [
            new(Calls.Free, Side.Ours, LongestOf<HeadLess>) { Remark = Preempted },
            new(Calls.FreeHead, Side.Ours, LongestOf<Head>) { Remark = Preempted },
        ])
        {
            TurnLength = TimeSpan.FromSeconds(1),
            TurnOverhead = TimeSpan.FromMilliseconds(250),
            Targets = [new(Calls.Free, Bound.AtMost, 100), new(Calls.FreeHead, Bound.AtMost, 100)],
        };
    }

    private static Contest Overstayed(string id, string title, int updaters, double mebibytes) =>
        new(id, title, Unit.Mebibytes,
    [
        Ours<OwnScheme<HeadLess>>(Calls.Free, updaters, slots => new(slots, default)),
        Ours<OwnScheme<Head>>(Calls.FreeHead, updaters, slots => new(slots, default)),
        Ours<PoolScheme>(Calls.PoolFree, updaters, slots => new(slots, new())),
    ])
        {
            TurnLength = s_stay,
            TurnOverhead = s_drain,
            Targets =
        [
            new(Calls.Free, Bound.AtMost, mebibytes),
            new(Calls.FreeHead, Bound.AtMost, mebibytes),
            new(Calls.PoolFree, Bound.AtMost, mebibytes),
            new(Calls.Free, Bound.AtMost, 100) { Detail = "drain ms" },
            new(Calls.FreeHead, Bound.AtMost, 100) { Detail = "drain ms" },
            new(Calls.PoolFree, Bound.AtMost, 100) { Detail = "drain ms" },
        ],
        };

    private static Contestant Ours<TScheme>(string name, int updaters, Func<Slots, TScheme> create)
        where TScheme : struct, IScheme =>
        new(name, Side.Ours, _ => Stay(create, updaters))
        {
            Absent = PeakMemory.IsKnown ? null : PeakMemory.WhyUnknown,
            SetUp = FloodLoops<TScheme, OwnSlot>.SetUp,
        };

    private static Reading Stay<TScheme>(Func<Slots, TScheme> create, int updaterCount)
        where TScheme : struct, IScheme
    {
        FloodLoops<TScheme, OwnSlot>.WarmUp(create);
        PeakMemory.Trim();
        using Slots slots = new(OwnSlot.SlotsFor(updaterCount));
        TScheme scheme = create(slots);
        for (int i = 0; i < slots.Count; i++)
        {
            scheme.Fill(i);
        }

        long freed = Rcu.GetStatistics().BlocksFreed;
        Updates[] updates = new Updates[updaterCount];
        using Crew updaters = new();
        for (int i = 0; i < updates.Length; i++)
        {
            int updater = i;
            updaters.Add("flood updater", () =>
                updates[updater] = FloodLoops<TScheme, OwnSlot>.Update(scheme, OwnSlot.For(updater), updaters));
        }

        using Crew readers = new();
        readers.Add("overstaying reader", () => StayInSection(readers));
        updaters.AwaitReady();
        readers.AwaitReady();
        readers.Go();
        PeakMemory memory = PeakMemory.Watch()!;
        long start = Stopwatch.GetTimestamp();
        updaters.Go();
        Thread.Sleep(s_stay);
        long waiting = Rcu.GetStatistics().BlocksWaiting;
        updaters.RequestStop();
        long left = Stopwatch.GetTimestamp();
        readers.Stop();
        updaters.Stop();
        scheme.Barrier();
        TimeSpan drain = Stopwatch.GetElapsedTime(left);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        double peak = memory.MebibytesAbove();
        freed = Rcu.GetStatistics().BlocksFreed - freed;
        for (int i = 0; i < slots.Count; i++)
        {
            scheme.Clear(i);
        }

        scheme.End();

        long objects = updates.Sum(update => update.Objects);
        if (freed != objects)
        {
            throw new InvalidOperationException($"{objects:N0} blocks were queued and {freed:N0} freed.");
        }

        return new Reading(peak)
        {
            Details =
            [
                new("drain ms", drain.TotalMilliseconds),
                new("lost", objects - freed),
                new("blocks", objects),
                new("waiting when it left", waiting),
                new("M/s", objects / elapsed.TotalSeconds / 1e6),
            ],
        };
    }

    // A million blocks are queued under a reader's section. From its end on each further Free is timed until all of
    // them are freed; and again, until time is up.
    private static Reading LongestOf<TForm>(TimeSpan length)
        where TForm : struct, IForm
    {
        TimedFrees<TForm> frees = new(default);
        frees.WarmUp();
        long start = Stopwatch.GetTimestamp();
        do
        {
            using Crew readers = new();
            readers.Add("overstaying reader", () => StayInSection(readers));
            readers.AwaitReady();
            readers.Go();
            frees.Queue(Released);
            long freed = Rcu.GetStatistics().BlocksFreed;
            readers.Stop();
            frees.TimeUntil(() => Rcu.GetStatistics().BlocksFreed - freed >= Released);
            Rcu.Barrier();
        }
        while (Stopwatch.GetElapsedTime(start) < length);
        return frees.Reading;
    }

    private static void StayInSection(Crew crew)
    {
        using ReadGuard guard = Rcu.ReadLock();
        crew.Begin();
        crew.AwaitStop();
    }
}
