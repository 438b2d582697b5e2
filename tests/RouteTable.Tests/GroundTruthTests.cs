using Quiescent;
using RouteTable.Data;
using RouteTable.Trie;
using RouteTable.Truth;

namespace RouteTable.Tests;

public sealed class GroundTruthTests
{
    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void It_agrees_with_a_linear_scan_at_every_position_in_any_order_of_the_changes(int seed)
    {
        var random = new Random(seed);
        Announcement[] older = Tables.RandomTable(random, 60);
        Announcement[] newer = [.. Tables.RandomTable(random, 60).Concat(older[..40])
            .DistinctBy(route => route.Prefix).OrderBy(route => route.Prefix)];
        Change[] changes = Change.Between(older, newer);
        random.Shuffle(changes);
        GroundTruth truth = TruthSweep.Compute(older, changes);

        uint[] addresses =
        [
            0, uint.MaxValue,
            .. older.Concat(newer).Select(route => route.Prefix.First),
            .. older.Concat(newer).Select(route => route.Prefix.Last),
            .. older.Concat(newer).Select(route => route.Prefix.Last + 1),
            .. Enumerable.Range(0, 200).Select(_ => Tables.RandomAddress(random)),
        ];
        var linear = new LinearTable(older);
        for (int position = 0; position <= changes.Length; position++)
        {
            foreach (uint address in addresses)
            {
                Era only = Assert.Single(truth.ErasOf(address, (position, position)).ToArray());
                Assert.Equal(linear.Lookup(address), only.Answer);
            }

            if (position < changes.Length)
            {
                Apply(linear, changes[position]);
            }
        }
    }

    [Fact]
    public void Between_two_positions_it_allows_what_one_of_them_allows_and_nothing_else()
    {
        Announcement[] older = [Tables.Route("10.0.0.0/8,1"), Tables.Route("10.1.0.0/16,2")];
        Announcement[] newer = [Tables.Route("10.0.0.0/8,3")];
        Change[] changes = Change.Between(older, newer);
        GroundTruth truth = TruthSweep.Compute(older, changes);
        uint inside = Tables.Address("10.1.2.3");
        uint outside = Tables.Address("10.2.3.4");

        // Position 0: /8 by 1, /16 by 2. Position 1: /8 by 3, /16 by 2. Position 2: /8 by 3.
        Assert.True(truth.Allows(outside, new Route(1, 8), (0, 0)));
        Assert.False(truth.Allows(outside, new Route(3, 8), (0, 0)));
        Assert.True(truth.Allows(outside, new Route(1, 8), (0, 1)));
        Assert.True(truth.Allows(outside, new Route(3, 8), (0, 1)));
        Assert.False(truth.Allows(outside, new Route(1, 8), (1, 2)));
        Assert.True(truth.Allows(inside, new Route(2, 16), (0, 1)));
        Assert.False(truth.Allows(inside, new Route(1, 8), (0, 2)));
        Assert.False(truth.Allows(inside, new Route(3, 8), (0, 1)));
        Assert.True(truth.Allows(inside, new Route(3, 8), (1, 2)));
        Assert.False(truth.Allows(inside, Route.None, (0, 2)));
        Assert.False(truth.Allows(inside, Route.Poison, (0, 2)));
        Assert.True(truth.Allows(Tables.Address("11.0.0.0"), Route.None, (0, 2)));
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void For_the_real_tables_it_and_the_trie_agree_wherever_the_replay_stands()
    {
        Change[] changes = Change.Between(Tables.Older, Tables.Newer);
        GroundTruth truth = TruthSweep.Compute(Tables.Older, changes);
        var replay = new Replay(changes);
        using var trie = new RouteTrie<PlainMemory>();
        foreach (Announcement route in Tables.Newer)
        {
            trie.Announce(route.Prefix, route.Origin);
        }

        var random = new Random(4);
        int step = 0;
        int lap = changes.Length;
        foreach (int stop in (int[])[0, 1, 1000, lap / 2, lap, lap + 777, 2 * lap])
        {
            for (; step < stop; step++)
            {
                replay.Apply(trie, step);
            }

            int position = replay.PositionAfter(step);
            for (int i = 0; i < 200_000; i++)
            {
                uint address = i % 2 == 0
                    ? (uint)random.NextInt64(1L << 32)
                    : changes[random.Next(changes.Length)].Prefix.Last + (uint)random.Next(-2, 3);
                Assert.True(truth.Allows(address, trie.Lookup(address), (position, position)), Ipv4.Format(address));
            }
        }

        Assert.Equal(trie.BlocksAllocated, trie.BlocksRetired + trie.CountLiveBlocks());
    }

    private static void Apply(LinearTable table, Change change)
    {
        if (change.Newer is uint origin)
        {
            table.Announce(change.Prefix, origin);
        }
        else
        {
            Assert.True(table.Withdraw(change.Prefix));
        }
    }
}
