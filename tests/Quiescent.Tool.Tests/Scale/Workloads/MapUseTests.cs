using Quiescent.Scale.Contests;
using Quiescent.Scale.Native;
using Quiescent.Scale.Workloads;
using Quiescent.Scale.Workloads.Maps;

namespace Quiescent.Tool.Tests.Scale.Workloads;

public sealed class MapUseTests
{
    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(1);
    private static readonly MapSize s_tiny = MapSize.Parse("2000");

    public static TheoryData<string> Figures => [.. MapUses.Contests(s_tiny).Select(contest => contest.Id)];

    // Fault caught: a map that a figure's operations do not work on, a look-up that finds another key's value.
    [Theory]
    [MemberData(nameof(Figures))]
    public void Every_contestant_measures_a_tiny_map(string id)
    {
        Contest contest = MapUses.Contests(s_tiny).Single(contest => contest.Id == id);
        Assert.All(contest.Contestants, contestant =>
        {
            double value = contestant.Measure(s_turn).Value;

            // A tiny map's pages may have been there before it.
            Assert.True(contest.Unit == Unit.Bytes ? double.IsFinite(value) : value > 0);
        });
        contest.End?.Invoke();
    }

    // Fault caught: a native program that does not offer what a figure asks of it, or finds another key's value.
    [Theory]
    [MemberData(nameof(Figures))]
    public void Every_native_map_that_can_be_built_measures_a_tiny_map(string id) => Assert.All(
        NativeContestants.OfThisMachine(TimeSpan.FromMinutes(5)).For(id).Where(contestant => contestant.Absent is null),
        contestant => Assert.True(double.IsFinite(contestant.Measure(s_turn).Value)));

    // Fault caught: look-ups that are not checked, so that a contestant that finds nothing wins.
    [Fact]
    public void A_contestant_that_finds_nothing_has_failed() => Assert.Throws<InvalidOperationException>(
        () => MapTurn.LookUp<Forgetful>(s_tiny.Entries, Picking.Uniform, threads: 1, s_turn));

    // Fault caught: the same key for two numbers, so that a map has fewer entries than its figure says.
    [Fact]
    public void Keys_are_distinct_and_none_has_a_zero_stamp()
    {
        ulong[] keys = [.. Enumerable.Range(0, 100_000).Select(number => MapKeys.Of((ulong)number))];
        Assert.Distinct(keys);
        Assert.DoesNotContain(0UL, keys.Select(Value64.StampOf));
    }

    // Fault caught: threads that add the same keys, or leave some out.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Threads_share_the_keys_of_a_fill(int threads)
    {
        const int Entries = 1_000;
        ulong[] keys =
            [.. Enumerable.Range(0, threads).SelectMany(thread => MapFill.KeysOf(Entries, thread, threads))];
        Assert.Equal(Enumerable.Range(0, Entries).Select(number => MapKeys.Of((ulong)number)).Order(), keys.Order());
    }

    // Fault caught: a wrong exponent or a wrong sum, the longer form of which is an integral. The expected shares are
    // 1 / (rank + 1)^0.99 of the sum, added up term by term.
    [Theory]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public void Ranks_follow_Zipfs_law(int count)
    {
        const int Draws = 400_000;
        double sum = Enumerable.Range(1, count).Sum(rank => Math.Pow(rank, -0.99));
        Zipf zipf = new(count);
        int[] drawn = new int[count];
        for (int i = 0; i < Draws; i++)
        {
            drawn[zipf.Rank(MapKeys.Of((ulong)i))]++;
        }

        Assert.InRange((double)drawn[0] / Draws, 0.97 / sum, 1.03 / sum);
        Assert.InRange((double)drawn[..(count / 10)].Sum() / Draws, Share(0.98), Share(1.02));

        double Share(double factor) =>
            factor * Enumerable.Range(1, count / 10).Sum(rank => Math.Pow(rank, -0.99)) / sum;
    }

    // Fault caught: a mix of other shares than its name says.
    [Fact]
    public void A_mix_has_the_shares_that_it_says()
    {
        const int Count = 100_000;
        MapOperation[] operations = MapMix.Exchange.Pick(Count, thread: 1);
        AssertShare(MapMix.Exchange.Read, MapOperation.Read);
        AssertShare(MapMix.Exchange.Insert, MapOperation.Insert);
        AssertShare(MapMix.Exchange.Remove, MapOperation.Remove);
        AssertShare(MapMix.Exchange.Update, MapOperation.Update);

        void AssertShare(int expected, MapOperation operation) =>
            Assert.InRange(100.0 * operations.Count(one => one == operation) / Count, expected - 1, expected + 1);
    }

    // Fault caught: a map that grows or shrinks while a mix is measured, because it did not begin where it settles.
    [Fact]
    public void A_mix_leaves_about_as_many_entries_as_it_found()
    {
        const int Entries = 10_000;
        MapTurn.Mix<RcuFind>(MapMix.Exchange, Entries, threads: 1, TimeSpan.FromMilliseconds(50));
        long after = RcuMap.CountOf(Shelf.Get<RcuFind>(Entries));
        Shelf.Clear();
        Assert.InRange(after, Entries * 0.95, Entries * 1.05);
    }

    [Theory]
    [InlineData("1K", 1_000)]
    [InlineData("20M", 20_000_000)]
    [InlineData("7", 7)]
    public void A_size_is_named_by_its_number(string id, long entries) =>
        Assert.Equal(entries, MapSize.Parse(id).Entries);

    // Fault caught: a run of everything that takes 20 million entries along.
    [Fact]
    public void Figures_of_large_maps_are_measured_by_name_only() => Assert.All(
        MapUses.Contests(),
        contest => Assert.Equal(
            contest.Id.Contains("20M", StringComparison.Ordinal) ? "20M" : null, contest.OnlyByName));

    // Fault caught: a goal of a contestant that does not take part, which would never be judged.
    [Fact]
    public void Every_goal_is_of_contestants()
    {
        NativeContestants native = NativeContestants.OfThisMachine(TimeSpan.Zero);
        Assert.All(MapUses.Contests().Select(native.Join), contest =>
        {
            string[] names = [.. contest.Contestants.Select(contestant => contestant.Name)];
            Assert.Distinct(names);
            Assert.All(contest.Targets, target => Assert.Contains(target.Contestant, names));
            Assert.All(contest.Targets, target => Assert.True(target.Peer is null || names.Contains(target.Peer)));
        });
    }

    // Fault caught: a goal of the project that no figure has.
    [Fact]
    public void Twenty_million_entries_have_all_goals() => Assert.Equal(
        ["C/get/20M/1", "C/batch/20M", "C/updates/20M/1", "C/replace/20M/1", "C/fill/20M/1", "C/fill-longest/20M",
            "C/bytes/20M", "C/gc/20M"],
        MapUses.Contests(MapSize.TwentyMillion)
            .Where(contest => contest.Targets.Count != 0)
            .Select(contest => contest.Id));

    // A map that keeps nothing.
    private readonly struct Forgetful : IMap<Forgetful>
    {
        public static Type Kind => typeof(object);

        public static object Create(long entries) => new();

        public static Forgetful Enter(object map) => default;

        public ulong Differences(ReadOnlySpan<ulong> keys) => MapBatch.OneByOne(this, keys);

        public ulong Get(ulong key) => 0;

        public bool TryAdd(ulong key, in Value64 value) => true;

        public void Set(ulong key, in Value64 value)
        {
        }

        public bool TryRemove(ulong key) => true;
    }
}
