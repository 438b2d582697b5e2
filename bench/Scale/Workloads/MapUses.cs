using Quiescent.Scale.Contests;
using Quiescent.Scale.Workloads.Maps;

namespace Quiescent.Scale.Workloads;

// C: concurrent maps of 8-byte keys and 64-byte values: look-ups, updates, growth, and what a map costs while it is
// there. The ids go on with the size: C/get/1M/2/zipf is look-ups in a million entries by two threads, by Zipf's law.
internal static class MapUses
{
    private const string EachSection = "a section each, read in place";
    private const string AroundBatch = "around 960 look-ups; read in place";
    private const string Copied = "a section each, copied";
    private const string Sixteens = "16 at a time, a section each; read in place";
    private const string CopiedSixteens = "16 at a time, copied";
    private const string UpsertRemark = "inserts without a look whether the key is there";

    public static IEnumerable<Contest> Contests() =>
    [
        .. ((MapSize[])[MapSize.Thousand, MapSize.Million, MapSize.TwentyMillion]).SelectMany(LookUps),
        .. ((MapSize[])[MapSize.Million, MapSize.TwentyMillion]).SelectMany(Others),
    ];

    /// <summary>All figures, with maps of that size.</summary>
    public static IEnumerable<Contest> Contests(MapSize size) => [.. LookUps(size), .. Others(size)];

    private static IEnumerable<Contest> LookUps(MapSize size) =>
    [
        .. from picking in (Picking[])[Picking.Uniform, Picking.Zipf]
           from threads in (int[])[1, 2]
           select LookUp(size, picking, threads),
    ];

    private static IEnumerable<Contest> Others(MapSize size) =>
    [
        Batch(size),
        Updates(size, 1), Updates(size, 2),
        Replace(size, 1), Replace(size, 2),
        .. from mix in (MapMix[])[MapMix.ReadHeavy, MapMix.Exchange, MapMix.RapidGrow]
           from threads in (int[])[1, 2]
           select Mix(mix, size, threads),
        Fill(size, 1), Fill(size, 2),
        FillTimed(size),
        Bytes(size),
        Collection(size),
    ];

    private static Contest LookUp(MapSize size, Picking picking, int threads)
    {
        string id = $"C/get/{size.Id}/{threads}{(picking == Picking.Zipf ? "/zipf" : "")}";
        string keys = picking == Picking.Zipf ? "keys by Zipf's law, 0.99" : "independent keys";
        MapTask task = new LookUpTask(size.Entries, picking, threads);
        return Kept(id, $"look-ups in {Of(size)}, {keys}; {Threads(threads)}", size,
        [
            task.With<RcuFind>(Calls.MapFind, Side.Ours) with { Remark = EachSection },
            task.With<RcuFindAround>(Calls.MapFindAround, Side.Ours) with { Remark = AroundBatch },
            task.With<RcuTryGetValue>(Calls.MapTryGetValue, Side.Ours) with { Remark = Copied },
            .. Peers(task),
            task.With<LruCache>(Calls.LruCache, Side.Managed) with { Remark = LruCache.Remark },
        ]) with
        {
            IsHeadline = size == MapSize.Million && picking == Picking.Uniform && threads == 1,
            Targets = picking == Picking.Uniform && threads == 1 ? [.. MapGoals.LookUps(size)] : [],
        };
    }

    private static Contest Batch(MapSize size)
    {
        MapTask task = new LookUpTask(size.Entries, Picking.Uniform, Threads: 1);
        return Kept($"C/batch/{size.Id}", $"look-ups of 16 known keys in {Of(size)}; 1 thread", size,
        [
            task.With<RcuFindAll>(Calls.MapFindAll, Side.Ours) with { Remark = Sixteens },
            task.With<RcuGetValues>(Calls.MapGetValues, Side.Ours) with { Remark = CopiedSixteens },
            task.With<RcuFindAround>(Calls.MapFindAround, Side.Ours) with { Remark = AroundBatch },
            .. Peers(task),
        ]) with
        {
            Targets = [.. MapGoals.Batches(size)],
        };
    }

    private static Contest Updates(MapSize size, int threads)
    {
        MapTask task = new UpdateTask(size.Entries, threads);
        return Kept(
            $"C/updates/{size.Id}/{threads}",
            $"nine look-ups to one replaced value in {Of(size)}; {Threads(threads)}", size,
        [
            task.With<RcuFind>(Calls.MapFind, Side.Ours) with { Remark = EachSection },
            task.With<RcuFindAll>(Calls.MapFindAll, Side.Ours) with { Remark = Sixteens },
            .. Peers(task),
        ]) with
        {
            Targets = threads == 1 ? [.. MapGoals.Updates(size)] : [],
        };
    }

    private static Contest Replace(MapSize size, int threads)
    {
        MapTask task = new ReplaceTask(size.Entries, threads);
        return Kept(
            $"C/replace/{size.Id}/{threads}", $"values of present keys replaced in {Of(size)}; {Threads(threads)}",
            size,
            [task.With<RcuFind>(Calls.MapOfLibrary, Side.Ours), .. Peers(task)]) with
        {
            Targets = threads == 1 ? [.. MapGoals.Replaces(size)] : [],
        };
    }

    private static Contest Mix(MapMix mix, MapSize size, int threads)
    {
        bool grows = mix == MapMix.RapidGrow;
        string id = $"C/{mix.Id}/{size.Id}/{threads}";
        string title = grows
            ? $"{mix.Shares}, from none to {Of(size)}; {Threads(threads)}"
            : $"{mix.Shares}, on twice as many keys as are there, {Of(size)}; {Threads(threads)}";
        MapTask task = grows ? new GrowTask(size.Entries, threads) : new MixTask(mix, size.Entries, threads);
        Contestant[] contestants = [task.With<RcuFind>(Calls.MapOfLibrary, Side.Ours), .. PeersThatRemove(task)];
        return grows ? Fresh(id, title, Unit.MillionsPerSecond, size, contestants) : Kept(id, title, size, contestants);
    }

    private static Contest Fill(MapSize size, int threads)
    {
        MapTask task = new FillTask(size.Entries, threads);
        return Fresh(
            $"C/fill/{size.Id}/{threads}", $"inserts while the map grows from none to {Of(size)}; {Threads(threads)}",
            Unit.MillionsPerSecond, size, Filling(task)) with
        {
            Targets = threads == 1 ? [.. MapGoals.Fills(size)] : [],
        };
    }

    private static Contest FillTimed(MapSize size) =>
        Fresh(
            $"C/fill-longest/{size.Id}", $"the longest insert while the map grows from none to {Of(size)}; 1 thread",
            Unit.Milliseconds, size, Filling(new TimedFillTask(size.Entries))) with
        {
            Targets = [.. MapGoals.LongestInserts(size)],
        };

    private static Contest Bytes(MapSize size) =>
        Fresh(
            $"C/bytes/{size.Id}", $"resident memory for each of {Of(size)}", Unit.Bytes, size,
        [
            .. Filling(new BytesTask(size.Entries)).Select(
                one => one with { Absent = OperatingSystem.IsLinux() ? null : "measured on Linux only" }),
        ]) with
        {
            Targets = [.. MapGoals.Bytes(size)],
        };

    private static Contest Collection(MapSize size)
    {
        MapTask task = new CollectionTask(size.Entries);
        return Fresh(
            $"C/gc/{size.Id}", $"a full collection that blocks, with {Of(size)} alive", Unit.Milliseconds, size,
        [
            .. Filling(task), new(Calls.NoMap, Side.Floor, MapMemory.Collection),
        ]) with
        {
            Targets = [.. MapGoals.Collections(size)],
        };
    }

    private static Contestant[] Filling(MapTask task) =>
    [
        task.With<RcuFind>(Calls.MapOfLibrary, Side.Ours),
        .. PeersThatRemove(task),
        task.With<TsavoriteMap>(Calls.TsavoriteMap, Side.Managed) with
        {
            Remark = $"{UpsertRemark}; {TsavoriteStore.Remark}",
        },
    ];

    private static IEnumerable<Contestant> Peers(MapTask task) =>
    [
        .. PeersThatRemove(task),
        task.With<TsavoriteMap>(Calls.TsavoriteMap, Side.Managed) with { Remark = TsavoriteStore.Remark },
    ];

    private static IEnumerable<Contestant> PeersThatRemove(MapTask task) =>
    [
        task.With<ConcurrentStructs>(Calls.ConcurrentStructs, Side.Managed),
        task.With<ConcurrentArrays>(Calls.ConcurrentArrays, Side.Managed),
        task.With<NonBlockingMap>(Calls.NonBlockingMap, Side.Managed),
        task.With<LockedDictionary>(Calls.LockedDictionary, Side.Managed),
    ];

    // Contestants that keep their maps from turn to turn.
    private static Contest Kept(string id, string title, MapSize size, Contestant[] contestants) =>
        Sized(id, title, Unit.MillionsPerSecond, size, contestants) with
        {
            TurnLength = size.IsLarge ? TimeSpan.FromSeconds(2) : null,
            End = Shelf.Clear,
        };

    // Contestants that fill a map each turn.
    private static Contest Fresh(string id, string title, Unit unit, MapSize size, Contestant[] contestants) =>
        Sized(id, title, unit, size, contestants) with
        {
            TurnLength = size.IsLarge ? TimeSpan.FromSeconds(1) : null,
        };

    private static Contest Sized(string id, string title, Unit unit, MapSize size, Contestant[] contestants) =>
        new(id, title, unit, contestants)
        {
            TurnOverhead = size.FillTime + TimeSpan.FromMilliseconds(50),
            MaxRounds = size.IsLarge ? 3 : null,
            OnlyByName = size.IsLarge ? size.Id : null,
        };

    private static string Of(MapSize size) => $"{size.Id} entries";

    private static string Threads(int threads) => threads == 1 ? "1 thread" : $"{threads} threads";
}
