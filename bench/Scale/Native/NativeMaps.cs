using System.Globalization;
using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Maps;

namespace Quiescent.Scale.Native;

// The native maps, by the id of a contest of maps, such as C/get/1M/2/zipf. They fill a map in each turn.
internal sealed class NativeMaps(NativePeers peers)
{
    public IEnumerable<Contestant> For(string[] id) => id switch
    {
        ["C", "get", var size, var threads] => All("get", size, threads),
        ["C", "get", var size, var threads, "zipf"] => All("get-zipf", size, threads),
        ["C", "updates" or "replace" or "fill", var size, var threads] => All(id[1], size, threads),
        ["C", "read-heavy", var size, var threads] => Mixed("mix", MapMix.ReadHeavy, size, threads),
        ["C", "exchange", var size, var threads] => Mixed("mix", MapMix.Exchange, size, threads),
        ["C", "rapid-grow", var size, var threads] => Mixed("grow", MapMix.RapidGrow, size, threads),
        ["C", "batch", var size] => All("get", size, "1"),
        ["C", "fill-longest" or "bytes", var size] => All(id[1], size, "1"),
        _ => [],
    };

    private IEnumerable<Contestant> Mixed(string workload, MapMix mix, string size, string threads) =>
        All(
            workload, size, threads, ("read", mix.Read), ("insert", mix.Insert), ("remove", mix.Remove),
            ("update", mix.Update));

    private IEnumerable<Contestant> All(
        string workload, string size, string threads, params (string Key, object Value)[] more)
    {
        (string, object)[] arguments =
        [
            ("threads", int.Parse(threads, CultureInfo.InvariantCulture)), ("entries", MapSize.Parse(size).Entries),
            .. more,
        ];
        yield return peers.Contestant(Calls.LfhtMap, "map-lfht", workload, arguments);
        yield return peers.Contestant(Calls.CuckooMap, "map-cuckoo", workload, arguments);
        yield return peers.Contestant(Calls.TbbMap, "map-tbb", workload, arguments) with
        {
            Remark = workload == "bytes" ? "its own allocator keeps no books" : null,
        };
        yield return peers.Contestant(Calls.DashMap, "map-dashmap", workload, arguments);
    }
}
