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
            new Target(Calls.ReadLock, Bound.AtMost, 1.5, Calls.MembReadLock),
            new Target(Calls.ReadLock, Bound.AtMost, 0.3, Calls.TsavoriteResume),
            new Target(Calls.ReadLock, Bound.AtMost, 0.35, Calls.AddRef),
            new Target(Calls.ReaderReadLock, Bound.AtMost, 1, Calls.MembReadLock),
            new Target(Calls.OnlineReadLock, Bound.AtMost, 0.9, Calls.MembReadLock),
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
            Calling<Guard, Nothing>(Calls.ReadLock, Side.Ours, threads),
            Calling<DomainGuard, Nothing>(Calls.DomainReadLock, Side.Ours, threads),
            Calling<Handle, RcuReader>(Calls.ReaderReadLock, Side.Ours, threads),
            Calling<Online, RcuReader>(Calls.OnlineReadLock, Side.Ours, threads),
            Calling<OnlineOnly, OnlineReader>(Calls.OnlineReaderReadLock, Side.Ours, threads),
            Calling<PlainDereference, Nothing>(Calls.Dereference, Side.Floor, threads),
            Calling<LightEpoch<OfTsavorite>, Nothing>(Calls.TsavoriteResume, Side.Managed, threads),
            Calling<LightEpoch<OfFaster>, Nothing>(Calls.FasterResume, Side.Managed, threads) with
            {
                Remark = OfFaster.Remark,
            },
            Calling<DotNextEpoch, Nothing>(Calls.DotNextEnter, Side.Managed, threads) with
            {
                Remark = DotNextEpoch.Remark,
            },
            Calling<ExclusiveLock, Nothing>(Calls.ExclusiveLock, Side.Managed, threads),
            Calling<SharedLock, Nothing>(Calls.EnterReadLock, Side.Managed, threads),
            Calling<CountedHandle, Nothing>(Calls.AddRef, Side.Managed, threads),
            Calling<InterlockedCount, Nothing>(Calls.CountUp, Side.Managed, threads),
            Calling<HazardPointer, nint>(Calls.HazardPointer, Side.Managed, threads) with
            {
                Remark = "a hazard pointer: protects one block; the thread knows its slot",
            },
        ])
        {
            IsHeadline = threads == 1,
            Targets = targets,
        };

    private static Contest InALoop() =>
        new("R1-loop/1", "the same, inlined in the loop; 1 thread", Unit.Nanoseconds,
        [
            ReadLoop.Of<Guard, Nothing>(Calls.ReadLock, Side.Ours, threads: 1),
            ReadLoop.Of<Handle, RcuReader>(Calls.ReaderReadLock, Side.Ours, threads: 1),
            ReadLoop.Of<Online, RcuReader>(Calls.OnlineReadLock, Side.Ours, threads: 1),
            ReadLoop.Of<OnlineOnly, OnlineReader>(Calls.OnlineReaderReadLock, Side.Ours, threads: 1),
            ReadLoop.Of<PlainDereference, Nothing>(Calls.Dereference, Side.Floor, threads: 1),
        ])
        {
            Targets =
            [
                new Target(Calls.OnlineReaderReadLock, Bound.AtMost, 0.7, Calls.MembReadLock),
                new Target(Calls.OnlineReaderReadLock, Bound.AtMost, 1.1, Calls.Dereference),
            ],
        };

    private static Contest UnderUpdates() =>
        new(
            "R2", $"{Title}; 1 thread, while another replaces and frees without pause", Unit.Nanoseconds,
            [.. UnderUpdates(perSecond: null)])
        {
            Targets =
            [
                new Target(Calls.ReadLock, Bound.AtMost, 1.25, Calls.MembReadLock),
                new Target(Calls.ReadLock, Bound.AtMost, 0.1, Calls.TsavoriteResume),
            ],
        };

    // Without pause a faster updater takes the pointer's line from the reader more often; here all readers have the
    // same to bear.
    private static Contest UnderTheSameUpdates() =>
        new(
            "R2-paced", $"{Title}; 1 thread, while another replaces and frees {Pace:N0} times a second",
            Unit.Nanoseconds, [.. UnderUpdates(Pace)])
        {
            Targets = [new Target(Calls.ReadLock, Bound.AtMost, 1.25, Calls.MembReadLock)],
        };

    private static Contest Sleepable(int threads) =>
        new($"S/{threads}", $"sections that may wait and change threads; {threads} "
            + $"{(threads == 1 ? "thread" : "threads")}", Unit.Nanoseconds,
        [
            Calling<SleepableSection, Nothing>(Calls.SleepableReadLock, Side.Ours, threads),
            Calling<Guard, Nothing>(Calls.ReadLock, Side.Ours, threads) with { Remark = "may do neither" },
            Calling<InterlockedPair, nint>(Calls.InterlockedPair, Side.Floor, threads) with
            {
                Remark = "on a line of the thread's own",
            },
            Calling<InterlockedCount, Nothing>(Calls.CountUp, Side.Managed, threads),
            Calling<AsyncLock, Nothing>(Calls.SemaphoreWait, Side.Managed, threads),
            Calling<SharedLock, Nothing>(Calls.EnterReadLock, Side.Managed, threads) with
            {
                Remark = "may not change threads",
            },
        ])
        {
            Targets = [new Target(Calls.SleepableReadLock, Bound.AtMost, 2.5, Calls.InterlockedPair)],
        };

    private static IEnumerable<Contestant> UnderUpdates(int? perSecond) =>
    [
        ReadLoop.UnderUpdates<Guard, Nothing>(Calls.ReadLock, Side.Ours, perSecond),
        ReadLoop.UnderUpdates<DomainGuard, Nothing>(Calls.DomainReadLock, Side.Ours, perSecond),
        ReadLoop.UnderUpdates<Handle, RcuReader>(Calls.ReaderReadLock, Side.Ours, perSecond),
        ReadLoop.UnderUpdates<Online, RcuReader>(Calls.OnlineReadLock, Side.Ours, perSecond),
        ReadLoop.UnderUpdates<LightEpoch<OfTsavorite>, Nothing>(Calls.TsavoriteResume, Side.Managed, perSecond),
        ReadLoop.UnderUpdates<LightEpoch<OfFaster>, Nothing>(Calls.FasterResume, Side.Managed, perSecond) with
        {
            Remark = OfFaster.Remark,
        },
        ReadLoop.UnderUpdates<DotNextEpoch, Nothing>(Calls.DotNextEnter, Side.Managed, perSecond) with
        {
            Remark = DotNextEpoch.Remark,
        },
        ReadLoop.UnderUpdates<ExclusiveLock, Nothing>(Calls.ExclusiveLock, Side.Managed, perSecond),
        ReadLoop.UnderUpdates<SharedLock, Nothing>(Calls.EnterReadLock, Side.Managed, perSecond),
        ReadLoop.UnderUpdates<CountedHandle, Nothing>(Calls.AddRef, Side.Managed, perSecond),
        ReadLoop.UnderUpdates<InterlockedCount, Nothing>(Calls.CountUp, Side.Managed, perSecond),
    ];

    private static Contestant Calling<TSide, TState>(string name, Side side, int threads)
        where TSide : IReadSide<TState>
        where TState : allows ref struct => ReadLoop.Of<Called<TSide, TState>, TState>(name, side, threads);
}
