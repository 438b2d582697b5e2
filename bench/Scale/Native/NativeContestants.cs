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

    /// <summary>Those of this machine, built from the sources beside the tool, announced on standard error.</summary>
    public static NativeContestants OfThisMachine() => new(new NativePeers(new NativeBuilder(
        Path.Combine(AppContext.BaseDirectory, "native"),
        NativeBuilder.DefaultCache(),
        program => Console.Error.WriteLine($"quiescent: building {program} …"))));

    /// <summary>The contest with its native peers.</summary>
    public Contest Join(Contest contest) => contest with { Contestants = [.. contest.Contestants, .. For(contest.Id)] };

    public IEnumerable<Contestant> For(string contestId) => contestId.Split('/') switch
    {
        ["R1", var threads] => ReadSides("r1", ("threads", Number(threads))).Append(PlainDereference("r1", threads)),
        ["R1-loop", var threads] => ReadSides("r1-loop", ("threads", Number(threads))).Append(PlainDereference("r1-loop", threads)),
        ["R2"] => ReadSides("r2"),
        ["R2-paced"] => ReadSides("r2", ("rate", ReadSide.Pace)),
        ["G", "idle", var threads] => GracePeriods(("threads", Number(threads))),
        ["G", "busy"] => GracePeriods(("readers", 1)),
        ["G", "full"] => [peers.Contestant("liburcu mb", FullFence, "g", ("readers", 1))],
        ["G", "callers", var callers] => GracePeriods(("callers", Number(callers))),
        ["F1", "random"] => Floods("f1-random", updaters: 1, readers: 0),
        ["F1", [var updaters, 'u', var readers, 'r']] => Floods("f1", updaters - '0', readers - '0'),
        ["F2", [var updaters, 'u']] => Overstayed(updaters - '0'),
        ["B", var blocks] => Barriers(blocks == "empty" ? 0 : Number(blocks)),
        _ => [],
    };

    private IEnumerable<Contestant> ReadSides(string workload, params (string, object)[] arguments) =>
    [
        peers.Contestant("liburcu memb", Memb, workload, arguments),
        peers.Contestant("liburcu mb", FullFence, workload, arguments) with { Remark = "full fences around each section" },
        peers.Contestant("liburcu qsbr", Qsbr, workload, arguments) with { Remark = "a quiescent state every 1,024 sections" },
        peers.Contestant("ck_epoch", Ck, workload, arguments),
        peers.Contestant("crossbeam-epoch", Crossbeam, workload, arguments) with { Remark = "LocalHandle::pin" },
    ];

    private Contestant PlainDereference(string workload, string threads) =>
        peers.Contestant("plain dereference in C", None, workload, ("threads", Number(threads))) with { Side = Side.Floor };

    // crossbeam-epoch has nothing to wait for a grace period with.
    private IEnumerable<Contestant> GracePeriods(params (string, object)[] arguments) =>
    [
        peers.Contestant("liburcu memb", Memb, "g", arguments),
        peers.Contestant("liburcu mb", FullFence, "g", arguments),
        peers.Contestant("liburcu qsbr", Qsbr, "g", arguments),
        peers.Contestant("ck_epoch", Ck, "g", arguments),
    ];

    private IEnumerable<Contestant> Floods(string workload, int updaters, int readers)
    {
        (string, object)[] arguments = [("updaters", updaters), ("readers", readers)];

        // A thread per processor that invokes callbacks is liburcu's advice for several updaters; it does not help a single one.
        (string, object) workers = ("workers", updaters > 1 ? "cpu" : "one");
        yield return peers.Contestant("liburcu memb", Memb, workload, [.. arguments, workers]) with { Remark = "call_rcu, free" };
        yield return peers.Contestant("liburcu qsbr", Qsbr, workload, [.. arguments, workers]) with { Remark = "call_rcu, free" };
        yield return Deferring(workload, arguments);
        yield return peers.Contestant("ck_epoch", Ck, workload, arguments) with { Remark = "polls every 64 calls" };
        yield return peers.Contestant("crossbeam-epoch", Crossbeam, workload, arguments) with { Remark = "defer_destroy" };
        if (readers == 0)
        {
            yield return peers.Contestant("free at once in C", None, workload, arguments) with { Side = Side.Floor };
        }
    }

    private IEnumerable<Contestant> Overstayed(int updaters) =>
    [
        peers.Contestant("liburcu memb", Memb, "f2", ("updaters", updaters)) with { Remark = "call_rcu, free" },
        Deferring("f2", ("updaters", updaters)),
        peers.Contestant("ck_epoch", Ck, "f2", ("updaters", updaters)) with { Remark = "polls every 64 calls" },
        peers.Contestant("crossbeam-epoch", Crossbeam, "f2", ("updaters", updaters)) with { Remark = "defer_destroy" },
    ];

    private IEnumerable<Contestant> Barriers(int blocks) =>
    [
        peers.Contestant("liburcu memb", Memb, "b", ("blocks", blocks)) with { Remark = "rcu_barrier after call_rcu" },
        peers.Contestant("liburcu defer_rcu", Memb, "b", ("blocks", blocks), ("form", "defer")) with
        {
            Remark = "rcu_defer_barrier_thread; at most 4,096 are left to it",
        },
        peers.Contestant("ck_epoch", Ck, "b", ("blocks", blocks)) with { Remark = "polls every 64 calls, so little is left" },
    ];

    private Contestant Deferring(string workload, params (string, object)[] arguments) =>
        peers.Contestant("liburcu defer_rcu", Memb, workload, [.. arguments, ("form", "defer")]) with
        {
            Remark = "memb; the updater itself waits for readers once 4,096 blocks wait",
        };

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
