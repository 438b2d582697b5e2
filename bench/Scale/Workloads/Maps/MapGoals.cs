using Quiescent.Scale.Contests;

namespace Quiescent.Scale.Workloads.Maps;

// The goals for maps: with 20 million entries, and for look-ups also with a thousand, which the caches hold.
internal static class MapGoals
{
    // What "as with none" allows for the noise of a measurement.
    private const double AsWithNone = 1.1;

    private static readonly string[] s_native = [Calls.LfhtMap, Calls.CuckooMap, Calls.TbbMap, Calls.DashMap];

    public static IEnumerable<Target> LookUps(MapSize size) => size.Id switch
    {
        "1K" => [new(Calls.MapFind, Bound.AtLeast, 0.8, Calls.ConcurrentStructs)],
        "20M" =>
        [
            new(Calls.MapFind, Bound.AtLeast, 1, Calls.ConcurrentStructs),
            new(Calls.MapFind, Bound.AtLeast, 1.5, Calls.ConcurrentArrays),
            new(Calls.MapFindAround, Bound.AtLeast, 1.3, Calls.ConcurrentStructs),
            .. AheadOfNative(Calls.MapFind),
        ],
        _ => [],
    };

    public static IEnumerable<Target> Batches(MapSize size) =>
        For(size, new Target(Calls.MapFindAll, Bound.AtLeast, 2.5, Calls.ConcurrentStructs));

    public static IEnumerable<Target> Updates(MapSize size) =>
        For(
            size,
            [
                new(Calls.MapFindAll, Bound.AtLeast, 3, Calls.ConcurrentStructs),
                .. AheadOfNative(Calls.MapFindAll),
            ]);

    public static IEnumerable<Target> Replaces(MapSize size) =>
        For(size, new Target(Calls.MapOfLibrary, Bound.AtLeast, 4, Calls.ConcurrentStructs));

    public static IEnumerable<Target> Fills(MapSize size) =>
        For(size, new Target(Calls.MapOfLibrary, Bound.AtLeast, 3, Calls.ConcurrentStructs));

    public static IEnumerable<Target> LongestInserts(MapSize size) =>
        For(size, new Target(Calls.MapOfLibrary, Bound.AtMost, 1));

    public static IEnumerable<Target> Bytes(MapSize size) =>
        For(size, new Target(Calls.MapOfLibrary, Bound.AtMost, 100));

    public static IEnumerable<Target> Collections(MapSize size) =>
        For(size, new Target(Calls.MapOfLibrary, Bound.AtMost, AsWithNone, Calls.NoMap));

    private static Target[] For(MapSize size, params Target[] targets) =>
        size == MapSize.TwentyMillion ? targets : [];

    private static IEnumerable<Target> AheadOfNative(string ours) =>
        s_native.Select(peer => new Target(ours, Bound.AtLeast, 1, peer));
}
