using System.Runtime.InteropServices;
using Quiescent.Ordering;
using Quiescent.Torture.Litmus.GracePeriods;
using Quiescent.Torture.Litmus.Readers;
using Quiescent.Torture.Litmus.Shapes;

namespace Quiescent.Torture.Litmus;

/// <summary>All litmus tests. A name is a family, a slash, and the variant.</summary>
internal sealed class LitmusSuite : IDisposable
{
    private const string FreedUnderReader = "a section reads a freed block";

    // Where the hardware's own memory model never shows stores out of order, nor makes loads out of order.
    private static readonly string? s_totalStoreOrder =
        RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86
            ? "x86's total store order forbids it by itself: no control can fail"
            : null;

    private ColdMemory? _cold;

    public LitmusSuite() => Tests =
    [
        .. StoreBuffer(), .. Publish(), .. SyncRead(), .. SyncFree(), .. StaleEpoch(), .. RawShapes(),
    ];

    /// <summary>Whether the library uses the process-wide barrier here. Where it does not, a few tests do not
    /// exist.</summary>
    public static bool HasProcessWideBarrier => ProcessWideBarrier.IsReliable;

    public IReadOnlyList<LitmusTest> Tests { get; }

    /// <summary>The tests of that name or family; none if there are none.</summary>
    public IReadOnlyList<LitmusTest> Find(string name) =>
        [.. Tests.Where(test => test.Name == name || test.Name.StartsWith(name + "/", StringComparison.Ordinal))];

    public void Dispose() => _cold?.Dispose();

    private IEnumerable<LitmusTest> StoreBuffer()
    {
        foreach (ReadSideBarrier readSide in Enum.GetValues<ReadSideBarrier>())
        {
            yield return StoreBuffer("guard", readSide, domain => new GuardSections(domain));
            yield return StoreBuffer("reader", readSide, domain => new RegisteredReaderSections(domain));
            yield return StoreBuffer("go-online", readSide, domain => new GoOnlineSections(domain));
            yield return StoreBuffer("quiescent-state", readSide, domain => new QuiescentStateSections(domain));
            yield return StoreBuffer("renew", readSide, domain => new RenewedSections(domain));
            yield return StoreBuffer(
                "sleepable" + Suffix(readSide),
                InSleepable(readSide, (domain, slice) => Reclaim(new SleepableSections(domain), slice)));
            yield return Writer("lock" + Suffix(readSide), In(readSide, (domain, slice) =>
            {
                using RcuReaderWriterLock table = new(domain);
                return Write(new LockSections(table), slice);
            }));
            yield return Writer("async-lock" + Suffix(readSide), InSleepable(readSide, (domain, slice) =>
            {
                using RcuAsyncReaderWriterLock table = new(domain);
                return Write(new AsyncLockSections(table), slice);
            }));
        }

        yield return StoreBuffer("default-domain", slice => Reclaim(default(DefaultDomainSections), slice));
        if (HasProcessWideBarrier)
        {
            yield return StoreBuffer("engine", slice => Reclaim(new EngineSections(fenceAllThreads: true), slice)) with
            {
                Control = slice => Reclaim(new EngineSections(fenceAllThreads: false), slice),
            };
        }
    }

    private LitmusTest StoreBuffer<TSections>(
        string readers, ReadSideBarrier readSide, Func<RcuDomain, TSections> sections)
        where TSections : struct, ISections =>
        StoreBuffer(readers + Suffix(readSide), In(readSide, (domain, slice) => Reclaim(sections(domain), slice)));

    private LitmusTest StoreBuffer(string readers, LitmusProgram subject) =>
        new($"store-buffer/{readers}", FreedUnderReader, UnfencedControl, subject);

    private LitmusOutcome UnfencedControl(LitmusSlice slice)
    {
        using UnfencedSections sections = new();
        return Reclaim(sections, slice);
    }

    private LitmusOutcome Reclaim<TSections>(TSections sections, LitmusSlice slice)
        where TSections : struct, ISections => ReclaimLitmus.Run(sections, _cold ??= new ColdMemory(), slice);

    private LitmusTest Writer(string readers, LitmusProgram subject) =>
        new($"store-buffer/{readers}", "a reader is inside beside a writer", UnfencedLockControl, subject);

    private LitmusOutcome UnfencedLockControl(LitmusSlice slice)
    {
        using UnfencedLockSections sections = new();
        return Write(sections, slice);
    }

    private LitmusOutcome Write<TSections>(TSections sections, LitmusSlice slice)
        where TSections : struct, ILockSections => WriterLitmus.Run(sections, _cold ??= new ColdMemory(), slice);

    private static IEnumerable<LitmusTest> Publish()
    {
        yield return new(
            "message-passing/assign",
            "a section finds a published block unfilled",
            In(ReadSideBarrier.Asymmetric, (domain, slice) => PublishLitmus.Run(domain, publishesFirst: true, slice)),
            In(ReadSideBarrier.Asymmetric, (domain, slice) => PublishLitmus.Run(domain, publishesFirst: false, slice)));
    }

    private static IEnumerable<LitmusTest> SyncRead()
    {
        foreach (ReadSideBarrier readSide in Enum.GetValues<ReadSideBarrier>())
        {
            yield return SyncRead(
                "guard" + Suffix(readSide),
                In(readSide, (domain, slice) => SyncReadLitmus.Run(new GuardSections(domain), slice)));
        }

        yield return SyncRead(
            "sleepable",
            InSleepable(
                ReadSideBarrier.Asymmetric,
                (domain, slice) => SyncReadLitmus.Run(new SleepableSections(domain), slice)));
    }

    private static LitmusTest SyncRead(string readers, LitmusProgram subject) => new(
        $"rcu+sync+read/{readers}",
        "a section sees y, set after the wait, and not x, set before it",
        slice => SyncReadLitmus.Run(default(NoSections), slice),
        subject);

    private static IEnumerable<LitmusTest> SyncFree() =>
        Enum.GetValues<ReadSideBarrier>().Select(readSide => new LitmusTest(
        "rcu+sync+free/guard" + Suffix(readSide),
        FreedUnderReader,
        slice => ReclaimLitmus.Run(default(NoSections), cold: null, slice),
        In(readSide, (domain, slice) => ReclaimLitmus.Run(new GuardSections(domain), cold: null, slice))));

    private static IEnumerable<LitmusTest> StaleEpoch() =>
    [
        .. StaleEpoch("free-with-head", domain => new FreeWithHead(domain)),
        .. StaleEpoch("free", domain => new FreeWithoutHead(domain)),
        .. StaleEpoch("call", domain => new CallWithHead(domain)),
        .. StaleEpoch("cookie", domain => new FreeUnderCookie(domain, isTakenBefore: false)),
    ];

    private static IEnumerable<LitmusTest> StaleEpoch<TFree>(string name, Func<RcuDomain, TFree> form)
        where TFree : struct, IFreeForm
    {
        const ReadSideBarrier ReadSide = ReadSideBarrier.Asymmetric;
        static FreeUnderCookie Stale(RcuDomain domain) => new(domain, isTakenBefore: true);

        yield return new(
            $"stale-epoch/section-{name}",
            FreedUnderReader,
            In(ReadSide, (domain, slice) => StaleEpochLitmus.InsideLongSection(domain, Stale(domain), slice)),
            In(ReadSide, (domain, slice) => StaleEpochLitmus.InsideLongSection(domain, form(domain), slice)));
        yield return new(
            $"stale-epoch/state-{name}",
            FreedUnderReader,
            In(ReadSide, (domain, slice) => StaleEpochLitmus.AfterOldState(domain, Stale(domain), slice)),
            In(ReadSide, (domain, slice) => StaleEpochLitmus.AfterOldState(domain, form(domain), slice)));
    }

    private static IEnumerable<LitmusTest> RawShapes()
    {
        if (HasProcessWideBarrier)
        {
            yield return Shape<StoreBuffering<NoFence, NoFence>, StoreBuffering<ProcessWideFence, NoFence>>(
                "sb+process-wide", "both loads miss the other thread's store");
        }

        yield return Shape<StoreBuffering<NoFence, NoFence>, StoreBuffering<FullFence, FullFence>>(
            "sb+fences", "both loads miss the other thread's store");
        yield return WhereObservable(Shape<MessagePassing<PlainAccess>, MessagePassing<OrderedAccess>>(
            "mp", "the flag is seen, the data is not"));
        yield return WhereObservable(Shape<LoadBuffering<PlainAccess>, LoadBuffering<OrderedAccess>>(
            "lb", "both loads see a store that comes after the other's load"));
        yield return WhereObservable(Shape<IndependentReads<PlainAccess>, IndependentReads<OrderedAccess>>(
            "iriw", "two readers see two stores in opposite orders"));
    }

    private static LitmusTest WhereObservable(LitmusTest test) => test with { NotObservableHere = s_totalStoreOrder };

    private static LitmusTest Shape<TControl, TSubject>(string name, string forbidden)
        where TControl : struct, IShape
        where TSubject : struct, IShape =>
        new($"shape/{name}", forbidden, ShapeLitmus<TControl>.Run, ShapeLitmus<TSubject>.Run);

    private static LitmusProgram InSleepable(
        ReadSideBarrier readSide, Func<SrcuDomain, LitmusSlice, LitmusOutcome> program) => slice =>
    {
        using SrcuDomain domain = new(new RcuDomainOptions { Name = "litmus", ReadSideBarrier = readSide });
        return program(domain, slice);
    };

    private static string Suffix(ReadSideBarrier readSide) => readSide == ReadSideBarrier.Full ? "-full" : "";

    // Runs in a domain of its own, whose reclaimer does not wait to gather a batch.
    private static LitmusProgram In(
        ReadSideBarrier readSide, Func<RcuDomain, LitmusSlice, LitmusOutcome> program) => slice =>
    {
        RcuDomainOptions options = new() { Name = "litmus", ReadSideBarrier = readSide, ReclaimDelay = TimeSpan.Zero };
        using RcuDomain domain = new(options);
        return program(domain, slice);
    };
}
