using Quiescent.Scale.Contests;
using Quiescent.Scale.Peers;
using Quiescent.Scale.Workloads.Flooding;
using Quiescent.Scale.Workloads.Meters;

namespace Quiescent.Scale.Workloads;

// F1: allocate 64 bytes, publish by exchange, free the old block after a grace period, to the end of the last barrier.
internal static class Floods
{
    // Ahead of every one of them as soon as there is a reader or a second updater. The GC heap is not among them: it is
    // not unmanaged memory, and is measured against the pool.
    private static readonly string[] s_peers =
    [
        Calls.TsavoriteBump, Calls.FasterBump, Calls.DotNextDefer, Calls.MembCall, Calls.MembDefer, Calls.CkCall,
        Calls.CrossbeamDefer,
    ];

    // The same, where there is a reader that they hold up.
    private static readonly string[] s_lockingPeers = [Calls.ExclusiveLock, Calls.EnterWriteLock, Calls.CountDown];

    // In time: at most 0.6 of what malloc, exchange and free take; and no slower than the GC heap.
    private static readonly Target[] s_poolTargets =
    [
        new(Calls.PoolFree, Bound.AtLeast, 1 / 0.6, Calls.NativeFree),
        new(Calls.PoolFree, Bound.AtLeast, 1, Calls.GarbageCollected),
    ];

    // To the last barrier of a turn.
    private static readonly TimeSpan s_drain = TimeSpan.FromMilliseconds(40);

    public static IEnumerable<Contest> Contests()
    {
        yield return Flooded("F1/1u0r", "Flood: 1 updater, no reader", new FloodShape(Updaters: 1, Readers: 0)) with
        {
            Targets =
            [
                new(Calls.Free, Bound.AtLeast, 6, Calls.MembCall),
                new(Calls.Free, Bound.AtLeast, 2, Calls.CrossbeamDefer),
                new(Calls.Free, Bound.AtLeast, 1, Calls.CkCall),
                new(Calls.Free, Bound.AtLeast, 8, Calls.TsavoriteBump),
                new(Calls.Free, Bound.AtLeast, 1 / 1.5, Calls.NativeFree),
                .. s_poolTargets,
            ],
        };
        yield return AheadOfAll(
            Flooded("F1/1u1r", "Flood: 1 updater, 1 reader", new FloodShape(Updaters: 1, Readers: 1))) with
        {
            IsHeadline = true,
        };
        yield return AheadOfAll(
            Flooded("F1/2u0r", "Flood: 2 updaters, no reader", new FloodShape(Updaters: 2, Readers: 0)));
        yield return AheadOfAll(
            Flooded("F1/2u1r", "Flood: 2 updaters, 1 reader", new FloodShape(Updaters: 2, Readers: 1)));
        yield return AtRandom();
        yield return Memory();
        yield return ManagedBytes();
    }

    /// <summary>The library's usual form, for contests of other families.</summary>
    public static Contestant FreeingHeadLess(string name, FloodShape shape) => Ours<HeadLess>(name, shape);

    private static Contest Flooded(string id, string title, FloodShape shape) => new(id, title, Unit.MillionsPerSecond,
    [
        Ours<HeadLess>(Calls.Free, shape),
        Ours<Head>(Calls.FreeHead, shape),
        Ours<Bulk>(Calls.FreeBulk, shape),
        Ours<Callback>(Calls.Call, shape),
        Ours<UserDeallocator>(Calls.FreeByUser, shape),
        Flooding<PoolScheme, OwnSlot>(Calls.PoolFree, Side.Ours, shape, slots => new(slots, new())),
        Flooding<FreeAtOnce, OwnSlot>(Calls.NativeFree, Side.Floor, shape, slots => new(slots)) with
        {
            Remark = shape.Readers == 0
                ? null
                : "nothing protects the reader, which does not follow the pointer that it loads",
        },
        Collected<OwnSlot>(shape),
        Flooding<LightEpochScheme<OfTsavorite>, OwnSlot>(Calls.TsavoriteBump, Side.Managed, shape, slots => new(slots)),
        Flooding<LightEpochScheme<OfFaster>, OwnSlot>(Calls.FasterBump, Side.Managed, shape, slots => new(slots)) with
        {
            Remark = OfFaster.Remark,
        },
        Flooding<DotNextScheme, OwnSlot>(Calls.DotNextDefer, Side.Managed, shape, slots => new(slots)) with
        {
            Remark = DotNextEpoch.Remark,
        },
        .. shape.Readers == 0 ? [] : Excluding(shape),
    ])
    {
        TurnOverhead = s_drain,
    };

    // Who excludes or counts readers frees at once. Without a reader that is the floor with an uncontended lock around
    // it.
    private static IEnumerable<Contestant> Excluding(FloodShape shape) =>
    [
        Flooding<Locked, OwnSlot>(Calls.ExclusiveLock, Side.Managed, shape, slots => new(slots)),
        Flooding<ReaderWriterLocked, OwnSlot>(Calls.EnterWriteLock, Side.Managed, shape, slots => new(slots)),
        Flooding<Counted, OwnSlot>(Calls.CountDown, Side.Managed, shape, slots => new(slots)),
    ];

    private static Contest AtRandom()
    {
        FloodShape shape = new(Updaters: 1, Readers: 0);
        return new("F1/random", "Flood: 1,048,576 live blocks replaced at random", Unit.MillionsPerSecond,
        [
            Flooding<OwnScheme<HeadLess>, AnySlot>(Calls.Free, Side.Ours, shape, slots => new(slots, default)),
            Flooding<PoolScheme, AnySlot>(Calls.PoolFree, Side.Ours, shape, slots => new(slots, new())),
            Flooding<FreeAtOnce, AnySlot>(Calls.NativeFree, Side.Floor, shape, slots => new(slots)),
            Collected<AnySlot>(shape),
        ])
        {
            // Shorter, the heap would not be collected once.
            TurnLength = TimeSpan.FromMilliseconds(750),
            MaxRounds = 3,
            TurnOverhead = TimeSpan.FromMilliseconds(500),
            Targets =
            [
                new(Calls.Free, Bound.AtLeast, 1, Calls.NativeFree),
                new(Calls.PoolFree, Bound.AtLeast, 1, Calls.NativeFree),
                new(Calls.Free, Bound.AtLeast, 5, Calls.GarbageCollected),
            ],
        };
    }

    private static Contest Memory()
    {
        (string Name, FloodShape Shape)[] shapes =
        [
            (Calls.Free, new(Updaters: 1, Readers: 0)),
            (Calls.Free + ", 1 reader", new(Updaters: 1, Readers: 1)),
            (Calls.Free + ", 2 updaters", new(Updaters: 2, Readers: 1)),
        ];
        return new("F1-memory", "Flood: peak memory above the live set", Unit.Mebibytes,
        [
            .. shapes.Select(
                shape => Peak<OwnScheme<HeadLess>>(shape.Name, Side.Ours, shape.Shape, slots => new(slots, default))),
            Peak<OwnScheme<Head>>(
                Calls.FreeHead + ", 1 reader", Side.Ours, new(Updaters: 1, Readers: 1), slots => new(slots, default)),
            Peak<PoolScheme>(
                Calls.PoolFree + ", 1 reader", Side.Ours, new(Updaters: 1, Readers: 1), slots => new(slots, new())),
            Peak<GcHeap>(Calls.GarbageCollected, Side.Managed, new(Updaters: 1, Readers: 0), slots => new(slots)),
        ])
        {
            Targets =
            [
                .. shapes.Select(shape => new Target(shape.Name, Bound.AtMost, 16)),
                new(Calls.FreeHead + ", 1 reader", Bound.AtMost, 16),
                new(Calls.PoolFree + ", 1 reader", Bound.AtMost, 16),
            ],
        };
    }

    private static Contest ManagedBytes()
    {
        FloodShape shape = new(Updaters: 1, Readers: 1);
        return new("F1-managed", "Flood: managed bytes allocated per freed object", Unit.Bytes,
        [
            Bytes<OwnScheme<HeadLess>>(Calls.Free, Side.Ours, shape, slots => new(slots, default)),
            Bytes<OwnScheme<Head>>(Calls.FreeHead, Side.Ours, shape, slots => new(slots, default)),
            Bytes<OwnScheme<Bulk>>(Calls.FreeBulk, Side.Ours, shape, slots => new(slots, default)),
            Bytes<OwnScheme<UserDeallocator>>(Calls.FreeByUser, Side.Ours, shape, slots => new(slots, default)),
            Bytes<PoolScheme>(Calls.PoolFree, Side.Ours, shape, slots => new(slots, new())),
            Bytes<OwnScheme<Callback>>(Calls.Call, Side.Ours, shape, slots => new(slots, default)),
            Bytes<LightEpochScheme<OfTsavorite>>(Calls.TsavoriteBump, Side.Managed, shape, slots => new(slots)),
            Bytes<DotNextScheme>(Calls.DotNextDefer, Side.Managed, shape, slots => new(slots)),
            Bytes<GcHeap>(Calls.GarbageCollected, Side.Managed, shape, slots => new(slots)),
        ])
        {
            Targets =
            [
                new(Calls.Free, Bound.AtMost, 0),
                new(Calls.FreeHead, Bound.AtMost, 0),
                new(Calls.FreeBulk, Bound.AtMost, 0),
                new(Calls.FreeByUser, Bound.AtMost, 0),
                new(Calls.PoolFree, Bound.AtMost, 0),
            ],
        };
    }

    private static Contest AheadOfAll(Contest contest) => contest with
    {
        Targets =
        [
            .. s_peers.Concat(contest.Contestants.Select(contestant => contestant.Name).Intersect(s_lockingPeers))
                .Select(peer => new Target(Calls.Free, Bound.AtLeast, 1, peer)),
        ],
    };

    private static Contestant Ours<TForm>(string name, FloodShape shape)
        where TForm : struct, IForm =>
        Flooding<OwnScheme<TForm>, OwnSlot>(name, Side.Ours, shape, slots => new(slots, default));

    private static Contestant Flooding<TScheme, TPick>(
        string name, Side side, FloodShape shape, Func<Slots, TScheme> create)
        where TScheme : struct, IScheme
        where TPick : struct, IPick<TPick> =>
        new(name, side, length =>
        {
            FloodResult result = Flood.Run<TScheme, TPick>(create, shape, length);
            return new Reading(result.MillionsPerSecond) { Details = [.. Details(result, side)] };
        })
        {
            SetUp = FloodLoops<TScheme, TPick>.SetUp,
        };

    private static Contestant Collected<TPick>(FloodShape shape)
        where TPick : struct, IPick<TPick> =>
        new(Calls.GarbageCollected, Side.Managed, length =>
        {
            FloodResult result = Flood.Run<GcHeap, TPick>(slots => new(slots), shape, length);
            return new Reading(result.MillionsPerSecond)
            {
                Details =
                [
                    .. Details(result, Side.Managed),
                    new("paused %", 100 * (result.Paused / result.Elapsed)),
                    new("longest pause ms", result.LongestPause.TotalMilliseconds),
                ],
            };
        })
        {
            Remark = "allocate and forget",
            SetUp = FloodLoops<GcHeap, TPick>.SetUp,
        };

    private static Contestant Peak<TScheme>(string name, Side side, FloodShape shape, Func<Slots, TScheme> create)
        where TScheme : struct, IScheme =>
        new(name, side, length =>
        {
            FloodResult result = Flood.Run<TScheme, OwnSlot>(create, shape, length);
            return new Reading(result.PeakMebibytes ?? double.NaN) { Details = [new("M/s", result.MillionsPerSecond)] };
        })
        {
            Remark = "resident memory as the kernel counts it, all of the process",
            Absent = PeakMemory.IsKnown ? null : PeakMemory.WhyUnknown,
            SetUp = FloodLoops<TScheme, OwnSlot>.SetUp,
        };

    private static Contestant Bytes<TScheme>(string name, Side side, FloodShape shape, Func<Slots, TScheme> create)
        where TScheme : struct, IScheme =>
        new(name, side, length =>
        {
            FloodResult result = Flood.Run<TScheme, OwnSlot>(create, shape, length);
            return new Reading((double)result.UpdaterBytes / result.Objects)
            {
                Details =
                [
                    new("all threads B/object", (double)result.ProcessBytes / result.Objects),
                    new("M/s", result.MillionsPerSecond),
                ],
            };
        })
        {
            SetUp = FloodLoops<TScheme, OwnSlot>.SetUp,
        };

    private static IEnumerable<Detail> Details(FloodResult result, Side side)
    {
        if (result.PeakMebibytes is { } peak)
        {
            yield return new("peak MiB", peak);
        }

        yield return new("updater B/object", (double)result.UpdaterBytes / result.Objects);
        yield return new("all threads B/object", (double)result.ProcessBytes / result.Objects);
        if (result.Reads != 0)
        {
            yield return new("reads/s", result.Reads / result.Elapsed.TotalSeconds);
        }

        if (side == Side.Ours)
        {
            yield return new("grace periods/s", result.GracePeriods / result.Elapsed.TotalSeconds);
        }
    }
}
