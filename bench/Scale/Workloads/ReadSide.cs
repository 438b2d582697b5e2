using Quiescent.Scale.Contests;
using Quiescent.Scale.Peers;

namespace Quiescent.Scale.Workloads;

// R1, R2 and S: a section, a dereference, one field.
internal static class ReadSide
{
    private const string Title = "section, dereference and one field, a call of a method each";

    /// <summary>Updates a second of R2-paced: as many as the slowest peer can do.</summary>
    public const int Pace = 1_000_000;

    public static IEnumerable<Contest> Contests()
    {
        yield return Alone(1, [
            new Target("guard", Bound.AtMost, 1.5, "liburcu memb"),
            new Target("guard", Bound.AtMost, 0.3, "Tsavorite LightEpoch"),
            new Target("guard", Bound.AtMost, 0.35, "SafeHandle"),
            new Target("handle", Bound.AtMost, 1, "liburcu memb"),
            new Target("online", Bound.AtMost, 0.9, "liburcu memb"),
        ]);
        yield return Alone(2, []);
        yield return InALoop();
        yield return UnderUpdates();
        yield return UnderTheSameUpdates();
        yield return Sleepable(1);
        yield return Sleepable(2);
    }

    private static Contest Alone(int threads, Target[] targets) =>
        new($"R1/{threads}", $"{Title}; {threads} {(threads == 1 ? "thread" : "threads")}", Unit.Nanoseconds,
        [
            Calling<Guard, Nothing>("guard", Side.Ours, threads),
            Calling<DomainGuard, Nothing>("guard of a domain", Side.Ours, threads),
            Calling<Handle, RcuReader>("handle", Side.Ours, threads),
            Calling<Online, RcuReader>("online", Side.Ours, threads),
            Calling<PlainDereference, Nothing>("plain dereference", Side.Floor, threads),
            Calling<LightEpoch<OfTsavorite>, Nothing>("Tsavorite LightEpoch", Side.Managed, threads),
            Calling<LightEpoch<OfFaster>, Nothing>("FASTER LightEpoch", Side.Managed, threads) with { Remark = OfFaster.Remark },
            Calling<DotNextEpoch, Nothing>("DotNext Epoch", Side.Managed, threads) with { Remark = DotNextEpoch.Remark },
            Calling<ExclusiveLock, Nothing>("Lock", Side.Managed, threads),
            Calling<SharedLock, Nothing>("ReaderWriterLockSlim", Side.Managed, threads),
            Calling<CountedHandle, Nothing>("SafeHandle", Side.Managed, threads),
            Calling<InterlockedCount, Nothing>("interlocked count", Side.Managed, threads),
            Calling<HazardPointer, nint>("hazard pointer", Side.Managed, threads) with { Remark = "protects one block; a slot known to the thread" },
        ])
        {
            Targets = targets,
        };

    private static Contest InALoop() =>
        new("R1-loop/1", "the same, inlined in the loop; 1 thread", Unit.Nanoseconds,
        [
            ReadLoop.Of<Guard, Nothing>("loop guard", Side.Ours, threads: 1),
            ReadLoop.Of<Handle, RcuReader>("loop handle", Side.Ours, threads: 1),
            ReadLoop.Of<Online, RcuReader>("loop online", Side.Ours, threads: 1),
            ReadLoop.Of<PlainDereference, Nothing>("plain dereference", Side.Floor, threads: 1),
        ])
        {
            Targets =
            [
                new Target("loop online", Bound.AtMost, 0.7, "liburcu memb"),
                new Target("loop online", Bound.AtMost, 1.1, "plain dereference"),
            ],
        };

    private static Contest UnderUpdates() =>
        new("R2", $"{Title}; 1 thread, while another replaces and frees without pause", Unit.Nanoseconds, [.. UnderUpdates(perSecond: null)])
        {
            Targets =
            [
                new Target("guard", Bound.AtMost, 1.25, "liburcu memb"),
                new Target("guard", Bound.AtMost, 0.1, "Tsavorite LightEpoch"),
            ],
        };

    // Without pause a faster updater takes the pointer's line from the reader more often; here all readers have the same to bear.
    private static Contest UnderTheSameUpdates() =>
        new("R2-paced", $"{Title}; 1 thread, while another replaces and frees {Pace:N0} times a second", Unit.Nanoseconds, [.. UnderUpdates(Pace)])
        {
            Targets = [new Target("guard", Bound.AtMost, 1.25, "liburcu memb")],
        };

    private static Contest Sleepable(int threads) =>
        new($"S/{threads}", $"sections that may wait and change threads; {threads} {(threads == 1 ? "thread" : "threads")}", Unit.Nanoseconds,
        [
            Calling<SleepableSection, Nothing>("srcu section", Side.Ours, threads),
            Calling<Guard, Nothing>("guard", Side.Ours, threads) with { Remark = "may do neither" },
            Calling<InterlockedPair, nint>("interlocked pair", Side.Floor, threads) with { Remark = "on a line of the thread's own" },
            Calling<InterlockedCount, Nothing>("interlocked count", Side.Managed, threads),
            Calling<AsyncLock, Nothing>("SemaphoreSlim", Side.Managed, threads),
            Calling<SharedLock, Nothing>("ReaderWriterLockSlim", Side.Managed, threads) with { Remark = "may not change threads" },
        ])
        {
            Targets = [new Target("srcu section", Bound.AtMost, 2.5, "interlocked pair")],
        };

    private static IEnumerable<Contestant> UnderUpdates(int? perSecond) =>
    [
        ReadLoop.UnderUpdates<Guard, Nothing>("guard", Side.Ours, perSecond),
        ReadLoop.UnderUpdates<DomainGuard, Nothing>("guard of a domain", Side.Ours, perSecond),
        ReadLoop.UnderUpdates<Handle, RcuReader>("handle", Side.Ours, perSecond),
        ReadLoop.UnderUpdates<Online, RcuReader>("online", Side.Ours, perSecond),
        ReadLoop.UnderUpdates<LightEpoch<OfTsavorite>, Nothing>("Tsavorite LightEpoch", Side.Managed, perSecond),
        ReadLoop.UnderUpdates<LightEpoch<OfFaster>, Nothing>("FASTER LightEpoch", Side.Managed, perSecond) with { Remark = OfFaster.Remark },
        ReadLoop.UnderUpdates<DotNextEpoch, Nothing>("DotNext Epoch", Side.Managed, perSecond) with { Remark = DotNextEpoch.Remark },
        ReadLoop.UnderUpdates<ExclusiveLock, Nothing>("Lock", Side.Managed, perSecond),
        ReadLoop.UnderUpdates<SharedLock, Nothing>("ReaderWriterLockSlim", Side.Managed, perSecond),
        ReadLoop.UnderUpdates<CountedHandle, Nothing>("SafeHandle", Side.Managed, perSecond),
        ReadLoop.UnderUpdates<InterlockedCount, Nothing>("interlocked count", Side.Managed, perSecond),
    ];

    private static Contestant Calling<TSide, TState>(string name, Side side, int threads)
        where TSide : IReadSide<TState>
        where TState : allows ref struct => ReadLoop.Of<Called<TSide, TState>, TState>(name, side, threads);
}
