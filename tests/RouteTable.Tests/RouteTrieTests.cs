using Quiescent;
using RouteTable.Data;
using RouteTable.Trie;
using RightTrie = RouteTable.Trie.RouteTrie<RouteTable.Trie.PlainMemory>;

namespace RouteTable.Tests;

public sealed class RouteTrieTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Overlapping_prefixes_in_any_order_are_answered_as_by_a_linear_scan(int seed)
    {
        var random = new Random(seed);
        var linear = new LinearTable();
        using var trie = new RightTrie();
        for (int round = 0; round < 1000; round++)
        {
            // More announcements at first, more withdrawals later, down to an empty table.
            if (random.Next(1000) > round)
            {
                Prefix prefix = Tables.RandomPrefix(random);
                uint origin = (uint)random.Next(1, 1000);
                linear.Announce(prefix, origin);
                trie.Announce(prefix, origin);
            }
            else
            {
                Prefix prefix = random.Next(8) == 0 || linear.Prefixes.Count == 0
                    ? Tables.RandomPrefix(random)
                    : linear.Prefixes.ElementAt(random.Next(linear.Prefixes.Count));
                Assert.Equal(linear.Withdraw(prefix), trie.Withdraw(prefix));
                AssertSame(linear, trie, prefix.First);
                AssertSame(linear, trie, prefix.Last);
            }

            for (int i = 0; i < 20; i++)
            {
                AssertSame(linear, trie, Tables.RandomAddress(random));
            }
        }

        foreach (Prefix prefix in linear.Prefixes.ToArray())
        {
            Assert.True(trie.Withdraw(prefix));
        }

        Assert.Equal(0, trie.CountLiveBlocks());
        Assert.Equal(trie.BlocksAllocated, trie.BlocksRetired);
    }

    [Fact]
    public void An_empty_trie_has_no_route()
    {
        using var trie = new RightTrie();
        Assert.True(trie.Lookup(0).IsNone);
        Assert.True(trie.Lookup(uint.MaxValue).IsNone);
        Assert.False(trie.Withdraw(Tables.Prefix("0.0.0.0/0")));
        Assert.False(trie.Withdraw(Tables.Prefix("1.2.3.4/32")));
    }

    [Fact]
    public void The_default_route_answers_for_all_that_nothing_else_covers()
    {
        using var trie = new RightTrie();
        trie.Announce(Tables.Prefix("10.1.2.3/32"), 2);
        trie.Announce(Tables.Prefix("0.0.0.0/0"), 1);
        trie.Announce(Tables.Prefix("10.0.0.0/8"), 3);
        Assert.Equal(new Route(1, 0), trie.Lookup(0));
        Assert.Equal(new Route(1, 0), trie.Lookup(uint.MaxValue));
        Assert.Equal(new Route(3, 8), trie.Lookup(Tables.Address("10.1.2.2")));
        Assert.Equal(new Route(2, 32), trie.Lookup(Tables.Address("10.1.2.3")));
        Assert.True(trie.Withdraw(Tables.Prefix("0.0.0.0/0")));
        Assert.True(trie.Lookup(0).IsNone);
        Assert.Equal(new Route(3, 8), trie.Lookup(Tables.Address("10.1.2.4")));
    }

    [Fact]
    public void A_withdrawal_brings_back_the_routes_that_the_prefix_hid_at_every_length()
    {
        using var trie = new RightTrie();
        uint address = Tables.Address("203.0.113.77");
        for (int length = 0; length <= 32; length++)
        {
            trie.Announce(new Prefix(address & ~Prefix.HostMask(length), length), (uint)(100 + length));
        }

        for (int length = 32; length >= 0; length--)
        {
            Assert.Equal(new Route((uint)(100 + length), length), trie.Lookup(address));
            Assert.True(trie.Withdraw(new Prefix(address & ~Prefix.HostMask(length), length)));
        }

        Assert.True(trie.Lookup(address).IsNone);
        Assert.Equal(0, trie.CountLiveBlocks());
    }

    [Fact]
    public void A_new_origin_replaces_the_old_one()
    {
        using var trie = new RightTrie();
        foreach (string text in (string[])["9.0.0.0/8", "9.9.0.0/16", "9.9.9.0/24", "9.9.9.9/32"])
        {
            Prefix prefix = Tables.Prefix(text);
            trie.Announce(prefix, 1);
            trie.Announce(prefix, 2);
            Assert.Equal(new Route(2, prefix.Length), trie.Lookup(Tables.Address("9.9.9.9")));
            Assert.True(trie.Withdraw(prefix));
            Assert.False(trie.Withdraw(prefix));
        }
    }

    [Fact]
    public void Every_change_of_a_published_path_retires_at_least_one_node()
    {
        var random = new Random(7);
        using var trie = new RightTrie();
        Prefix[] prefixes =
            [.. Tables.RandomTable(random, 300).Select(route => route.Prefix).Where(prefix => prefix.Length > 16)];
        trie.Announce(Tables.Prefix("0.0.0.0/0"), 1);
        foreach (Prefix prefix in prefixes)
        {
            long before = trie.BlocksRetired;
            trie.Announce(prefix, 2);
            Assert.True(trie.BlocksRetired > before);
        }

        foreach (Prefix prefix in prefixes)
        {
            long before = trie.BlocksRetired;
            Assert.True(trie.Withdraw(prefix));
            Assert.True(trie.BlocksRetired > before);
        }
    }

    [Fact]
    public void All_nodes_ever_allocated_are_retired_or_live()
    {
        var random = new Random(8);
        using var trie = new RightTrie();
        for (int i = 0; i < 600; i++)
        {
            Prefix prefix = Tables.RandomPrefix(random);
            if (!trie.Withdraw(prefix))
            {
                trie.Announce(prefix, 1);
            }

            if (i % 30 == 0)
            {
                Assert.Equal(trie.BlocksAllocated, trie.BlocksRetired + trie.CountLiveBlocks());
            }
        }
    }

    [Fact]
    public void A_node_is_as_big_as_its_comment_says_and_an_entry_stays_in_one_cache_line()
    {
        unsafe
        {
            Node node = default;
            Assert.Equal(384, sizeof(Node));
            Assert.Equal(16, sizeof(Entry));
            Assert.Equal(128, (byte*)&node.Entries - (byte*)&node);
        }
    }

    private static void AssertSame(LinearTable linear, RightTrie trie, uint address) =>
        Assert.Equal(linear.Lookup(address), trie.Lookup(address));
}
