using System.Globalization;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads;

namespace Quiescent.Scale.Native;

// Which native peers take part in which contest, by the contest's id.
internal sealed class NativeContestants(NativePeers peers)
{
    private const string Memb = "peer-urcu-memb";
    private const string FullFence = "peer-urcu-mb";
    private const string Qsbr = "peer-urcu-qsbr";
    private const string Ck = "peer-ck";
    private const string Crossbeam = "peer-crossbeam";
    private const string None = "peer-none";

    private readonly NativeMaps _maps = new(peers);

    /// <summary>Those of this machine, built from the sources beside the tool, announced on standard error.</summary>
    /// <param name="limit">How long building may take.</param>
    public static NativeContestants OfThisMachine(TimeSpan limit) => new(new NativePeers(new NativeBuilder(
        Path.Combine(AppContext.BaseDirectory, "native"),
        NativeBuilder.DefaultCache(),
        program => Console.Error.WriteLine($"quiescent: building {program} …"),
        limit)));

    /// <summary>The contest with its native peers.</summary>
    public Contest Join(Contest contest) => contest with { Contestants = [.. contest.Contestants, .. For(contest.Id)] };

    public IEnumerable<Contestant> For(string contestId) => contestId.Split('/') switch
    {
        ["R1", var threads] => ReadSides("r1", ("threads", Number(threads))).Append(PlainDereference("r1", threads)),
        ["R1-loop", var threads] =>
            ReadSides("r1-loop", ("threads", Number(threads))).Append(PlainDereference("r1-loop", threads)),
        ["R2"] => ReadSides("r2"),
        ["R2-paced"] => ReadSides("r2", ("rate", ReadSide.Pace)),
        ["G", "idle", var threads] => GracePeriods(("threads", Number(threads))),
        ["G", "busy" or "full"] => GracePeriods(("readers", 1)),
        ["G", "online"] => GracePeriods(("readers", Environment.ProcessorCount)),
        ["G", "callers", var callers] => GracePeriods(("callers", Number(callers))),
        ["F1", "random"] => Floods("f1-random", updaters: 1, readers: 0),
        ["F1", [var updaters, 'u', var readers, 'r']] => Floods("f1", updaters - '0', readers - '0'),
        ["F2", [var updaters, 'u']] => Overstayed(updaters - '0'),
        ["B", "empty"] => EmptyBarriers(),
        ["B", var blocks] => Barriers(Number(blocks)),
        ["C", ..] => _maps.For(contestId.Split('/')),
        _ => [],
    };

    private IEnumerable<Contestant> ReadSides(string workload, params (string, object)[] arguments) =>
    [
        peers.Contestant(Calls.MembReadLock, Memb, workload, arguments),
        peers.Contestant(Calls.FullFenceReadLock, FullFence, workload, arguments) with
        {
            Remark = "full fences around each section",
        },
        peers.Contestant(Calls.QsbrReadLock, Qsbr, workload, arguments) with
        {
            Remark = "a quiescent state every 1,024 sections",
        },
        peers.Contestant(Calls.CkBegin, Ck, workload, arguments),
        peers.Contestant(Calls.CrossbeamPin, Crossbeam, workload, arguments),
    ];

    private Contestant PlainDereference(string workload, string threads) =>
        peers.Contestant(Calls.DereferenceInC, None, workload, ("threads", Number(threads))) with { Side = Side.Floor };

    // crossbeam-epoch has nothing to wait for a grace period with.
    private IEnumerable<Contestant> GracePeriods(params (string, object)[] arguments) =>
    [
        peers.Contestant(Calls.MembSynchronize, Memb, "g", arguments),
        peers.Contestant(Calls.FullFenceSynchronize, FullFence, "g", arguments),
        peers.Contestant(Calls.QsbrSynchronize, Qsbr, "g", arguments),
        peers.Contestant(Calls.CkSynchronize, Ck, "g", arguments),
    ];

    private IEnumerable<Contestant> Floods(string workload, int updaters, int readers)
    {
        (string, object)[] arguments = [("updaters", updaters), ("readers", readers)];

        // A thread per processor that invokes callbacks is liburcu's advice for several updaters; it does not help a
        // single one.
        (string, object) workers = ("workers", updaters > 1 ? "cpu" : "one");
        yield return peers.Contestant(Calls.MembCall, Memb, workload, [.. arguments, workers]);
        yield return peers.Contestant(Calls.QsbrCall, Qsbr, workload, [.. arguments, workers]);
        yield return Deferring(workload, arguments);
        yield return peers.Contestant(Calls.CkCall, Ck, workload, arguments) with { Remark = "polls every 64 calls" };
        yield return peers.Contestant(Calls.CrossbeamDefer, Crossbeam, workload, arguments);
        if (readers == 0)
        {
            yield return peers.Contestant(Calls.NativeFreeInC, None, workload, arguments) with { Side = Side.Floor };
        }
    }

    private IEnumerable<Contestant> Overstayed(int updaters) =>
    [
        peers.Contestant(Calls.MembCall, Memb, "f2", ("updaters", updaters)),
        Deferring("f2", ("updaters", updaters)),
        peers.Contestant(Calls.CkCall, Ck, "f2", ("updaters", updaters)) with { Remark = "polls every 64 calls" },
        peers.Contestant(Calls.CrossbeamDefer, Crossbeam, "f2", ("updaters", updaters)),
    ];

    // Each library by its cheapest barrier that is correct: with nothing queued, liburcu's is that of defer_rcu.
    private IEnumerable<Contestant> EmptyBarriers() => [DeferBarrier(blocks: 0), CkBarrier(blocks: 0)];

    private IEnumerable<Contestant> Barriers(int blocks) =>
    [
        peers.Contestant(Calls.MembBarrier, Memb, "b", ("blocks", blocks)) with { Remark = "after call_rcu" },
        DeferBarrier(blocks) with { Remark = "at most 4,096 blocks are left to it" },
        CkBarrier(blocks) with { Remark = "polls every 64 calls, so few blocks are left to it" },
    ];

    private Contestant DeferBarrier(int blocks) =>
        peers.Contestant(Calls.MembDeferBarrier, Memb, "b", ("blocks", blocks), ("form", "defer"));

    private Contestant CkBarrier(int blocks) => peers.Contestant(Calls.CkBarrier, Ck, "b", ("blocks", blocks));

    private Contestant Deferring(string workload, params (string, object)[] arguments) =>
        peers.Contestant(Calls.MembDefer, Memb, workload, [.. arguments, ("form", "defer")]) with
        {
            Remark = "the updater itself waits for readers once 4,096 blocks wait",
        };

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
