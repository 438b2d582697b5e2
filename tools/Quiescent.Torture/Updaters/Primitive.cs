namespace Quiescent.Torture.Updaters;

// Everything that an updater can do with a domain. Updaters rotate through all of it.
internal enum Primitive
{
    // Waits for a grace period, each of which ages what the updater has unlinked.
    Synchronize,
    SynchronizeAsync,
    GetStatePoll,
    CondSynchronize,
    StartPollPoll,
    Barrier,
    BarrierAsync,
    BarrierBlocks,
    BarrierBlocksAsync,
    PoolBarrier,
    PoolBarrierAsync,
    BarrierCallbacks,

    // Callbacks, each of which ages the block that it was queued with, and queues it again.
    CallFunction,
    CallAction,
    CallState,
    CallHurried,
    DisposeResource,
    ReturnArray,
    FreeAgingHead,
    FreeAging,

    // Frees, after which a block is gone.
    FreeHead,
    Free,
    FreeBulk,
    FreeAlignedHead,
    FreeAligned,
    FreeQuarantineHead,
    FreeQuarantine,

    // Publications.
    Assign,
    Exchange,
    CompareExchange,
}

internal static class Primitives
{
    public static IReadOnlyList<Primitive> Waits { get; } = Between(Primitive.Synchronize, Primitive.BarrierCallbacks);

    public static IReadOnlyList<Primitive> Calls { get; } = Between(Primitive.CallFunction, Primitive.FreeAging);

    public static IReadOnlyList<Primitive> Frees { get; } = Between(Primitive.FreeHead, Primitive.FreeQuarantine);

    public static IReadOnlyList<Primitive> All { get; } = Enum.GetValues<Primitive>();

    public static bool IsWait(Primitive primitive) => primitive <= Primitive.BarrierCallbacks;

    public static bool IsCall(Primitive primitive) => primitive is >= Primitive.CallFunction and <= Primitive.FreeAging;

    public static bool IsFree(Primitive primitive) =>
        primitive is >= Primitive.FreeHead and <= Primitive.FreeQuarantine;

    private static Primitive[] Between(Primitive first, Primitive last) =>
        [.. Enum.GetValues<Primitive>().Where(primitive => primitive >= first && primitive <= last)];
}

// How often each was used: a rotation that skips one must be visible.
internal sealed class PrimitiveCounts
{
    private readonly long[] _counts = new long[Primitives.All.Count];

    public long this[Primitive primitive] => Interlocked.Read(ref _counts[(int)primitive]);

    public long Total => Primitives.All.Sum(primitive => this[primitive]);

    public void Count(Primitive primitive) => Interlocked.Increment(ref _counts[(int)primitive]);
}
