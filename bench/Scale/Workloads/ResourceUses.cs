using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Resources;

namespace Quiescent.Scale.Workloads;

// M, H, D, N and A: handles, mappings, disposables, memory and arrays, used in sections and by the base library's
// means. All but A read one byte of 16 KiB at a random offset.
internal static class ResourceUses
{
    private const string Accessor = "MemoryMappedViewAccessor.ReadByte()";
    private const string RawPointer = "pointer[offset]";
    private const string Guard = "Dereference() in Rcu.ReadLock()";
    private const string Handle = "Dereference() in reader.ReadLock()";
    private const string SleepableGuard = "Dereference() in srcuDomain.ReadLock()";
    private const string InSection = "Dereference()";
    private const string InSleepableSection = "Dereference(), sleepable";
    private const string SpanInSection = "span[offset]";
    private const string PerByte = "a section a byte";
    private const string AroundAll = "one section around all; dereferenced for each";
    private const string Unprotected = "not protected";

    public static IEnumerable<Contest> Contests()
    {
        foreach (int threads in (int[])[1, 2])
        {
            yield return MappedByteByCall(threads);
            yield return MappedByteInALoop(threads);
        }

        foreach (int threads in (int[])[1, 2])
        {
            yield return Handles(threads);
            yield return References(threads);
        }

        yield return new("D-replace", "a disposable object is replaced, to the last disposal's end", Unit.Nanoseconds,
        [
            Replacements.Of<ReplacedReference>("RcuReference.Replace()", Side.Ours),
            Replacements.Of<ExchangedField>("Interlocked.Exchange(), Dispose()", Side.Floor) with
            {
                Remark = "no reader would survive it",
            },
        ]);
        yield return Memories();
        yield return Arrays(1);
        yield return Arrays(2);
    }

    private static Contest MappedByteByCall(int threads) =>
        new($"M/{threads}", $"one byte of a mapped file, a call of a method each; {Threads(threads)}", Unit.Nanoseconds,
        [
            Calling<GuardedFile>(Guard, Side.Ours, threads) with { Remark = PerByte },
            Calling<FileByHandle>(Handle, Side.Ours, threads) with { Remark = PerByte },
            Calling<SleepableFile>(SleepableGuard, Side.Ours, threads) with { Remark = PerByte },
            Calling<FileInSection>(InSection, Side.Ours, threads) with { Remark = AroundAll },
            Calling<FileInSleepableSection>(InSleepableSection, Side.Ours, threads) with { Remark = AroundAll },
            Calling<SpanInSection>(SpanInSection, Side.Ours, threads) with
            {
                Remark = "one section around all; dereferenced once",
            },
            .. MappedByte<Called>(threads),
        ])
        {
            Targets = [.. ((string[])[Guard, InSection, SpanInSection]).SelectMany(MappedByteTargets)],
        };

    private static Contest MappedByteInALoop(int threads) =>
        new(
            $"M-loop/{threads}", $"the same within one section, inlined in the loop; {Threads(threads)}",
            Unit.Nanoseconds,
        [
            UseTurn.Of<FileInSection, Inlined>(InSection, Side.Ours, threads) with
            {
                Remark = "dereferenced for each byte",
            },
            UseTurn.Of<FileInSleepableSection, Inlined>(InSleepableSection, Side.Ours, threads) with
            {
                Remark = "dereferenced for each byte",
            },
            UseTurn.Of<SpanInSection, Inlined>(SpanInSection, Side.Ours, threads) with { Remark = "dereferenced once" },
            .. MappedByte<Inlined>(threads),
            UseTurn.Of<RawSpan, Inlined>("span[offset], unprotected", Side.Floor, threads) with
            {
                Remark = "over memory that stays",
            },
        ])
        {
            Targets = [.. ((string[])[InSection, SpanInSection]).SelectMany(MappedByteTargets)],
        };

    private static IEnumerable<Contestant> MappedByte<TLoop>(int threads)
        where TLoop : struct, ILoop =>
    [
        UseTurn.Of<RawView, TLoop>(RawPointer, Side.Floor, threads),
        UseTurn.Of<AccessedView, TLoop>(Accessor, Side.Managed, threads),
        UseTurn.Of<BufferedView, TLoop>("SafeBuffer.Read()", Side.Managed, threads),
        UseTurn.Of<AcquiredView, TLoop>("SafeBuffer.AcquirePointer()", Side.Managed, threads) with
        {
            Remark = "and ReleasePointer()",
        },
    ];

    // Ten times as fast as the accessor.
    private static IEnumerable<Target> MappedByteTargets(string ours) =>
        [new(ours, Bound.AtMost, 0.1, Accessor), new(ours, Bound.AtMost, 1.5, RawPointer)];

    private static Contest Handles(int threads) =>
        new($"H/{threads}", $"one byte behind a handle, a call of a method each; {Threads(threads)}", Unit.Nanoseconds,
        [
            Calling<GuardedHandle>(Guard, Side.Ours, threads) with { Remark = PerByte },
            Calling<HandleInSection>(InSection, Side.Ours, threads) with { Remark = AroundAll },
            Calling<BareHandle>("SafeHandle.DangerousGetHandle()", Side.Floor, threads) with { Remark = Unprotected },
            Calling<AddedHandle>("SafeHandle.DangerousAddRef()", Side.Managed, threads) with
            {
                Remark = "and DangerousRelease()",
            },
        ]);

    private static Contest References(int threads) =>
        new(
            $"D/{threads}", $"one byte of a disposable object's, a call of a method each; {Threads(threads)}",
            Unit.Nanoseconds,
        [
            Calling<GuardedReference>(Guard, Side.Ours, threads) with { Remark = PerByte },
            Calling<ReferenceInSection>(InSection, Side.Ours, threads) with { Remark = AroundAll },
            Calling<VolatileField>("Volatile.Read(ref field)", Side.Floor, threads) with
            {
                Remark = "the GC keeps the object, not what it owns",
            },
            Calling<CountedField>(Calls.CountUp, Side.Managed, threads),
        ]);

    private static Contest Memories() =>
        new("N", "one byte of unmanaged memory, a call of a method each; 1 thread", Unit.Nanoseconds,
    [
        Calling<GuardedMemory>(Guard, Side.Ours, threads: 1) with { Remark = PerByte },
        Calling<MemoryInSection>(InSection, Side.Ours, threads: 1) with { Remark = AroundAll },
        Calling<RcuMemory>("RcuMemoryManager.Memory.Span", Side.Ours, threads: 1),
        Calling<RawSpan>("span[offset]", Side.Floor, threads: 1) with { Remark = Unprotected },
        Calling<OrdinaryMemory>("MemoryManager.Memory.Span", Side.Managed, threads: 1) with { Remark = Unprotected },
    ]);

    private static Contest Arrays(int threads) =>
        new(
            $"A/{threads}", $"1,024 bytes rented, touched and returned, a call of a method each; {Threads(threads)}",
            Unit.Nanoseconds,
        [
            UseTurn.Allocating<RcuRents, Called>("RcuArrayPool.Rent(), Return()", Side.Ours, threads) with
            {
                Remark = "reused after a grace period only",
            },
            UseTurn.Allocating<SharedRents, Called>("ArrayPool.Shared.Rent(), Return()", Side.Managed, threads),
            UseTurn.Allocating<OwnRents, Called>("ArrayPool.Create().Rent(), Return()", Side.Managed, threads),
            UseTurn.Allocating<NewArrays, Called>("new byte[1024]", Side.Managed, threads) with
            {
                Remark = "a new array each time",
            },
        ]);

    private static Contestant Calling<TShared>(string name, Side side, int threads)
        where TShared : class, IShared, new() => UseTurn.Of<TShared, Called>(name, side, threads);

    private static string Threads(int threads) => threads == 1 ? "1 thread" : $"{threads} threads";
}
